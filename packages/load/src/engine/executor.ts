import type { VirtualUser } from "./thread-run.ts";

/** What an executor is given to run iterations. */
export interface IterationRunner {
  createUser(): VirtualUser;
  /**
   * Runs an iteration that the schedule called for at an instant, or 0 when it did not, and others after it as long
   * as `again` says so. Resolves to whether there may be another in this workload. Never rejects.
   */
  run(user: VirtualUser, intendedAt: number, again: () => boolean): Promise<boolean>;
  /** Counts arrivals that nobody could begin. */
  missed(times: number): void;
  /** Counts arrivals that had not begun when the schedule ended. */
  late(times: number): void;
  /** Told whenever no iteration of the executor is under way. */
  onIdle(): void;
}

/** Decides when iterations begin. Instants are those of `performance.now()`. */
export interface Executor {
  /** Iterations under way. */
  readonly busy: number;
  /** Whether nothing that was called for waits to begin. */
  readonly settled: boolean;
  /** Begins what is due. Called at least every few ms. */
  advance(now: number): void;
  /** Whether the course is over. */
  ended(now: number): boolean;
  pause(now: number): void;
  resume(now: number): void;
  scale(factor: number, now: number): void;
  /** Calls for no more iterations. */
  stop(): void;
  /** Gives up what still waits to begin. */
  close(): void;
}
