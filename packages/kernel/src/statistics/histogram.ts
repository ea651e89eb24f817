/** Sub-buckets of each power of two: 2^8 keeps the relative error of a recorded value below 1/256 = 0.4 %. */
const PRECISION_BITS = 8;
const SUB_BUCKETS = 1 << PRECISION_BITS;
/** Largest recordable value: 2^36 units; in microseconds, 19 hours. Larger values are recorded as this one. */
const MAX_BITS = 36;
const BUCKETS = (MAX_BITS - PRECISION_BITS + 1) * SUB_BUCKETS;

/**
 * A histogram with buckets that grow with the value (log-linear, as HdrHistogram's): it takes whole
 * numbers from 0, keeps every value to within 0.4 %, and two of them merge by adding counts, without
 * loss. Recording allocates nothing.
 */
export interface Histogram {
  readonly counts: Float64Array;
  count: number;
  sum: number;
  min: number;
  max: number;
}

export function createHistogram(): Histogram {
  return { counts: new Float64Array(BUCKETS), count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: 0 };
}

/** Records one value: a whole number ≥ 0 of the caller's unit (microseconds, by custom). */
export function recordValue(histogram: Histogram, value: number): void {
  const index = bucketOf(value);
  histogram.counts[index] = (histogram.counts[index] as number) + 1;
  histogram.count += 1;
  histogram.sum += value;
  if (value < histogram.min) histogram.min = value;
  if (value > histogram.max) histogram.max = value;
}

/** Adds everything that another histogram holds. */
export function mergeHistogram(into: Histogram, from: Histogram): void {
  for (let index = 0; index < BUCKETS; index += 1) {
    into.counts[index] = (into.counts[index] as number) + (from.counts[index] as number);
  }
  into.count += from.count;
  into.sum += from.sum;
  into.min = Math.min(into.min, from.min);
  into.max = Math.max(into.max, from.max);
}

/**
 * The value below or at which a share of all recorded values lies, `share` between 0 and 1
 * (nearest-rank definition). `undefined` for an empty histogram: no data is not zero.
 */
export function quantile(histogram: Histogram, share: number): number | undefined {
  if (histogram.count === 0) return undefined;
  const rank = Math.max(1, Math.ceil(share * histogram.count));
  let seen = 0;
  for (let index = 0; index < BUCKETS; index += 1) {
    seen += histogram.counts[index] as number;
    if (seen >= rank) return Math.min(Math.max(bucketMiddle(index), histogram.min), histogram.max);
  }
  return histogram.max;
}

function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value < 0 ? 0 : value | 0;
  if (value >= 2 ** MAX_BITS) return BUCKETS - 1;
  // The exponent, then the leading bits below it. Math.clz32 covers 32 bits, so larger values are scaled down first.
  const exponent =
    value < 2 ** 31 ? 31 - Math.clz32(value) : 63 - Math.clz32(value / 2 ** 32 < 1 ? 0 : Math.floor(value / 2 ** 32));
  const shift = (value < 2 ** 31 ? exponent : Math.floor(Math.log2(value))) - PRECISION_BITS;
  return (shift + 1) * SUB_BUCKETS + (Math.floor(value / 2 ** shift) - SUB_BUCKETS);
}

function bucketMiddle(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const shift = Math.floor(index / SUB_BUCKETS) - 1;
  const low = ((index % SUB_BUCKETS) + SUB_BUCKETS) * 2 ** shift;
  return low + (2 ** shift - 1) / 2;
}
