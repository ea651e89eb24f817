import type { Instant } from "@muster/kernel";
import type { Datatype } from "../tensor/tensor.ts";

export const JOB_STATES = ["queued", "running", "finished", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];

export const RESULT_FORMATS = ["parquet", "csv"] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** Which columns of a dataset make an input of a model, in the order of its elements. */
export interface InputColumns {
  readonly input: string;
  readonly datatype: Datatype;
  /** Sizes of one row; the product is the number of columns. */
  readonly rowShape: readonly number[];
  readonly columns: readonly string[];
}

/** An output of a model, and the column of the result that carries it. */
export interface OutputColumn {
  readonly output: string;
  readonly datatype: Datatype;
  /** Several elements make a list. */
  readonly isList: boolean;
  readonly column: string;
}

/** What a job is to do; fixed when it is submitted. */
export interface JobPlan {
  readonly inputs: readonly InputColumns[];
  readonly outputs: readonly OutputColumn[];
  /** Columns of the dataset that are in the result too. */
  readonly carry: readonly string[];
  /** Column of the result that says why a row has no prediction. */
  readonly errorColumn: string;
  readonly format: ResultFormat;
}

export interface JobDraft {
  readonly user: string;
  readonly model: string;
  /** A number, whatever alias was asked for. */
  readonly version: string;
  readonly dataset: string;
  readonly datasetVersion: number;
  readonly rowsTotal: number;
  readonly plan: JobPlan;
}

/** Predictions for every row of a version of a dataset. */
export interface JobRecord extends JobDraft {
  readonly id: string;
  readonly state: JobState;
  /** Why it failed. */
  readonly reason: string | undefined;
  readonly rowsDone: number;
  /** Of those, the ones without a prediction. */
  readonly rowsFailed: number;
  /** Rows a second, while it runs. */
  readonly rate: number | undefined;
  readonly createdAt: Instant;
  readonly startedAt: Instant | undefined;
  readonly endedAt: Instant | undefined;
  /** When it and its result are deleted. */
  readonly expiresAt: Instant | undefined;
  /** Id of the file with the result. */
  readonly result: string | undefined;
}

export function isOpen({ state }: Pick<JobRecord, "state">): boolean {
  return state === "queued" || state === "running";
}

/** Milliseconds until a job is done at its rate; undefined before it has one. */
export function remainingMs({ rowsTotal, rowsDone, rate }: JobRecord): number | undefined {
  return rate === undefined || rate <= 0 ? undefined : ((rowsTotal - rowsDone) / rate) * 1_000;
}
