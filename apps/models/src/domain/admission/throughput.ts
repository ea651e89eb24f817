/** How much is done in a millisecond, as it was of late. */
export interface Throughput {
  /** What was done in so many milliseconds in which there was always something to do. */
  add(done: number, tookMs: number): void;
  perMs(): number;
}

/**
 * A ratio of sums in which older parts count less: by a factor of e for each `memoryMs`. A mean of ratios would believe a
 * short moment as much as a long one.
 * @param guess what counts as done in one millisecond until there is experience.
 */
export function createThroughput(guess: number, memoryMs: number): Throughput {
  let done = guess;
  let passed = 1;
  return {
    add(more, tookMs) {
      const kept = Math.exp(-tookMs / memoryMs);
      done = done * kept + more;
      passed = passed * kept + tookMs;
    },
    perMs: () => done / passed,
  };
}
