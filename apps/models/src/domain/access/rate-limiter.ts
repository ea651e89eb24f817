/** How often a caller may ask: steadily, and at once after a pause. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Counts what callers take, as token buckets: full at first, refilled steadily. */
export interface RateLimiter {
  readonly limit: RateLimit;
  /**
   * Takes one token of a caller at a time in milliseconds. What is left is 0 or more; a refusal is a
   * negative number, whose amount is the milliseconds until there is a token.
   */
  take(caller: string, now: number): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Buckets that are full again are forgotten when there are more than this. */
const SWEEP_ABOVE = 10_000;

export function createRateLimiter(limit: RateLimit): RateLimiter {
  const perMs = limit.perSecond / 1_000;
  const buckets = new Map<string, Bucket>();

  function sweep(now: number): void {
    for (const [caller, bucket] of buckets) {
      if (bucket.tokens + (now - bucket.at) * perMs >= limit.burst) buckets.delete(caller);
    }
  }

  return {
    limit,
    take(caller, now) {
      let bucket = buckets.get(caller);
      if (bucket === undefined) {
        if (buckets.size >= SWEEP_ABOVE) sweep(now);
        bucket = { tokens: limit.burst, at: now };
        buckets.set(caller, bucket);
      }
      // A clock that was set back gives nothing and takes nothing.
      const passed = Math.max(0, now - bucket.at);
      bucket.tokens = Math.min(limit.burst, bucket.tokens + passed * perMs);
      bucket.at = now;
      if (bucket.tokens < 1) return -Math.max(1, (1 - bucket.tokens) / perMs);
      bucket.tokens -= 1;
      return Math.floor(bucket.tokens);
    },
  };
}
