/** Failures that cost nothing but time to type: people mistype. */
const FREE_FAILURES = 4;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 15 * 60_000;

/**
 * Milliseconds during which no further attempt is looked at after a number of failures in a row. It
 * doubles, so that guessing becomes hopeless, and has an end, so that nobody is locked out for ever by
 * a stranger who guesses.
 */
export function lockoutMs(failures: number): number {
  if (failures <= FREE_FAILURES) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES - 1), LONGEST_DELAY_MS);
}
