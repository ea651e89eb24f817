import type { Cell } from "../dataset/column.ts";
import type { Datatype } from "../tensor/tensor.ts";
import type { OutputColumn, ResultFormat } from "./job.ts";

/** A column of a dataset that feeds a model, and as what. */
export interface FedColumn {
  readonly column: string;
  readonly datatype: Datatype;
}

export interface PartOrder {
  /** File with the rows. */
  readonly table: string;
  /** Rows before the part. */
  readonly offset: number;
  /** Rows of the part at most. */
  readonly limit: number;
  /** Rows that are predicted at once at most. */
  readonly sliceRows: number;
  readonly columns: readonly FedColumn[];
  readonly carry: readonly string[];
  readonly outputs: readonly OutputColumn[];
  readonly errorColumn: string;
  /** File to write; it must not exist. */
  readonly target: string;
}

/** Rows that can be predicted: one list for each fed column, whose values fit its datatype. */
export interface Slice {
  /** Rows of the dataset that it stands for, those that cannot be predicted among them. */
  readonly read: number;
  readonly rows: number;
  /** Numbers as numbers, those of 64 bits and what JSON cannot carry as text. */
  readonly columns: readonly (readonly Cell[])[];
}

/** What came of a slice. */
export interface SliceAnswer {
  /** For each output a value, or a list of them, for each row; null where there is none. */
  readonly outputs: readonly (readonly Cell[])[];
  /** Rows of the slice that the model could not compute with, and why. */
  readonly failed: readonly { readonly row: number; readonly reason: string }[];
  /** Whether the part is to end here. */
  readonly isLast: boolean;
}

export interface PartMeasures {
  readonly rows: number;
  readonly failed: number;
}

export interface ProbeOrder {
  readonly table: string;
  /** Rows to look at, from the beginning. */
  readonly limit: number;
  readonly columns: readonly FedColumn[];
}

export interface ProbeAnswer {
  readonly rows: number;
  /** Of those, the ones that no model could be given. */
  readonly unfit: number;
  /** Why, for the first of them. */
  readonly reason: string | null;
}

export interface JoinOrder {
  readonly parts: readonly string[];
  readonly format: ResultFormat;
  /** File to write; it must not exist. */
  readonly target: string;
}

/**
 * Reads and writes the files of jobs, where neither can do harm: outside of this process, with bounds on time and memory.
 * Every method throws `data-limit` for what needs more than it may, `database-full`, and `interrupted` when aborted.
 */
export interface JobEngine {
  /** Whether rows can be fed at all. */
  probe(order: ProbeOrder): Promise<ProbeAnswer>;
  /** Reads rows, has them predicted slice by slice, and writes them with their predictions, in their order. */
  part(order: PartOrder, predict: (slice: Slice) => Promise<SliceAnswer>, signal: AbortSignal): Promise<PartMeasures>;
  /** Makes one file of parts, in their order. */
  join(order: JoinOrder, signal: AbortSignal): Promise<void>;
}
