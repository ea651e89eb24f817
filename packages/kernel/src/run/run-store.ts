import type { Instant } from "../clock/clock.ts";
import type { Run, StepChange } from "./run.ts";

/** Where runs are kept, so that every replica can show them and a crash cannot lose one. */
export interface RunStore {
  /**
   * Records that a run began.
   * @throws {MusterError} `run-active` when another run of the same service and environment goes on.
   */
  start(run: Run): Promise<void>;
  /** Records news of a step and returns the run after it. */
  change(id: string, change: StepChange): Promise<Run>;
  /** Ends a run; ending it again changes nothing. */
  finish(id: string, state: "completed" | "aborted", summary: string, at: Instant): Promise<Run>;
  find(id: string): Promise<Run | undefined>;
  /** The newest run of a service's environment. */
  newest(service: string, environment: string): Promise<Run | undefined>;
  /** Runs that have not ended. */
  active(): Promise<readonly Run[]>;
}
