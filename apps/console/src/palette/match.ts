/** How well a query fits a text: higher is better, undefined when it does not fit at all. */
export function matchScore(query: string, text: string): number | undefined {
  const wanted = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const words = text
    .toLowerCase()
    .split(/[^\p{L}\p{N}#]+/u)
    .filter(Boolean);
  let score = 0;
  for (const part of wanted) {
    const at = words.findIndex((word) => word.startsWith(part));
    if (at >= 0) {
      // An earlier word and a longer part of it say more.
      score += 10 - Math.min(at, 5) + part.length / (words[at]?.length ?? 1);
      continue;
    }
    if (!text.toLowerCase().includes(part)) return undefined;
    score += 1;
  }
  return score;
}

/** Items that fit, best first; equal ones keep their order. Without a query, all as they are. */
export function ranked<T>(items: readonly T[], query: string, textOf: (item: T) => string): readonly T[] {
  if (query.trim() === "") return items;
  return items
    .flatMap((item, index) => {
      const score = matchScore(query, textOf(item));
      return score === undefined ? [] : [{ item, score, index }];
    })
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ item }) => item);
}
