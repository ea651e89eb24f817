import type { JobQuota } from "./job-store.ts";

/** What jobs may use. */
export interface JobLimits {
  /** Jobs that a replica works on at once. */
  readonly running: number;
  /** Of one user. */
  readonly quota: JobQuota;
  /** Milliseconds for which a job and its result are kept after its end. */
  readonly keepMs: number;
  /** A part is kept when it has as many rows, or took as many milliseconds: what a killed service has to do again. */
  readonly partRows: number;
  readonly partMs: number;
  /** Rows of one run. */
  readonly sliceRows: number;
  /** Milliseconds in which a part, or the whole result, must have been written. */
  readonly timeoutMs: number;
}

/** Reads the limits with a function that reads a whole number: name, what holds without it, least and most. */
export function readJobLimits(number: (name: string, fallback: number, min: number, max: number) => number): JobLimits {
  return {
    running: number("JOBS_RUNNING", 1, 0, 64),
    quota: { open: number("JOBS_OPEN", 8, 1, 10_000), kept: number("JOBS_KEPT", 100, 1, 100_000) },
    keepMs: number("KEEP_JOBS_MS", 604_800_000, 1_000, 31_536_000_000),
    partRows: number("JOB_PART_ROWS", 50_000, 1, 10_000_000),
    partMs: number("JOB_PART_MS", 10_000, 1, 3_600_000),
    sliceRows: number("JOB_SLICE_ROWS", 256, 1, 2_048),
    timeoutMs: number("JOB_TIMEOUT_MS", 600_000, 1_000, 86_400_000),
  };
}
