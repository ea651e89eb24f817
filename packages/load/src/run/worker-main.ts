import { parentPort, workerData } from "node:worker_threads";
import { ThreadRun } from "../engine/thread-run.ts";
import { loadPlan } from "../scenario/load-plan.ts";
import { obey } from "./local-thread.ts";
import type { FromWorker, ToWorker, WorkerSnapshot, WorkerStart } from "./worker-messages.ts";

/** How often a worker says what it has counted, in ms. */
const SNAPSHOT_MS = 1_000;

const port = parentPort;
if (port === null) throw new Error("this file runs as a worker only");
const start = workerData as WorkerStart;
const say = (message: FromWorker): void => port.postMessage(message);

let run: ThreadRun | undefined;
let sentSlices = 0;
let sentSliceMs = 0;

/** The newest slice still changes, so it is sent again. */
function snapshotOf(thread: ThreadRun): WorkerSnapshot {
  const { timeline, ...rest } = thread.snapshot();
  const { sliceMs, slices } = timeline;
  const from = sliceMs === sentSliceMs ? Math.max(0, sentSlices - 1) : 0;
  sentSlices = slices.length;
  sentSliceMs = sliceMs;
  return { ...rest, timeline: { sliceMs, from, slices: slices.slice(from) } };
}

try {
  const plan = await loadPlan(start.planFile);
  await plan.prepare?.(start.segment);
  port.on("message", (message: ToWorker) => {
    if (message.type !== "start") {
      if (run !== undefined) obey(run, message);
      return;
    }
    const thread = new ThreadRun(plan, start.segment, message.shared);
    run = thread;
    const ticker = setInterval(() => say({ type: "snapshot", snapshot: snapshotOf(thread) }), SNAPSHOT_MS);
    void thread.finished.then(() => {
      clearInterval(ticker);
      say({ type: "snapshot", snapshot: snapshotOf(thread) });
      say({ type: "finished" });
    });
  });
  say({ type: "ready" });
} catch (error) {
  say({ type: "failed", message: error instanceof Error ? error.message : String(error) });
}
