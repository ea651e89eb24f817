/** The data sets that a question names as words, comments and texts aside, so that only these are opened for it. */
export function tablesIn(sql: string, datasets: readonly string[]): readonly string[] {
  const bare = sql
    .replace(/--[^\n]*/g, " ")
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/'(?:[^']|'')*'/g, " ");
  const words = new Set(bare.toLowerCase().match(/[a-z_][a-z0-9_]*/g));
  return datasets.filter((name) => words.has(name.toLowerCase()));
}
