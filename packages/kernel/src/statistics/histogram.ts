/**
 * Buckets per power of two: 2^7. A bucket is 1/128 of its lower edge wide and stands for its middle, so a
 * recorded value is known to within 1/256, 0.4 %.
 */
const PRECISION_BITS = 7;
const BUCKETS_PER_OCTAVE = 1 << PRECISION_BITS;
/** Smallest value that is told from zero: 2^-10. In milliseconds that is about one microsecond. */
const MIN_EXPONENT = -10;
/** Values above 2^38 are recorded as 2^38; in milliseconds that is 8.7 years. */
const MAX_EXPONENT = 38;
const LARGEST = 2 ** MAX_EXPONENT;
const OCTAVES = MAX_EXPONENT - MIN_EXPONENT;
const EXPONENT_BIAS = 1023;
/** The sum is kept in whole parts of this size, so that adding sums is exact in every order. */
const SUM_UNIT = 2 ** MIN_EXPONENT;

/**
 * A histogram whose buckets grow with the value (log-linear, as HdrHistogram's), for numbers from 0 of
 * any unit. Quantiles are right to within 0.4 %; count, minimum and maximum are exact; recording
 * allocates only when a value falls into a power of two that was never seen (1 KB, at most 48 times);
 * two histograms merge by adding, and the result equals that of recording everything in one.
 */
export interface Histogram {
  /** One list of bucket counts per power of two, from 2^-10; absent until it is needed. */
  readonly octaves: (Float64Array | undefined)[];
  count: number;
  /** Sum of the values, each rounded to 2^-10, in units of 2^-10. Read it with {@link meanOf}. */
  sumUnits: number;
  min: number;
  max: number;
}

/** A histogram as plain data, to be stored or sent. `buckets` alternates number of bucket and count. */
export interface HistogramData {
  readonly count: number;
  readonly sumUnits: number;
  readonly min: number;
  readonly max: number;
  readonly buckets: readonly number[];
}

export function createHistogram(): Histogram {
  return {
    octaves: Array.from<Float64Array | undefined>({ length: OCTAVES }).fill(undefined),
    count: 0,
    sumUnits: 0,
    min: Number.POSITIVE_INFINITY,
    max: 0,
  };
}

/** Records one value. Anything that is not a number above 0 counts as 0, anything above 2^38 as 2^38. */
export function recordValue(histogram: Histogram, value: number): void {
  recordValues(histogram, value, 1);
}

/** Records one value so many times, at the cost of one. */
export function recordValues(histogram: Histogram, value: number, times: number): void {
  const counted = value > 0 ? Math.min(value, LARGEST) : 0;
  const bucket = bucketOf(counted);
  const octave = histogram.octaves[bucket >> PRECISION_BITS] ?? openOctave(histogram, bucket >> PRECISION_BITS);
  const place = bucket & (BUCKETS_PER_OCTAVE - 1);
  octave[place] = (octave[place] as number) + times;
  histogram.count += times;
  histogram.sumUnits += Math.round(counted / SUM_UNIT) * times;
  if (counted < histogram.min) histogram.min = counted;
  if (counted > histogram.max) histogram.max = counted;
}

/** Forgets every value; the room for them is kept. */
export function clearHistogram(histogram: Histogram): void {
  for (const octave of histogram.octaves) octave?.fill(0);
  histogram.count = 0;
  histogram.sumUnits = 0;
  histogram.min = Number.POSITIVE_INFINITY;
  histogram.max = 0;
}

/** Adds everything that another histogram holds. */
export function mergeHistogram(into: Histogram, from: Histogram): void {
  // Counting loops here and below: a run merges and reads its histograms every second, bucket by bucket.
  for (let index = 0; index < OCTAVES; index += 1) {
    const added = from.octaves[index];
    if (added === undefined) continue;
    const octave = into.octaves[index] ?? openOctave(into, index);
    for (let place = 0; place < BUCKETS_PER_OCTAVE; place += 1) {
      octave[place] = (octave[place] as number) + (added[place] as number);
    }
  }
  into.count += from.count;
  into.sumUnits += from.sumUnits;
  into.min = Math.min(into.min, from.min);
  into.max = Math.max(into.max, from.max);
}

/**
 * What a histogram holds beyond an earlier state of it. Minimum and maximum are those of the whole, because the
 * buckets alone do not give them.
 */
export function histogramSince(now: Histogram, before: Histogram): Histogram {
  const since = createHistogram();
  mergeHistogram(since, now);
  for (const [index, subtracted] of before.octaves.entries()) {
    const octave = since.octaves[index];
    if (subtracted === undefined || octave === undefined) continue;
    for (const [place, times] of subtracted.entries()) octave[place] = (octave[place] as number) - times;
  }
  since.count -= before.count;
  since.sumUnits -= before.sumUnits;
  return since;
}

