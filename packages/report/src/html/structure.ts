/**
 * The tags of a page in order, with the names of their attributes: what a reader of HTML would build
 * from it. Text, attribute values and style sheets are left out. For tests that compare structures.
 */
export function structureOf(page: string): readonly string[] {
  const withoutSheet = page.replace(/<style>[\s\S]*?<\/style>/, "<style></style>");
  const tags = withoutSheet.matchAll(/<(!?\/?[a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*"[^"]*")?)*)\s*\/?>/g);
  return [...tags].map(([, name, attributes = ""]) => {
    const names = [...attributes.matchAll(/([a-zA-Z-]+)(?:\s*=\s*"[^"]*")?/g)].map((each) => each[1]);
    return [name, ...names].join(" ");
  });
}
