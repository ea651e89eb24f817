import { MusterError } from "@muster/kernel";
import { createThroughput, type Throughput } from "../admission/throughput.ts";
import { joinRows, sliceRows, type Tensors } from "../tensor/tensor.ts";

/** Why a batch was sent: the turn of the event loop ended, or it held as many rows as it may. */
export type DispatchReason = "turn" | "full";

export interface BatchReport {
  readonly rows: number;
  readonly requests: number;
  readonly reason: DispatchReason;
}

export interface BatcherOptions {
  /** Rows of one run at most. A single request with more is run alone. */
  readonly maxBatchRows: number;
  /** Rows that wait or run at most; more are refused with `overloaded`. */
  readonly maxPendingRows: number;
  /**
   * Runs at once; requests that come meanwhile make the next batch. 1 for a model in a process of its
   * own; absent for one that computes at once where it is called.
   */
  readonly maxRuns?: number;
  /**
   * How long a request may be expected to wait for those before it, by the rows that were computed of late; beyond it
   * is refused with `overloaded`. Absent where only the number of rows bounds the queue.
   */
  readonly wait?: {
    readonly maxMs: number;
    /** Milliseconds from any fixed point, never going back. */
    now(): number;
  };
  /** Computes the outputs of a batch. */
  run(inputs: Tensors): Promise<Tensors>;
  /** Calls back once the requests that are arriving now are in; `setImmediate` outside of tests. */
  schedule(flush: () => void): void;
  observe?(report: BatchReport): void;
}

/** Joins requests that arrive in the same turn into one run, and cuts the answer apart again. */
export interface Batcher {
  /** @throws {MusterError} `overloaded` when too much waits already. */
  submit(inputs: Tensors, rows: number): Promise<Tensors>;
  /** Rows that wait or run. */
  pendingRows(): number;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly inputs: Tensors;
  readonly rows: number;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

/** For how many milliseconds back the speed of a model is reckoned, roughly. */
const SPEED_MEMORY_MS = 2_000;

/**
 * Makes a batcher for a model whose rows do not influence each other. It counts rows, not requests;
 * a batch that fails is run again request by request, so that a poisoned one fails alone.
 */
export function createBatcher(options: BatcherOptions): Batcher {
  const maxRuns = options.maxRuns ?? Number.POSITIVE_INFINITY;
  let waiting: Waiting[] = [];
  let pending = 0;
  let scheduled = false;
  let runs = 0;
  let whenIdle: (() => void)[] = [];
  // Until a run has shown how fast the model is, only the number of rows bounds the queue.
  let speed: Throughput | undefined;

  function submit(inputs: Tensors, rows: number): Promise<Tensors> {
    // A request is never refused by an idle model, however many rows it has.
    if (pending > 0 && (pending + rows > options.maxPendingRows || waitsTooLong())) {
      return Promise.reject(new MusterError("overloaded", `${pending} rows wait for this model already`));
    }
    pending += rows;
    return new Promise((resolve, reject) => {
      waiting.push({ inputs, rows, resolve, reject });
      schedule();
    });
  }

  /** By Little's law: what waits, at the speed at which it is worked off. */
  function waitsTooLong(): boolean {
    return options.wait !== undefined && speed !== undefined && pending / speed.perMs() > options.wait.maxMs;
  }

  function finished(rows: number): void {
    pending -= rows;
    if (pending > 0) return;
    const waiters = whenIdle;
    whenIdle = [];
    for (const resolve of waiters) resolve();
  }

  function idle(): Promise<void> {
    return pending === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve));
  }

  function schedule(): void {
    if (scheduled || runs >= maxRuns) return;
    scheduled = true;
    options.schedule(flush);
  }

  /** After each run: what waited because of it is sent now. */
  function ran(): void {
    runs -= 1;
    if (waiting.length > 0) schedule();
  }

  function flush(): void {
    scheduled = false;
    // With few runs at once, only as much is taken as one of them can carry; the rest joins what comes.
    const arrived = maxRuns === Number.POSITIVE_INFINITY ? waiting : firstRun(waiting, options.maxBatchRows);
    waiting = waiting.slice(arrived.length);
    for (const group of groupsOfOneShape(arrived)) {
      let batch: Waiting[] = [];
      let rows = 0;
      for (const request of group) {
        if (rows > 0 && rows + request.rows > options.maxBatchRows) {
          void dispatch(batch, rows, "full");
          batch = [];
          rows = 0;
        }
        batch.push(request);
        rows += request.rows;
      }
      void dispatch(batch, rows, "turn");
    }
  }

  async function dispatch(batch: readonly Waiting[], rows: number, reason: DispatchReason): Promise<void> {
    options.observe?.({ rows, requests: batch.length, reason });
    runs += 1;
    const begun = options.wait?.now() ?? 0;
    try {
      await answer(batch, rows);
    } finally {
      if (options.wait !== undefined) learn(rows, options.wait.now() - begun);
      ran();
    }
  }

  function learn(rows: number, tookMs: number): void {
    speed ??= createThroughput(rows / Math.max(tookMs, 0.001), SPEED_MEMORY_MS);
    speed.add(rows, tookMs);
  }

  async function answer(batch: readonly Waiting[], rows: number): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only) return runAlone(only);
    let outputs: Tensors;
    try {
      outputs = await options.run(joined(batch));
    } catch {
      for (const request of batch) await runAlone(request);
      return;
    }
    let from = 0;
    for (const request of batch) {
      request.resolve(cut(outputs, from, request.rows));
      from += request.rows;
    }
    finished(rows);
  }

  async function runAlone(request: Waiting): Promise<void> {
    try {
      request.resolve(await options.run(request.inputs));
    } catch (error) {
      request.reject(error);
    } finally {
      finished(request.rows);
    }
  }

  return { submit, pendingRows: () => pending, idle };
}

/** As many requests from the front as fit into one run, at least one, all of one shape. */
function firstRun(requests: readonly Waiting[], maxRows: number): readonly Waiting[] {
  const [first] = requests;
  let rows = 0;
  let count = 0;
  for (const request of requests) {
    if (count > 0 && (rows + request.rows > maxRows || !first || !sameRowShape(first.inputs, request.inputs))) break;
    rows += request.rows;
    count += 1;
  }
  return requests.slice(0, count);
}

/** Requests whose rows have the same shape; only those can be joined. */
function groupsOfOneShape(requests: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const [first] = requests;
  if (!first || requests.every((request) => sameRowShape(first.inputs, request.inputs))) return [requests];
  const groups: Waiting[][] = [];
  for (const request of requests) {
    const group = groups.find(([known]) => known !== undefined && sameRowShape(known.inputs, request.inputs));
    if (group) group.push(request);
    else groups.push([request]);
  }
  return groups;
}

function sameRowShape(a: Tensors, b: Tensors): boolean {
  for (const [name, tensor] of a) {
    const other = b.get(name)?.shape;
    if (other?.length !== tensor.shape.length) return false;
    for (let index = 1; index < other.length; index += 1) {
      if (other[index] !== tensor.shape[index]) return false;
    }
  }
  return true;
}

function joined(batch: readonly Waiting[]): Tensors {
  const result = new Map();
  for (const name of batch[0]?.inputs.keys() ?? []) {
    result.set(name, joinRows(batch.flatMap((request) => request.inputs.get(name) ?? [])));
  }
  return result;
}

function cut(outputs: Tensors, from: number, rows: number): Tensors {
  const result = new Map();
  for (const [name, tensor] of outputs) result.set(name, sliceRows(tensor, from, rows));
  return result;
}
