import type { DataLimits } from "../../domain/dataset/limits.ts";
import type { JobEngine, PartMeasures, ProbeAnswer, Slice } from "../../domain/jobs/job-engine.ts";
import type { JobLimits } from "../../domain/jobs/limits.ts";
import { valueOf, writing } from "./duckdb-engine.ts";
import type { Order } from "./message.ts";
import { createSlots } from "./slots.ts";
import { startWorker, type WaitingWorker, type WorkerBounds } from "./worker-process.ts";

const MIB = 1_048_576;
const PROBES = 2;

/**
 * DuckDB for jobs, in a process for each order that lets others go first on the processors. Jobs are few at once by
 * themselves; only probes, which people wait for, take turns.
 */
export function createDuckdbJobEngine(data: DataLimits, jobs: JobLimits, programCache: string): JobEngine {
  const bounds: WorkerBounds = {
    memoryBytes: data.ingestMemoryBytes,
    threads: 1,
    timeoutMs: jobs.timeoutMs,
    maxFileBytes: data.maxTableBytes,
    maxSpillBytes: 0,
    maxAnswerBytes: 16 * MIB,
    programCache,
    isBackground: true,
  };
  const forProbes: WorkerBounds = { ...bounds, timeoutMs: data.queryTimeoutMs, isBackground: false };
  const slots = createSlots(PROBES, data.maxWaiting);

  async function ask<T>(
    order: Order,
    own: WorkerBounds,
    talk: (worker: WaitingWorker, text: string) => ReturnType<WaitingWorker["run"]>,
  ): Promise<T> {
    return valueOf(await talk(startWorker(own), JSON.stringify(order)), order, own) as T;
  }

  return {
    async probe(order) {
      await slots.take();
      try {
        return await ask<ProbeAnswer>({ kind: "probe", ...order }, forProbes, (worker, text) =>
          worker.run(text, undefined),
        );
      } finally {
        slots.give();
      }
    },
    part: (order, predict, signal) =>
      writing(
        order.target,
        ask<PartMeasures>({ kind: "part", ...order }, bounds, (worker, text) =>
          worker.converse(text, async (line) => JSON.stringify(await predict(JSON.parse(line) as Slice)), signal),
        ),
      ),
    join: (order, signal) =>
      writing(
        order.target,
        ask<undefined>({ kind: "join", ...order }, bounds, (worker, text) => worker.run(text, signal)),
      ),
  };
}