/**
 * The value below or at which a share of all recorded values lies, `share` between 0 and 1
 * (nearest-rank definition). `undefined` for an empty histogram: no data is not zero.
 */
export function quantile(histogram: Histogram, share: number): number | undefined {
  if (histogram.count === 0) return undefined;
  const rank = Math.max(1, Math.ceil(share * histogram.count));
  if (rank >= histogram.count) return histogram.max;
  let seen = 0;
  for (let index = 0; index < OCTAVES; index += 1) {
    const octave = histogram.octaves[index];
    if (octave === undefined) continue;
    for (let place = 0; place < BUCKETS_PER_OCTAVE; place += 1) {
      seen += octave[place] as number;
      if (seen >= rank) {
        const middle = bucketMiddle((index << PRECISION_BITS) + place);
        return Math.min(Math.max(middle, histogram.min), histogram.max);
      }
    }
  }
  return histogram.max;
}

/** How many recorded values are at most `limit`, counting whole buckets by their middle. */
export function countUpTo(histogram: Histogram, limit: number): number {
  let seen = 0;
  forEachBucket(histogram, (bucket, times) => {
    if (bucketMiddle(bucket) <= limit) seen += times;
  });
  return seen;
}

/** The arithmetic mean, or `undefined` for an empty histogram. */
export function meanOf(histogram: Histogram): number | undefined {
  return histogram.count === 0 ? undefined : (histogram.sumUnits * SUM_UNIT) / histogram.count;
}

/** The histogram as plain data that JSON can carry. */
export function histogramData(histogram: Histogram): HistogramData {
  const buckets: number[] = [];
  forEachBucket(histogram, (bucket, times) => buckets.push(bucket, times));
  const { count, sumUnits, max } = histogram;
  return { count, sumUnits, min: count === 0 ? 0 : histogram.min, max, buckets };
}

/**
 * A histogram from plain data.
 * @throws {RangeError} when a bucket does not exist, a count is not a whole number, or the counts do not add up.
 */
export function histogramFromData(data: HistogramData): Histogram {
  const histogram = createHistogram();
  for (let at = 0; at < data.buckets.length; at += 2) {
    const bucket = data.buckets[at] as number;
    const times = data.buckets[at + 1];
    if (!Number.isInteger(bucket) || bucket < 0 || bucket >= OCTAVES * BUCKETS_PER_OCTAVE) {
      throw new RangeError(`a histogram has no bucket ${bucket}`);
    }
    if (times === undefined || !Number.isSafeInteger(times) || times < 0) {
      throw new RangeError(`${times} is not a count`);
    }
    const octave = histogram.octaves[bucket >> PRECISION_BITS] ?? openOctave(histogram, bucket >> PRECISION_BITS);
    const place = bucket & (BUCKETS_PER_OCTAVE - 1);
    octave[place] = (octave[place] as number) + times;
    histogram.count += times;
  }
  if (histogram.count !== data.count) {
    throw new RangeError(`the buckets hold ${histogram.count} values, not ${data.count}`);
  }
  histogram.sumUnits = data.sumUnits;
  histogram.min = data.count === 0 ? Number.POSITIVE_INFINITY : data.min;
  histogram.max = data.max;
  return histogram;
}

/** Calls back for every bucket that holds something, lowest first. */
export function forEachBucket(histogram: Histogram, visit: (bucket: number, times: number) => void): void {
  for (let index = 0; index < OCTAVES; index += 1) {
    const octave = histogram.octaves[index];
    if (octave === undefined) continue;
    for (let place = 0; place < BUCKETS_PER_OCTAVE; place += 1) {
      const times = octave[place] as number;
      if (times > 0) visit((index << PRECISION_BITS) + place, times);
    }
  }
}

/** The value that a bucket stands for. */
export function bucketMiddle(bucket: number): number {
  const exponent = (bucket >> PRECISION_BITS) + MIN_EXPONENT;
  const place = bucket & (BUCKETS_PER_OCTAVE - 1);
  return 2 ** exponent * (1 + (place + 0.5) / BUCKETS_PER_OCTAVE);
}

/** Through this view a number's sign, exponent and leading bits can be read. It carries nothing between calls. */
const bits = new DataView(new ArrayBuffer(8));

/**
 * IEEE 754 has the work done already: exponent and leading bits of the fraction, read as one whole number,
 * are the bucket, but for where counting begins.
 */
function bucketOf(value: number): number {
  if (value < SUM_UNIT) return 0;
  if (value >= LARGEST) return OCTAVES * BUCKETS_PER_OCTAVE - 1;
  bits.setFloat64(0, value);
  return (bits.getUint32(0) >>> (20 - PRECISION_BITS)) - ((EXPONENT_BIAS + MIN_EXPONENT) << PRECISION_BITS);
}

function openOctave(histogram: Histogram, index: number): Float64Array {
  const octave = new Float64Array(BUCKETS_PER_OCTAVE);
  histogram.octaves[index] = octave;
  return octave;
}
