import type { Cell, Column, CsvDialect, Detection, Format, NamedType } from "./column.ts";
import type { DriftCounts } from "./drift.ts";
import type { Measures } from "./quality.ts";

/** What the sender says about a file; the rest is detected. */
export interface Hint {
  readonly format: Format;
  readonly csv: Partial<CsvDialect>;
}

export interface IngestOrder {
  readonly source: string;
  /** File that becomes the table; it must not exist. */
  readonly table: string;
  readonly detection: Detection;
  readonly columns: readonly Column[];
}

/** A table file under the name that a statement knows it by. */
export interface NamedTable {
  readonly name: string;
  readonly file: string;
}

export interface QueryOrder {
  readonly tables: readonly NamedTable[];
  readonly sql: string;
  /** File that becomes the result; it must not exist. */
  readonly result: string;
  /** Rows that come with the answer. */
  readonly limit: number;
}

export interface Page {
  readonly columns: readonly NamedType[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface QueryAnswer extends Page {
  /** Rows of the whole result. */
  readonly totalRows: number;
  readonly elapsedMs: number;
}

/** Which table of a file: the rows, those that were rejected, or the result of a query. */
export type Relation = "data" | "rejected" | "result";

export interface PageOrder {
  readonly file: string;
  readonly relation: Relation;
  readonly offset: number;
  readonly limit: number;
}

export interface ExportOrder {
  readonly file: string;
  readonly relation: Relation;
  readonly format: "csv" | "parquet";
  /** File to write; it must not exist. */
  readonly target: string;
}

/** One side of a comparison: rows of a table, all or those for which a condition holds. */
export interface RowSet {
  readonly file: string;
  readonly where: string | undefined;
}

export interface DriftOrder {
  readonly reference: RowSet;
  readonly current: RowSet;
  /** Columns to compare; all that both sides have when undefined. */
  readonly columns: readonly string[] | undefined;
}

/**
 * Opens files that nobody trusts and runs statements that nobody has seen, where neither can do harm: outside this
 * process, with bounds on time, memory and output, without other files and without network.
 *
 * Every method throws `data-limit` for what needs more than it may, `overloaded` when too much is waiting and
 * `database-full` when the disk is full; those that open a file of a user `data-invalid`, those that take SQL `query-refused`.
 */
export interface DataEngine {
  detect(file: string, hint: Hint): Promise<Detection>;
  /** Measures only; whether that is good enough is judged elsewhere. */
  ingest(order: IngestOrder): Promise<Measures>;
  query(order: QueryOrder, signal?: AbortSignal): Promise<QueryAnswer>;
  page(order: PageOrder): Promise<Page>;
  export(order: ExportOrder): Promise<void>;
  drift(order: DriftOrder, signal?: AbortSignal): Promise<readonly DriftCounts[]>;
  close(): Promise<void>;
}
