/**
 * Keeps callers from waiting for something that does not work. After some failures in a row it lets nothing
 * through but a trial now and then, with growing pauses, until one succeeds (Nygard, Release It!, "Circuit Breaker").
 */
export interface Breaker {
  /** `trial` is given to one at a time, who has to report how it went. */
  admit(): "yes" | "trial" | "no";
  succeeded(): void;
  failed(): void;
  /** Since when nothing is let through, in milliseconds since the epoch; undefined while all is well. */
  openSince(): number | undefined;
}

export interface BreakerOptions {
  /** Failures in a row. */
  readonly failures: number;
  /** Milliseconds until the first trial, and between trials at most. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
  now(): number;
}

export function createBreaker({ failures, pauseMs, maxPauseMs, now }: BreakerOptions): Breaker {
  let inRow = 0;
  let openSince: number | undefined;
  let pause = pauseMs;
  let nextTrial = 0;
  let trying = false;

  return {
    admit() {
      if (openSince === undefined) return "yes";
      if (now() < nextTrial) return "no";
      // Moved on at once, so that a trial that never reports does not end the trying.
      nextTrial = now() + pause;
      trying = true;
      return "trial";
    },
    succeeded() {
      inRow = 0;
      openSince = undefined;
      pause = pauseMs;
      trying = false;
    },
    failed() {
      inRow += 1;
      if (openSince === undefined) {
        if (inRow < failures) return;
        openSince = now();
      } else if (trying) {
        pause = Math.min(pause * 2, maxPauseMs);
      } else {
        // Was let through before, with those whose failures were enough.
        return;
      }
      trying = false;
      nextTrial = now() + pause;
    },
    openSince: () => openSince,
  };
}
