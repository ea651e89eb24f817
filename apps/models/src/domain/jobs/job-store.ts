import type { Instant } from "@muster/kernel";
import type { JobDraft, JobRecord, JobState } from "./job.ts";

/** Rows that are predicted and kept. */
export interface JobPart {
  readonly rows: number;
  readonly failed: number;
  /** Id of the file. */
  readonly file: string;
}

/** How many jobs a user may have. */
export interface JobQuota {
  /** Queued or running. */
  readonly open: number;
  /** Altogether, until they are deleted or expire. */
  readonly kept: number;
}

export interface JobFilter {
  /** Everybody's when undefined. */
  readonly user: string | undefined;
  readonly state: JobState | undefined;
  readonly model: string | undefined;
  readonly dataset: string | undefined;
}

/** One replica's right to work on a job. What is written under an earlier attempt is refused. */
export interface JobClaim {
  readonly job: string;
  readonly attempt: number;
}

export interface BegunJob {
  readonly record: JobRecord;
  readonly claim: JobClaim;
  /** What earlier attempts have left, in order. */
  readonly parts: readonly JobPart[];
  /** Id of the file with the rows. */
  readonly table: string;
  /** Attempts since a part was last added, this one among them. */
  readonly fruitless: number;
}

/** A job that waits for a replica, or whose replica may be gone. */
export interface ClaimableJob {
  readonly id: string;
  /** Number that a replica locks; smaller ones were submitted earlier. */
  readonly place: number;
}

/**
 * What is known of jobs. Every change of a state is told as an event in its transaction; what a person caused is in the
 * audit log as well. Methods with a claim answer false, and change nothing, when it is no longer the newest or the
 * job is no longer running.
 */
export interface JobStore {
  /**
   * @throws {MusterError} `quota-reached`; `not-found` when the version of the model or of the dataset is gone meanwhile.
   */
  submit(draft: JobDraft, quota: JobQuota): Promise<JobRecord>;
  job(id: string): Promise<JobRecord | undefined>;
  /** Newest first. */
  jobs(
    filter: JobFilter,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly jobs: readonly JobRecord[]; readonly total: number }>;
  /** Cancels a job that is queued or running; undefined when it has ended, or is not there. Files that were parts come back. */
  cancel(id: string, expiresAt: Instant, actor: string): Promise<readonly string[] | undefined>;
  /** Deletes a job, whatever its state; ids of its files. */
  remove(id: string, actor: string): Promise<readonly string[]>;
  claimable(): Promise<readonly ClaimableJob[]>;
  /** Starts an attempt; undefined when the job has ended meanwhile. */
  begin(id: string): Promise<BegunJob | undefined>;
  /** What the next part of a job is made of comes after all parts before it. */
  addPart(claim: JobClaim, number: number, part: JobPart): Promise<boolean>;
  progress(
    claim: JobClaim,
    at: { readonly rowsDone: number; readonly rowsFailed: number; readonly rate: number },
  ): Promise<boolean>;
  /** Ends a job with its result; the parts belong to it no longer. */
  finish(claim: JobClaim, result: string, expiresAt: Instant): Promise<boolean>;
  fail(claim: JobClaim, reason: string, expiresAt: Instant): Promise<boolean>;
  /** Deletes jobs that have expired; ids of their files. */
  forget(now: Instant): Promise<readonly string[]>;
}

/** Locks on jobs, which a replica loses the moment that PostgreSQL loses the replica. */
export interface JobLocks {
  /** Whether this replica now holds the lock of a place. */
  take(place: number): Promise<boolean>;
  give(place: number): Promise<void>;
  /** Calls back when all locks were lost with their connection. */
  onLost(call: () => void): void;
  close(): Promise<void>;
}
