/** A table in Markdown. Bars and line breaks inside cells are made harmless. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** What stands under the title of every generated page. */
export function madeFrom(source: string): string {
  return `<!-- Made from ${source} by \`npm run docs\`. Change it there. -->`;
}
