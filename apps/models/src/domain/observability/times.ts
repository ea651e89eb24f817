/** Each bucket is a fifth wider than the one before it, so that its middle is within a tenth: 10 µs to 6 minutes. */
const GROWTH = 1.2;
const SMALLEST_MS = 0.01;
const BUCKETS = 96;

/** How often something took how long, in buckets of the logarithm: small, and can be added up. */
export function emptyTimes(): Uint32Array {
  return new Uint32Array(BUCKETS);
}

export function countTime(times: Uint32Array, milliseconds: number): void {
  const bucket = Math.floor(Math.log(milliseconds / SMALLEST_MS) / Math.log(GROWTH));
  const place = Math.max(0, Math.min(BUCKETS - 1, bucket));
  times[place] = (times[place] ?? 0) + 1;
}

/** Milliseconds within which a share of all `counted` stayed: the middle of the bucket in which it is reached. */
export function percentile(times: Uint32Array, counted: number, share: number): number {
  let seen = 0;
  for (const [bucket, count] of times.entries()) {
    seen += count;
    if (seen >= counted * share) return SMALLEST_MS * GROWTH ** (bucket + 0.5);
  }
  return 0;
}
