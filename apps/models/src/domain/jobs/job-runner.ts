import { type Clock, type ErrorCode, MusterError, toInstant } from "@muster/kernel";
import type { DatasetFiles } from "../dataset/dataset-files.ts";
import type { ServedModel } from "../serving/served-model.ts";
import type { JobEngine } from "./job-engine.ts";
import type { BegunJob, ClaimableJob, JobClaim, JobLocks, JobStore } from "./job-store.ts";
import type { JobLimits } from "./limits.ts";
import type { Pace } from "./pace.ts";
import { predictSlice } from "./predict-slice.ts";

export interface JobRunnerParts {
  readonly store: JobStore;
  readonly locks: JobLocks;
  readonly files: DatasetFiles;
  readonly engine: JobEngine;
  readonly limits: JobLimits;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Resolves after milliseconds, or when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A version in memory, loaded if need be. */
  readonly model: (name: string, version: string) => Promise<ServedModel>;
  /** Told of what is tried again. */
  readonly onError: (error: unknown, job: string | undefined) => void;
}

/** Works on jobs, a few at once. */
export interface JobRunner {
  /** Looks for a job that nobody works on. Called when one is submitted, and every now and then. */
  look(): void;
  /** Ends the work on a job that was cancelled or deleted. */
  drop(id: string): void;
  /** Leaves what is unfinished to another replica, or to the next start. */
  close(): Promise<void>;
}

/** What a job fails from; all else is the platform's trouble and tried again. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "data-limit",
  "data-invalid",
  "invalid-request",
  "model-invalid",
  "not-found",
  "query-refused",
]);
/** Attempts in a row that did not finish a part, after which a job is given up. */
const MAX_FRUITLESS = 20;
const RETRY_MS = 1_000;
const OVERLOADED_MS = 10;
const PROGRESS_MS = 1_000;

/** The job is no longer this replica's; nothing is to be said of it. */
class Superseded extends Error {}

