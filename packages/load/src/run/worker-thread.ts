import { Worker } from "node:worker_threads";
import type { Json } from "@muster/kernel";
import type { ThreadSnapshot } from "../engine/thread-run.ts";
import type { Slice } from "../metrics/timeline.ts";
import type { Segment } from "../scenario/data-source.ts";
import type { LoadCommand, LoadThread } from "./load-thread.ts";
import type { FromWorker, ToWorker, WorkerSnapshot } from "./worker-messages.ts";

/** Memory that the scenarios of one worker may take. */
const MAX_HEAP_MB = 2_048;
/** What requests leave behind at once: more room would be taken in steps during the first minutes, for nothing. */
const MAX_YOUNG_MB = 24;
/** A worker that says nothing for so many ms has scenario code that never lets go; it is ended. */
const SILENCE_MS = 10_000;
/** Lines that scenarios of one worker may print; the rest is counted and dropped. */
const MAX_OUTPUT_LINES = 200;

/** A worker that has loaded the plan and waits to start. */
export interface WorkerThread extends LoadThread {
  /** Rejects when the plan could not be loaded there. */
  readonly ready: Promise<void>;
  start(shared: Json | undefined): void;
  /** Ends the worker, whatever it does. */
  close(): void;
}

export interface WorkerOptions {
  readonly planFile: string;
  readonly segment: Segment;
  /** Told each line that scenarios print. */
  readonly onOutput: (line: string) => void;
  /** Told each snapshot as it came. */
  readonly onSnapshot?: (snapshot: WorkerSnapshot) => void;
  readonly maxHeapMb?: number;
  readonly silenceMs?: number;
}

/** Starts a worker for one segment of a run. */
export function startWorkerThread(options: WorkerOptions): WorkerThread {
  const { planFile, segment } = options;
  const worker = new Worker(new URL("./worker-main.ts", import.meta.url), {
    workerData: { planFile, segment },
    resourceLimits: {
      maxOldGenerationSizeMb: options.maxHeapMb ?? MAX_HEAP_MB,
      maxYoungGenerationSizeMb: MAX_YOUNG_MB,
    },
    stdout: true,
    stderr: true,
  });
  const name = `worker ${segment.index + 1}`;
  const silenceMs = options.silenceMs ?? SILENCE_MS;
  const ready = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<string | undefined>();
  const slices: Slice[] = [];
  let latest: ThreadSnapshot | undefined;
  let watchdog: NodeJS.Timeout | undefined;
  let over = false;

  const end = (lost: string | undefined): void => {
    if (over) return;
    over = true;
    clearTimeout(watchdog);
    ready.reject(new Error(lost ?? "the worker ended"));
    finished.resolve(lost);
    void worker.terminate();
  };
  const listen = (): void => {
    clearTimeout(watchdog);
    const seconds = silenceMs / 1_000;
    watchdog = setTimeout(
      () => end(`${name} said nothing for ${seconds} s and was ended: a scenario never lets go of the processor`),
      silenceMs,
    );
  };
  // Whoever does not wait for readiness learns of a failure from `finished`.
  ready.promise.catch(() => {});
  worker.on("message", (message: FromWorker) => {
    switch (message.type) {
      case "ready":
        ready.resolve();
        break;
      case "snapshot":
        listen();
        latest = joinSnapshot(message.snapshot, slices);
        options.onSnapshot?.(message.snapshot);
        break;
      case "finished":
        end(undefined);
        break;
      case "failed":
        end(`${name}: ${message.message}`);
        break;
    }
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    const memory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    end(memory ? `${name} ran out of memory: a scenario keeps more and more` : `${name} failed: ${error.message}`);
  });
  worker.on("exit", (code) => end(`${name} ended with code ${code}: a scenario ended the process`));
  passOutput([worker.stdout, worker.stderr], name, options.onOutput);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  const tell = (message: ToWorker): void => worker.postMessage(message);
  return {
    name,
    ready: ready.promise,
    finished: finished.promise,
    latest: () => latest,
    start(shared) {
      listen();
      tell({ type: "start", shared });
    },
    command: (command: LoadCommand) => tell(command),
    close: () => end(`${name} was ended`),
  };
}

/** A snapshot with the whole timeline; `slices` keeps what came before. */
export function joinSnapshot(snapshot: WorkerSnapshot, slices: Slice[]): ThreadSnapshot {
  const { sliceMs, from, slices: changed } = snapshot.timeline;
  slices.splice(from, slices.length, ...changed);
  return { ...snapshot, timeline: { sliceMs, slices } };
}

/** Hands over what scenarios print, line by line, up to a limit. */
function passOutput(streams: readonly NodeJS.ReadableStream[], name: string, onOutput: (line: string) => void): void {
  let lines = 0;
  for (const stream of streams) {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      if (lines > MAX_OUTPUT_LINES) return;
      const parts = (rest + text).split("\n");
      rest = (parts.pop() ?? "").slice(-10_000);
      for (const line of parts) {
        lines += 1;
        if (lines <= MAX_OUTPUT_LINES) onOutput(line);
        else if (lines === MAX_OUTPUT_LINES + 1)
          onOutput(`${name} prints more than ${MAX_OUTPUT_LINES} lines; the rest is dropped`);
      }
    });
  }
}
