const RANGES = 10;
const LEAST_SHARE = 1e-4;

/**
 * Drift of a column of whole numbers between the rows before `half` and those from it on, from every single value
 * and without the platform's code: sorted values, tenths of the reference, plain sums.
 */
export function referenceDrift(
  half: number,
  rows: number,
  valueOf: (row: number, rows: number) => number,
): { readonly psi: number; readonly jensenShannon: number; readonly ks: number; readonly chiSquare: number } {
  const reference = Int32Array.from({ length: half }, (_, row) => valueOf(row, rows)).sort();
  const current = Int32Array.from({ length: rows - half }, (_, row) => valueOf(row + half, rows)).sort();
  const edges = new Set<number>();
  for (let tenth = 1; tenth < RANGES; tenth += 1) {
    edges.add(reference[Math.ceil((reference.length * tenth) / RANGES) - 1] ?? Number.NaN);
  }
  const ends = [...edges].toSorted((a, b) => a - b);
  const inReference = binned(reference, ends);
  const inCurrent = binned(current, ends);

  let psi = 0;
  let divergence = 0;
  let chiSquare = 0;
  for (let bin = 0; bin <= ends.length; bin += 1) {
    const a = inReference[bin] ?? 0;
    const b = inCurrent[bin] ?? 0;
    const p = a / reference.length;
    const q = b / current.length;
    const leastP = Math.max(p, LEAST_SHARE);
    const leastQ = Math.max(q, LEAST_SHARE);
    psi += (leastP - leastQ) * (Math.log(leastP) - Math.log(leastQ));
    if (p > 0) divergence += 0.5 * p * (Math.log2(p) - Math.log2((p + q) / 2));
    if (q > 0) divergence += 0.5 * q * (Math.log2(q) - Math.log2((p + q) / 2));
    const expected = ((a + b) * reference.length) / rows;
    const other = a + b - expected;
    if (a + b > 0) chiSquare += (a - expected) ** 2 / expected + (b - other) ** 2 / other;
  }
  return { psi, jensenShannon: Math.sqrt(divergence), ks: largestDistance(reference, current), chiSquare };
}

function binned(sorted: Int32Array, ends: readonly number[]): readonly number[] {
  const counts = Array.from({ length: ends.length + 1 }, () => 0);
  let bin = 0;
  for (const value of sorted) {
    while (bin < ends.length && value > (ends[bin] ?? 0)) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Walks both sorted lists at once, value by value. */
function largestDistance(a: Int32Array, b: Int32Array): number {
  let largest = 0;
  let inA = 0;
  let inB = 0;
  while (inA < a.length || inB < b.length) {
    const value = Math.min(a[inA] ?? Number.POSITIVE_INFINITY, b[inB] ?? Number.POSITIVE_INFINITY);
    while (a[inA] === value) inA += 1;
    while (b[inB] === value) inB += 1;
    largest = Math.max(largest, Math.abs(inA / a.length - inB / b.length));
  }
  return largest;
}
