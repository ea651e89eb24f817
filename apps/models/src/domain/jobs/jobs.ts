import { type Clock, MusterError, toInstant } from "@muster/kernel";
import { includesRole, type Principal } from "../access/role.ts";
import type { DatasetFiles } from "../dataset/dataset-files.ts";
import type { DatasetReference, Datasets } from "../dataset/datasets.ts";
import type { ServedModel } from "../serving/served-model.ts";
import { isOpen, type JobDraft, type JobRecord, type ResultFormat } from "./job.ts";
import type { JobEngine } from "./job-engine.ts";
import type { JobFilter, JobStore } from "./job-store.ts";
import type { JobLimits } from "./limits.ts";
import { planJob } from "./plan.ts";

export interface JobRequest {
  readonly model: string;
  /** A version or an alias; the champion when undefined. */
  readonly version: string | undefined;
  readonly dataset: DatasetReference;
  /** Columns by input, where their names do not tell. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly carry: readonly string[] | undefined;
  readonly format: ResultFormat;
}

export interface JobsParts {
  readonly store: JobStore;
  readonly engine: JobEngine;
  readonly files: DatasetFiles;
  readonly datasets: Pick<Datasets, "version">;
  readonly limits: JobLimits;
  readonly clock: Clock;
  /** The version that a reference means now. @throws {MusterError} `not-found`. */
  readonly resolve: (model: string, reference: string | undefined) => string;
  /** A version in memory, loaded if need be. */
  readonly model: (name: string, version: string) => Promise<ServedModel>;
  /** Called when there is something to do. */
  readonly wake: () => void;
}

/** What people do with jobs. To those who may not see it, a job does not exist. */
export interface Jobs {
  /**
   * What a job would do, after a look at the first rows.
   * @throws {MusterError} `not-found`; `invalid-request` for a dataset that does not fit, or of whose first rows none can be
   *   predicted.
   */
  plan(request: JobRequest, user: string): Promise<JobDraft>;
  /** @throws {MusterError} the same, and `quota-reached`. */
  submit(request: JobRequest, user: string): Promise<JobRecord>;
  /** @throws {MusterError} `not-found`. */
  job(id: string, caller: Principal): Promise<JobRecord>;
  jobs(
    filter: JobFilter,
    page: { readonly offset: number; readonly limit: number },
    caller: Principal,
  ): Promise<{ readonly jobs: readonly JobRecord[]; readonly total: number }>;
  /** @throws {MusterError} `not-found`; `conflict` when it has ended. */
  cancel(id: string, caller: Principal): Promise<JobRecord>;
  /** Deletes a job with its result; one that runs is cancelled. @throws {MusterError} `not-found`. */
  remove(id: string, caller: Principal): Promise<void>;
  /** @throws {MusterError} `not-found`; `conflict` when there is no result. */
  result(id: string, caller: Principal): Promise<{ readonly record: JobRecord; readonly path: string }>;
  /** Deletes what has expired. */
  sweep(): Promise<void>;
}

/** Rows that are looked at before a job is accepted. */
const PROBED_ROWS = 1_000;

export function createJobs(parts: JobsParts): Jobs {
  const { store, engine, files, datasets, limits, clock } = parts;

  async function plan({ model, version, dataset, ...request }: JobRequest, user: string): Promise<JobDraft> {
    const pinned = parts.resolve(model, version);
    const rows = await datasets.version(dataset);
    const { signature, card } = await parts.model(model, pinned);
    const planned = planJob({
      signature,
      card,
      columns: rows.columns,
      corrections: request.inputs,
      carry: request.carry,
      format: request.format,
    });
    if (rows.report.rows === 0) {
      throw wrong("dataset", `version ${rows.version} of "${rows.dataset}" has no rows`);
    }
    const probe = await engine.probe({
      table: await files.tablePath(rows.table),
      limit: PROBED_ROWS,
      columns: planned.inputs.flatMap(({ columns, datatype }) => columns.map((column) => ({ column, datatype }))),
    });
    if (probe.unfit === probe.rows) {
      throw wrong("dataset", `none of its first ${probe.rows} rows can be predicted; the first: ${probe.reason}`);
    }
    return {
      user,
      model,
      version: pinned,
      dataset: rows.dataset,
      datasetVersion: rows.version,
      rowsTotal: rows.report.rows,
      plan: planned,
    };
  }

  async function visible(id: string, caller: Principal): Promise<JobRecord> {
    const record = await store.job(id);
    if (record && (record.user === caller.user || seesAll(caller))) return record;
    throw new MusterError(
      "not-found",
      `there is no job ${id}; ended ones are kept for ${limits.keepMs / 86_400_000} days`,
    );
  }

  async function removeFiles(ids: readonly string[]): Promise<void> {
    for (const id of ids) await files.removeTable(id);
  }

  return {
    plan,

    async submit(request, user) {
      const record = await store.submit(await plan(request, user), limits.quota);
      parts.wake();
      return record;
    },

    job: visible,

    jobs: (filter, page, caller) => store.jobs(seesAll(caller) ? filter : { ...filter, user: caller.user }, page),

    async cancel(id, caller) {
      const { state } = await visible(id, caller);
      const freed = await store.cancel(id, toInstant(clock.now() + limits.keepMs), caller.user);
      if (!freed)
        throw new MusterError("conflict", `the job has ended already: it is ${(await store.job(id))?.state ?? state}`);
      await removeFiles(freed);
      return visible(id, caller);
    },

    async remove(id, caller) {
      await visible(id, caller);
      await removeFiles(await store.remove(id, caller.user));
    },

    async result(id, caller) {
      const record = await visible(id, caller);
      if (record.result !== undefined) return { record, path: await files.tablePath(record.result) };
      const why = isOpen(record) ? `it is ${record.state}; wait until it is finished` : `it is ${record.state}`;
      throw new MusterError("conflict", `the job has no result: ${why}`);
    },

    async sweep() {
      await removeFiles(await store.forget(toInstant(clock.now())));
    },
  };
}

function seesAll(caller: Principal): boolean {
  return includesRole(caller.role, "operator");
}

function wrong(path: string, message: string): MusterError {
  return new MusterError("invalid-request", "the job cannot be done", { problems: [{ path, message }] });
}