export function createJobRunner(parts: JobRunnerParts): JobRunner {
  const { store, locks, files, limits, clock } = parts;
  const running = new Map<string, { readonly control: AbortController; readonly done: Promise<void> }>();
  const stopped = new AbortController();
  let looking: Promise<void> | undefined;
  let again = false;

  locks.onLost(() => {
    // Another replica may have each of them by now.
    for (const { control } of running.values()) control.abort();
  });

  async function claimOne(): Promise<boolean> {
    for (const { id, place } of await store.claimable()) {
      if (stopped.signal.aborted) return false;
      if (running.has(id) || !(await locks.take(place))) continue;
      const begun = await store.begin(id).catch(async (error: unknown) => {
        await locks.give(place).catch(() => undefined);
        throw error;
      });
      if (begun) {
        start({ id, place }, begun);
        return true;
      }
      await locks.give(place);
    }
    return false;
  }

  async function lookNow(): Promise<void> {
    do {
      again = false;
      while (running.size < limits.running && !stopped.signal.aborted) if (!(await claimOne())) break;
    } while (again && !stopped.signal.aborted);
  }

  function look(): void {
    if (stopped.signal.aborted) return;
    again = true;
    looking ??= lookNow()
      .catch((error: unknown) => parts.onError(error, undefined))
      .finally(() => {
        looking = undefined;
      });
  }

  function start({ id, place }: ClaimableJob, begun: BegunJob): void {
    const control = new AbortController();
    const done = work(begun, control.signal)
      .catch(async (error: unknown) => {
        if (control.signal.aborted || error instanceof Superseded) return;
        parts.onError(error, id);
        await parts.pause(RETRY_MS, stopped.signal);
      })
      .then(() => locks.give(place))
      // The lock went with its connection.
      .catch(() => undefined)
      .finally(() => {
        running.delete(id);
        look();
      });
    running.set(id, { control, done });
  }

  async function work(begun: BegunJob, signal: AbortSignal): Promise<void> {
    try {
      if (begun.fruitless > MAX_FRUITLESS) {
        throw new MusterError("data-limit", `it was begun ${MAX_FRUITLESS} times without finishing a part`);
      }
      await predictAll(begun, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof MusterError) || !FINAL.has(error.code)) throw error;
      const reason = [error.message, ...error.problems.map(({ path, message }) => `${path} ${message}`)].join("; ");
      await store.fail(begun.claim, reason, expiry());
    }
  }

  async function predictAll(begun: BegunJob, signal: AbortSignal): Promise<void> {
    const { record, claim } = begun;
    const meter = createMeter(begun);
    const kept = begun.parts.map(({ file }) => file);
    let done = begun.parts.reduce((rows, part) => rows + part.rows, 0);
    let failed = begun.parts.reduce((rows, part) => rows + part.failed, 0);
    while (done < record.rowsTotal) {
      const target = await files.workPath();
      try {
        const measures = await predictPart(begun, { done, failed, target }, meter, signal);
        if (measures.rows === 0) throw new MusterError("data-invalid", `the dataset ends after ${done} rows`);
        const file = await files.keepTable(target);
        if (!(await store.addPart(claim, kept.length, { ...measures, file }))) {
          await files.removeTable(file);
          throw new Superseded();
        }
        kept.push(file);
        done += measures.rows;
        failed += measures.failed;
      } finally {
        await files.discard(target);
      }
    }
    await joinParts(begun, kept, signal);
  }

  async function predictPart(
    { record, claim, table }: BegunJob,
    at: { readonly done: number; readonly failed: number; readonly target: string },
    meter: Meter,
    signal: AbortSignal,
  ): Promise<{ readonly rows: number; readonly failed: number }> {
    const { plan } = record;
    const ends = clock.now() + limits.partMs;
    let { done, failed } = at;
    const predictor = {
      model: () => parts.model(record.model, record.version),
      async comeBack(times: number) {
        await parts.pause(Math.min(RETRY_MS, OVERLOADED_MS * 2 ** times), signal);
        if (signal.aborted) throw new MusterError("interrupted", "the job is no longer wanted here");
      },
    };
    return parts.engine.part(
      {
        table: await files.tablePath(table),
        offset: at.done,
        limit: Math.min(limits.partRows, record.rowsTotal - at.done),
        sliceRows: limits.sliceRows,
        columns: plan.inputs.flatMap(({ columns, datatype }) => columns.map((column) => ({ column, datatype }))),
        carry: plan.carry,
        outputs: plan.outputs,
        errorColumn: plan.errorColumn,
        target: at.target,
      },
      async (slice) => {
        const answer = await parts.pace.step(() => predictSlice(plan, slice, predictor));
        done += slice.read;
        failed += slice.read - slice.rows + answer.failed.length;
        await tellProgress(claim, meter, { done, failed });
        return { ...answer, isLast: clock.now() >= ends };
      },
      signal,
    );
  }

  /** Also how a replica that lost a job finds out. */
  async function tellProgress(claim: JobClaim, meter: Meter, at: { done: number; failed: number }): Promise<void> {
    const rate = meter.rate(at.done, clock.now());
    if (rate === undefined) return;
    const isOurs = await store.progress(claim, { rowsDone: at.done, rowsFailed: at.failed, rate });
    if (!isOurs) throw new Superseded();
  }

  async function joinParts({ record, claim }: BegunJob, kept: readonly string[], signal: AbortSignal): Promise<void> {
    const target = await files.workPath();
    try {
      const paths = await Promise.all(kept.map((file) => files.tablePath(file)));
      await parts.engine.join({ parts: paths, format: record.plan.format, target }, signal);
      const result = await files.keepTable(target);
      if (!(await store.finish(claim, result, expiry()))) {
        await files.removeTable(result);
        throw new Superseded();
      }
    } finally {
      await files.discard(target);
    }
    for (const file of kept) await files.removeTable(file);
  }

  function expiry() {
    return toInstant(clock.now() + limits.keepMs);
  }

  function createMeter({ parts: before }: BegunJob): Meter {
    const begun = clock.now();
    const first = before.reduce((rows, part) => rows + part.rows, 0);
    let told = begun;
    return {
      rate(done, now) {
        if (now - told < PROGRESS_MS) return undefined;
        told = now;
        return ((done - first) * 1_000) / (now - begun);
      },
    };
  }

  return {
    look,
    drop: (id) => running.get(id)?.control.abort(),
    async close() {
      stopped.abort();
      for (const { control } of running.values()) control.abort();
      await looking;
      for (const { control } of running.values()) control.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}

/** Measures how fast a job goes. */
interface Meter {
  /** Rows a second; undefined when it was told a moment ago. */
  rate(done: number, now: number): number | undefined;
}
