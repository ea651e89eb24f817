import type { ServedModel } from "../serving/served-model.ts";
import type { Tensors } from "../tensor/tensor.ts";
import { isAmong } from "../traffic/traffic.ts";
import type { NamedEntry } from "./prediction-log.ts";
import { cellsOf, type RecordedColumn, recordedColumns } from "./recorded-columns.ts";

/** What a recording needs to know of a request. */
export interface Asked {
  /** Unique, and hard to guess. */
  readonly id: string;
  readonly caller: string;
}

/** How a model's predictions are recorded. */
export interface Sampling {
  readonly model: string;
  readonly samplePercent: number;
  readonly exclude: readonly string[];
}

/** Why a record was not kept: too much waited to be written, or the database did not take it. */
export type DropReason = "queue" | "database";

export interface RecorderOptions {
  /** Writes a batch; see {@link PredictionLog.append}. */
  append(entries: readonly NamedEntry[]): Promise<void>;
  now(): number;
  /** Calls back soon, when no prediction waits. */
  schedule(write: () => void): void;
  onWritten(model: string, rows: number): void;
  onDropped(model: string, rows: number, reason: DropReason, error?: unknown): void;
}

/** Takes a share of the predictions down, off the path that callers wait for. */
export interface Recorder {
  /** What is recorded from now on; models that are not in it are not. */
  follow(samplings: readonly Sampling[]): void;
  /**
   * Whether the prediction is in the sample and will be written. Which ones are depends on the id alone.
   * It never waits: where too much waits to be written already, the prediction is dropped and counted.
   */
  take(model: ServedModel, asked: Asked, inputs: Tensors, outputs: Tensors, rows: number): boolean;
  /** Writes what waits, whether much or little. Never fails: what cannot be written is dropped and counted. */
  flush(): Promise<void>;
}

interface Taken {
  readonly model: ServedModel;
  readonly asked: Asked;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  readonly rows: number;
  readonly at: number;
}

/** Elements that wait at most, inputs and outputs together: some tens of megabytes. */
const MAX_WAITING_ELEMENTS = 2_000_000;
/** Characters that count as one element. */
const TEXT_OF_ELEMENT = 8;
const MAX_WAITING_REQUESTS = 20_000;
/** Requests of one batch; so many are written without waiting for more. */
const BATCH = 500;

export function createRecorder(options: RecorderOptions): Recorder {
  let samplings = new Map<string, { readonly percent: number; readonly excluded: ReadonlySet<string> }>();
  let waiting: Taken[] = [];
  let elements = 0;
  let scheduled = false;
  let writing: Promise<void> = Promise.resolve();
  const columns = new WeakMap<ServedModel, readonly RecordedColumn[]>();

  function take(model: ServedModel, asked: Asked, inputs: Tensors, outputs: Tensors, rows: number): boolean {
    const sampling = samplings.get(model.name);
    if (sampling === undefined || !isAmong(asked.id, sampling.percent)) return false;
    const size = elementsOf(inputs) + elementsOf(outputs);
    if (waiting.length >= MAX_WAITING_REQUESTS || elements + size > MAX_WAITING_ELEMENTS) {
      options.onDropped(model.name, rows, "queue");
      return false;
    }
    elements += size;
    waiting.push({ model, asked, inputs, outputs, rows, at: options.now() });
    if (waiting.length >= BATCH && !scheduled) {
      scheduled = true;
      options.schedule(() => void flush());
    }
    return true;
  }

  function entryOf({ model, asked, inputs, outputs, rows, at }: Taken): NamedEntry | undefined {
    // What a model's settings say now holds for what waits, too.
    const excluded = samplings.get(model.name)?.excluded;
    if (excluded === undefined) return undefined;
    let known = columns.get(model);
    if (known === undefined) {
      known = recordedColumns(model.signature, model.card);
      columns.set(model, known);
    }
    const cells = cellsOf(known, excluded, { inputs, outputs }, rows);
    return { id: asked.id, callerName: asked.caller, model: model.name, version: model.version, at, rows, cells };
  }

  async function writeBatch(): Promise<void> {
    const batch = waiting.slice(0, BATCH);
    waiting = waiting.slice(BATCH);
    const entries = batch.flatMap((taken) => entryOf(taken) ?? []);
    try {
      if (entries.length > 0) await options.append(entries);
      for (const { model, rows } of entries) options.onWritten(model, rows);
    } catch (error) {
      for (const [index, { model, rows }] of entries.entries()) {
        options.onDropped(model, rows, "database", index === 0 ? error : undefined);
      }
    } finally {
      // Only now, so that what is being written counts as waiting.
      for (const { inputs, outputs } of batch) elements -= elementsOf(inputs) + elementsOf(outputs);
    }
  }

  async function writeAll(): Promise<void> {
    scheduled = false;
    // What comes meanwhile is for the next time.
    for (let batches = Math.ceil(waiting.length / BATCH); batches > 0; batches -= 1) await writeBatch();
  }

  function flush(): Promise<void> {
    writing = writing.then(writeAll);
    return writing;
  }

  return {
    follow(wanted) {
      samplings = new Map(
        wanted
          .filter(({ samplePercent }) => samplePercent > 0)
          .map(({ model, samplePercent, exclude }) => [model, { percent: samplePercent, excluded: new Set(exclude) }]),
      );
    },
    take,
    flush,
  };
}

function elementsOf(tensors: Tensors): number {
  let count = 0;
  for (const { data } of tensors.values()) {
    count += data.length;
    // A text takes as much as its length, which is the caller's choice.
    if (Array.isArray(data)) for (const text of data) count += text.length / TEXT_OF_ELEMENT;
  }
  return count;
}
