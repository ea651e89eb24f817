import type { LoadReport } from "@muster/contract";
import type { Io } from "../output/io.ts";

/** Somebody who is told how a run goes while it goes on, beside the terminal. */
export interface LoadFollower {
  /** Called about once a second. */
  tick(interim: () => LoadReport | undefined): void;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

/**
 * Tells somebody the state of a run every so often, one telling at a time. What fails is passed over with one notice,
 * because the next state has everything that the lost one had.
 */
export function followEvery(
  everyMs: number,
  tell: (report: LoadReport, now: number) => Promise<void>,
  io: Io,
): LoadFollower {
  let toldAt = 0;
  let noticed = false;
  let underWay: Promise<void> | undefined;
  return {
    tick(interim) {
      const now = io.now();
      if (underWay !== undefined || now - toldAt < everyMs) return;
      const report = interim();
      if (report === undefined) return;
      toldAt = now;
      underWay = tell(report, now)
        .catch((error: Error) => {
          if (!noticed) io.err(`${error.message}; the run goes on\n`);
          noticed = true;
        })
        .finally(() => (underWay = undefined));
    },
    async idle() {
      await underWay;
    },
  };
}
