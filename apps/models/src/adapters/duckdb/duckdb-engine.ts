import { rm } from "node:fs/promises";
import { MusterError } from "@muster/kernel";
import type { Detection } from "../../domain/dataset/column.ts";
import type { DataEngine, Page, QueryAnswer } from "../../domain/dataset/data-engine.ts";
import type { DataLimits } from "../../domain/dataset/limits.ts";
import type { DriftCounts } from "../../domain/dataset/drift.ts";
import type { Measures } from "../../domain/dataset/quality.ts";
import type { Answer, Order } from "./message.ts";
import { createSlots } from "./slots.ts";
import { startWorker, type WaitingWorker, type WorkerBounds, type WorkerEnd } from "./worker-process.ts";

const MIB = 1_048_576;

/**
 * DuckDB in a process for each order, which is killed at its deadline and ends after its answer, so that no order can
 * leave anything to the next. One that has its engine open already waits for the next query, which then does not wait
 * for a process to start.
 *
 * @param programCache folder that only this engine uses.
 */
export function createDuckdbEngine(limits: DataLimits, programCache: string): DataEngine {
  const forQueries: WorkerBounds = {
    memoryBytes: limits.queryMemoryBytes,
    threads: limits.threads,
    timeoutMs: limits.queryTimeoutMs,
    maxFileBytes: limits.maxResultBytes,
    maxSpillBytes: 0,
    maxAnswerBytes: limits.maxAnswerBytes,
    programCache,
  };
  const forIngest: WorkerBounds = {
    memoryBytes: limits.ingestMemoryBytes,
    threads: limits.threads,
    timeoutMs: limits.ingestTimeoutMs,
    maxFileBytes: limits.maxTableBytes,
    maxSpillBytes: limits.maxTableBytes,
    maxAnswerBytes: 16 * MIB,
    programCache,
  };
  const slots = createSlots(limits.slots, limits.maxWaiting);
  let spare: WaitingWorker | undefined = startWorker(forQueries);
  let closed = false;

  function takeSpare(): WaitingWorker {
    const worker = spare?.isAlive() === true ? spare : startWorker(forQueries);
    spare = undefined;
    return worker;
  }

  async function run<T>(order: Order, bounds: WorkerBounds, signal?: AbortSignal): Promise<T> {
    const text = JSON.stringify(order);
    await slots.take(signal);
    try {
      const worker = bounds === forQueries ? takeSpare() : startWorker(bounds);
      const end = await worker.run(text, signal);
      return valueOf(end, order, bounds) as T;
    } finally {
      slots.give();
      if (!closed) spare ??= startWorker(forQueries);
    }
  }

  return {
    detect: (file, hint) => run<Detection>({ kind: "detect", file, hint }, forIngest),
    ingest: (order) => writing(order.table, run<Measures>({ kind: "ingest", ...order }, forIngest)),
    query: (order, signal) => writing(order.result, run<QueryAnswer>({ kind: "query", ...order }, forQueries, signal)),
    page: (order) => run<Page>({ kind: "page", ...order }, forQueries),
    async export(order) {
      await writing(order.target, run<null>({ kind: "export", ...order }, forIngest));
    },
    drift: (order, signal) => run<readonly DriftCounts[]>({ kind: "drift", ...order }, forQueries, signal),
    async close() {
      closed = true;
      spare?.kill();
      spare = undefined;
      await slots.idle();
    },
  };
}

/** What an order that failed had written is of no use. */
export async function writing<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    for (const each of [file, `${file}.wal`]) await rm(each, { force: true });
    throw error;
  }
}

/** What a worker answered. @throws {MusterError} for how else it ended. */
export function valueOf(end: WorkerEnd, order: Order, bounds: WorkerBounds): unknown {
  switch (end.end) {
    case "answered": {
      const answer = JSON.parse(end.output) as Answer;
      if (!answer.ok) throw new MusterError(answer.code, answer.message);
      return answer.value;
    }
    case "timeout":
      throw new MusterError("data-limit", `it took longer than ${bounds.timeoutMs / 1_000} s and was stopped`);
    case "aborted":
      throw new MusterError("interrupted", "nobody waits for the answer any more");
    case "answer-size":
      throw new MusterError("data-limit", `the answer is larger than ${mebibytes(bounds.maxAnswerBytes)}`);
    case "file-size":
      throw new MusterError("data-limit", `what it writes is larger than ${mebibytes(bounds.maxFileBytes)}`);
    case "died": {
      const opensUpload = order.kind === "detect" || order.kind === "ingest";
      const sentence = opensUpload
        ? `reading the file ended the reader's process (${end.how}); it is damaged, or needs more memory than it may use`
        : `the process ended (${end.how}); it needs more memory than it may use`;
      throw new MusterError(opensUpload ? "data-invalid" : "data-limit", sentence);
    }
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
