/**
 * The smallest value that at least a share of all values does not exceed (nearest-rank definition),
 * `share` between 0 and 1. `undefined` for no values: no data is not zero.
 */
export function nearestRank(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
}
