/** Counted for a bin without values, so that its share has a logarithm. */
const EMPTY = 0.5;

/**
 * Population stability index of values against a reference, over bins that hold equal shares of the
 * reference. From 0.1 a distribution counts as moved, from 0.25 as another one.
 */
export function stabilityIndex(reference: readonly number[], values: readonly number[], bins = 10): number {
  const sorted = reference.toSorted((one, other) => one - other);
  const edges = Array.from(
    { length: bins - 1 },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / bins)] as number,
  );
  const expected = shares(reference, edges);
  return shares(values, edges).reduce((sum, share, bin) => {
    const before = expected[bin] as number;
    return sum + (share - before) * Math.log(share / before);
  }, 0);
}

function shares(values: readonly number[], edges: readonly number[]): number[] {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (const value of values) {
    const bin = edges.filter((edge) => edge < value).length;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts.map((count) => Math.max(count, EMPTY) / values.length);
}
