/** Lets callers who wait for their answer go first. */
export interface Pace {
  /**
   * Does a piece of work of a job, then lets the event loop turn; and while callers come, leaves them most of the time.
   */
  step<T>(work: () => Promise<T>): Promise<T>;
}

export interface PaceOptions {
  /** Predictions that callers have asked for since the start. */
  readonly asked: () => number;
  /** Milliseconds, from any beginning. */
  readonly now: () => number;
  readonly turn: () => Promise<void>;
  readonly pause: (ms: number) => Promise<void>;
}

/** Of the time, the parts that callers get for each one that jobs get. */
const FOR_CALLERS = 4;
const LONGEST_PAUSE_MS = 250;

export function createPace({ asked, now, turn, pause }: PaceOptions): Pace {
  let known = asked();
  return {
    async step(work) {
      const begun = now();
      const result = await work();
      const took = now() - begun;
      await turn();
      const count = asked();
      if (count !== known) await pause(Math.min(LONGEST_PAUSE_MS, took * FOR_CALLERS));
      known = count;
      return result;
    },
  };
}
