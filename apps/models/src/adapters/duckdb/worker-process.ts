import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { boundedCommand, CONFINED_PATH, lowerPriority } from "../confined/system-bounds.ts";

/** What a worker may use. */
export interface WorkerBounds {
  /** Bytes for the engine; the whole process may have {@link OVERHEAD_BYTES} more, which the system enforces. */
  readonly memoryBytes: number;
  readonly threads: number;
  readonly timeoutMs: number;
  /** Bytes of each file that it writes. */
  readonly maxFileBytes: number;
  /** Bytes that its engine may spill to disk. */
  readonly maxSpillBytes: number;
  readonly maxAnswerBytes: number;
  /** Whether others go first on the processors. */
  readonly isBackground?: boolean;
  /** Folder where Node keeps the compiled program, with which a worker starts in half the time. */
  readonly programCache: string;
}

/** How a worker ended. */
export type WorkerEnd =
  | { readonly end: "answered"; readonly output: string }
  | { readonly end: "timeout" | "aborted" | "answer-size" | "file-size" }
  | { readonly end: "died"; readonly how: string };

/** A worker that waits for its one order. */
export interface WaitingWorker {
  readonly pid: number | undefined;
  readonly isAlive: () => boolean;
  run(order: string, signal: AbortSignal | undefined): Promise<WorkerEnd>;
  /**
   * The same with an answer to every line that the worker says before its end. When one cannot be given, the worker is
   * killed, and the reason thrown.
   */
  converse(
    order: string,
    answer: (line: string) => Promise<string>,
    signal: AbortSignal | undefined,
  ): Promise<WorkerEnd>;
  kill(): void;
}

/** JavaScript, threads and the program itself, beside what the engine counts. */
const OVERHEAD_BYTES = 768 * 1_048_576;
const PROGRAM = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** Processor time to start, and to notice the deadline. */
const START_SECONDS = 5;

/** Starts a worker in a process of its own, without environment. It opens its engine and waits. */
export function startWorker(bounds: WorkerBounds): WaitingWorker {
  const { program, parameters } = boundedCommand(
    {
      maxFileBytes: bounds.maxFileBytes,
      maxDataBytes: bounds.memoryBytes + OVERHEAD_BYTES,
      // The deadline comes first; this is for a worker that nobody watches any more.
      maxProcessorSeconds: Math.ceil(bounds.timeoutMs / 1_000) * bounds.threads + START_SECONDS,
    },
    [
      process.execPath,
      "--max-old-space-size=256",
      PROGRAM,
      ...[bounds.memoryBytes, bounds.threads, bounds.maxSpillBytes].map(String),
    ],
  );
  const child = spawn(program, parameters, {
    cwd: tmpdir(),
    env: { PATH: CONFINED_PATH, NODE_COMPILE_CACHE: bounds.programCache },
    stdio: ["pipe", "pipe", "ignore"],
  });
  if (bounds.isBackground === true && child.pid !== undefined) lowerPriority(child.pid);
  // It may have died before it read everything; its end says so.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return {
    pid: child.pid,
    isAlive: () => child.exitCode === null && child.signalCode === null && child.pid !== undefined,
    run: (order, signal) => runOrder(child, ended, bounds, order, signal),
    converse: (order, answer, signal) => runOrder(child, ended, bounds, order, signal, answer),
    kill: () => void child.kill("SIGKILL"),
  };
}

async function runOrder(
  child: ChildProcess,
  ended: Promise<string>,
  { timeoutMs, maxAnswerBytes }: WorkerBounds,
  order: string,
  signal: AbortSignal | undefined,
  answer?: (line: string) => Promise<string>,
): Promise<WorkerEnd> {
  let verdict: WorkerEnd | undefined;
  const kill = (end: "timeout" | "aborted" | "answer-size"): void => {
    verdict ??= { end };
    child.kill("SIGKILL");
  };
  const abort = (): void => kill("aborted");
  const timer = setTimeout(() => kill("timeout"), timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  const chunks: Buffer[] = [];
  let length = 0;
  const receive = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > maxAnswerBytes) kill("answer-size");
    else chunks.push(chunk);
  };
  let talk: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  const reply = async (line: string): Promise<void> => {
    if (answer === undefined || failure !== undefined) return;
    try {
      child.stdin?.write(`${await answer(line)}\n`);
    } catch (error) {
      failure = { error };
      child.kill("SIGKILL");
    }
  };
  child.stdout?.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end !== -1; end = chunk.indexOf("\n", from)) {
      receive(chunk.subarray(from, end));
      const line = Buffer.concat(chunks.splice(0)).toString("utf8");
      talk = talk.then(() => reply(line));
      length = 0;
      from = end + 1;
    }
    receive(chunk.subarray(from));
  });
  // Left open: its end tells the worker that this process is gone.
  child.stdin?.write(`${order}\n`);
  try {
    const how = await ended;
    await talk;
    if (failure !== undefined) throw failure.error;
    if (verdict) return verdict;
    if (how === "exit code 0" && length > 0) return { end: "answered", output: Buffer.concat(chunks).toString("utf8") };
    return how === "SIGXFSZ" ? { end: "file-size" } : { end: "died", how };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
