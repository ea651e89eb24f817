import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The platform as its own process, as it runs in production. */
export interface RunningService {
  readonly url: string;
  readonly process: ChildProcess;
  /** Every line that it has logged, parsed. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Sends SIGTERM and returns the exit code. */
  stop(): Promise<number | null>;
}

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/**
 * Starts the service on a free port and waits until it listens. With the context of a test it is
 * stopped when the test ends, however it ends.
 */
export async function startProcess(
  env: Readonly<Record<string, string>> = {},
  context?: TestContext,
): Promise<RunningService> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env["PATH"], PORT: "0", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const log: Record<string, unknown>[] = [];
  const ended = once(child, "exit");
  async function stop(): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
    return child.exitCode;
  }
  context?.after(stop);
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      log.push(entry);
      if (entry["msg"] === "listening") resolve(String(entry["url"]));
    });
    void ended.then(() => reject(new Error(`the service ended: ${JSON.stringify(log.at(-1))}`)));
  });
  return {
    url,
    process: child,
    log,
    stop,
  };
}
