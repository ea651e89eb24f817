import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { boundedCommand, CONFINED_PATH, lowerPriority } from "./system-bounds.ts";

/** What a confined program may use before it is killed. */
export interface Confinement {
  readonly timeoutMs: number;
  /** Resident memory, in bytes. */
  readonly maxMemory: number;
  /** Bytes of the answer at most. */
  readonly maxOutput: number;
}

/** How a confined program ended. */
export type ConfinedResult =
  | { readonly end: "answered"; readonly output: Buffer }
  | { readonly end: "timeout" }
  | { readonly end: "memory" }
  | { readonly end: "output" }
  /** It died by itself: a crash of native code, for instance. */
  | { readonly end: "crashed"; readonly how: string };

const WATCH_MS = 25;
/** Processor time to start. */
const START_SECONDS = 5;

/**
 * Runs a program of ours on input that nobody trusts, in a process of its own: without environment, network or files
 * to write, with low priority, and killed when it takes too long, grows too large or answers too much. What it
 * does to itself stays there.
 */
export async function runConfined(
  script: string,
  input: Uint8Array,
  confinement: Confinement,
  signal?: AbortSignal,
): Promise<ConfinedResult> {
  const { program, parameters } = boundedCommand(
    // It writes nothing; its memory is watched below, because the answer then says what was too much.
    { maxFileBytes: 0, maxDataBytes: undefined, maxProcessorSeconds: processorSeconds(confinement) },
    [process.execPath, "--max-old-space-size=256", script],
  );
  const child = spawn(program, parameters, {
    cwd: tmpdir(),
    env: { PATH: CONFINED_PATH },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let verdict: ConfinedResult | undefined;
  const end = (result: ConfinedResult): void => {
    verdict ??= result;
    child.kill("SIGKILL");
  };
  const abort = (): void => end({ end: "timeout" });
  signal?.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(abort, confinement.timeoutMs);
  const watch = setInterval(() => {
    if (child.pid === undefined) return;
    void residentMemory(child.pid).then((bytes) => {
      if (bytes > confinement.maxMemory) end({ end: "memory" });
    });
  }, WATCH_MS);
  if (child.pid !== undefined) lowerPriority(child.pid);

  const chunks: Buffer[] = [];
  let length = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > confinement.maxOutput) end({ end: "output" });
    else chunks.push(chunk);
  });
  // It may have died before it read everything; its exit says so.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);

  try {
    return await new Promise<ConfinedResult>((resolve) => {
      child.once("error", (error) => resolve(verdict ?? { end: "crashed", how: error.message }));
      child.once("close", (code, killedBy) => {
        if (verdict) resolve(verdict);
        else if (code === 0) resolve({ end: "answered", output: Buffer.concat(chunks) });
        else resolve({ end: "crashed", how: killedBy ?? `exit code ${code}` });
      });
    });
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal?.removeEventListener("abort", abort);
  }
}

/** Resident bytes of a process; 0 where the system does not say (it has no /proc). */
async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}

/** The deadline comes first, unless nobody watches any more. */
function processorSeconds({ timeoutMs }: Confinement): number {
  return Math.ceil(timeoutMs / 1_000) * availableParallelism() + START_SECONDS;
}
