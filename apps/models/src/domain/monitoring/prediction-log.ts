import type { RecordedCells } from "./recorded-columns.ts";
import type { Window } from "./windows.ts";

/** A request that was recorded, with its answer. */
export interface LogEntry {
  /** Given to the caller, who says by it what turned out to be true. */
  readonly id: string;
  readonly model: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly rows: number;
  /** Keyed digest of who asked; the same caller has the same one. */
  readonly caller: string;
  readonly cells: RecordedCells;
}

/** A request before its caller's name is taken off. */
export interface NamedEntry extends Omit<LogEntry, "caller"> {
  readonly callerName: string;
}

/** Recorded requests. */
export interface PredictionLog {
  /** Writes a batch whole; writing it again changes nothing. */
  append(entries: readonly NamedEntry[]): Promise<void>;
  /** Rows of each version in a window, most first. */
  versionsIn(model: string, window: Window): Promise<readonly { readonly version: string; readonly rows: number }[]>;
  /** Requests of a version in a window, in pages, in the order of time. */
  read(model: string, version: string, window: Window): AsyncIterable<readonly LogEntry[]>;
  /** Those of some ids that a model's log has. */
  find(model: string, ids: readonly string[]): Promise<readonly LogEntry[]>;
  /** Deletes what is older than an instant (milliseconds since the epoch); gives the number of requests. */
  forget(model: string, before: number): Promise<number>;
}
