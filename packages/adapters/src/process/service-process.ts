import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MusterError } from "@muster/kernel";
import { freePort } from "./free-port.ts";
import { processIdentity } from "./process-identity.ts";

/** A service that Muster starts itself. */
export interface ServiceProcessOptions {
  /** Name of the service and environment, for files and messages: `models-staging`. */
  readonly name: string;
  /** Program and arguments; `{port}` stands for the port that Muster chose, `{data}` for a folder of its own. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Path that answers 2xx once the service is ready. */
  readonly readiness: string;
  readonly readyWithinMs: number;
  /** Folder for the log and for the note of which process runs. */
  readonly folder: string;
  readonly onNotice: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface ServiceProcess {
  readonly url: URL;
  readonly pid: number;
  /** Resolves when the process has ended, however that came. */
  readonly ended: Promise<void>;
  /** Asks it to finish, and ends it when it has not within five seconds. */
  stop(): Promise<void>;
}

const READY_POLL_MS = 40;
const STOP_GRACE_MS = 5_000;
const LOG_TAIL_LINES = 8;
const START_ATTEMPTS = 3;

/** What the service inherits; everything else is named in the configuration. */
const INHERITED = ["HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER"] as const;

/**
 * Starts a service and waits until it is ready. A process that an earlier Muster left behind is
 * ended first. The service leads its own process group, so that Ctrl-C on the terminal reaches
 * only Muster, which then stops it in order; its standard input ends when Muster dies.
 *
 * @throws {MusterError} `service-start` when it ends at once or is not ready in time, with the last lines of its log.
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  await mkdir(options.folder, { recursive: true });
  await endLeftover(options);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return await start(port, options);
    } catch (error) {
      const portTaken = error instanceof MusterError && error.message.includes("EADDRINUSE");
      if (!portTaken || attempt === START_ATTEMPTS) throw error;
      options.onNotice(`port ${port} was taken meanwhile; ${options.name} gets another one`);
    }
  }
}

async function start(port: number, options: ServiceProcessOptions): Promise<ServiceProcess> {
  const log = join(options.folder, `${options.name}.log`);
  const note = noteFile(options);
  const data = join(options.folder, `${options.name}-data`);
  const named = [...options.command, ...Object.values(options.env)].some((text) => text.includes("{data}"));
  if (named) await mkdir(data, { recursive: true, mode: 0o700 });
  const fill = (text: string): string => text.replaceAll("{port}", String(port)).replaceAll("{data}", data);
  const [program = "", ...args] = options.command.map(fill);
  const output = openSync(log, "w", 0o600);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: environmentOf(options, fill),
    stdio: ["pipe", output, output],
    detached: true,
  });
  closeSync(output);
  const ended = endOf(child);
  // The pipe is held open only to tell the service, by closing, that Muster is gone.
  child.stdin?.on("error", () => {});
  const { pid } = child;
  if (pid === undefined) {
    throw new MusterError("service-start", `${options.name} could not be started: there is no program "${program}"`);
  }
  await writeFile(note, JSON.stringify({ pid, identity: await processIdentity(pid) }), { mode: 0o600 });

  const url = new URL(`http://127.0.0.1:${port}`);
  const stop = async (): Promise<void> => {
    await endGroup(pid, ended);
    await rm(note, { force: true });
  };
  try {
    await untilReady(new URL(options.readiness, url), ended, options);
  } catch (error) {
    await stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new MusterError("service-start", `${options.name} ${reason}; its log ${log} ends with:\n${await tail(log)}`);
  }
  return { url, pid, ended, stop };
}

function environmentOf(options: ServiceProcessOptions, fill: (text: string) => string): Record<string, string> {
  const env: Record<string, string> = {
    // The Node that runs Muster comes first, so that `node` in a command is the same one.
    PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
    EXIT_WITH_PARENT: "1",
  };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  for (const [name, value] of Object.entries(options.env)) env[name] = fill(value);
  return env;
}

async function untilReady(address: URL, ended: Promise<void>, options: ServiceProcessOptions): Promise<void> {
  const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(options.readyWithinMs)]);
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  let last = "nothing answers";
  while (!deadline.aborted) {
    if (gone) throw new Error("ended before it was ready");
    try {
      const response = await fetch(address, { signal: deadline, redirect: "manual" });
      await response.body?.cancel();
      if (response.ok) return;
      last = `${address.pathname} answers ${response.status}`;
    } catch {
      // Not listening yet; the loop asks again.
    }
    await delay(READY_POLL_MS);
  }
  if (options.signal.aborted) throw new Error("was cancelled while it started");
  throw new Error(`was not ready within ${options.readyWithinMs} ms: ${last}`);
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
}

async function endGroup(pid: number, ended: Promise<void>): Promise<void> {
  signalGroup(pid, "SIGTERM");
  const grace = new AbortController();
  await Promise.race([ended, delay(STOP_GRACE_MS, undefined, { signal: grace.signal }).catch(() => {})]);
  grace.abort();
  // Also after a good end: what the service itself started must not stay.
  signalGroup(pid, "SIGKILL");
  await ended;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

/** Ends the process that an earlier Muster noted and left, unless its pid belongs to another one by now. */
async function endLeftover(options: ServiceProcessOptions): Promise<void> {
  const note = noteFile(options);
  let left: { pid?: unknown; identity?: unknown };
  try {
    left = JSON.parse(await readFile(note, "utf8")) as typeof left;
  } catch {
    // No note, or one cut short while it was written: nothing to end that could be named safely.
    return;
  }
  if (
    typeof left.pid === "number" &&
    left.identity !== undefined &&
    (await processIdentity(left.pid)) === left.identity
  ) {
    signalGroup(left.pid, "SIGKILL");
    options.onNotice(`ended ${options.name} (pid ${left.pid}), which an earlier Muster had left`);
  }
  await rm(note, { force: true });
}

function noteFile(options: ServiceProcessOptions): string {
  return join(options.folder, `${options.name}.pid.json`);
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.trimEnd().split("\n").slice(-LOG_TAIL_LINES);
  return lines.map((line) => `  ${line}`).join("\n");
}
