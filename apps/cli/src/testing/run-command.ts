import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../bin/muster.js", import.meta.url));
/** Longer than anything that a test waits for; a hang must not look like patience. */
const DEADLINE_MS = 60_000;

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the output, either of the two, contains the text; rejects when it cannot any more. */
  until(text: string): Promise<void>;
  output(): string;
}

interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The Node that runs the command; the test's own unless given. */
  readonly node?: string;
}

/** Starts `muster` as a user would, in a folder. */
export function startMuster(args: readonly string[], { cwd, env = {}, node = process.execPath }: RunOptions): Running {
  const { NO_COLOR: _colour, FORCE_COLOR: _forced, DATABASE_URL: _url, ...inherited } = process.env;
  const child = spawn(node, [BIN, ...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let out = "";
  let err = "";
  const watchers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const look of watchers) look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    for (const look of watchers) look();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, out, err }));
  });
  return {
    child,
    ended,
    output: () => out + err,
    until(text) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          if (!out.includes(text) && !err.includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without "${text}":\n${out}\n${err}`)));
      });
    },
  };
}

/** Runs `muster` to its end. */
export function runMuster(args: readonly string[], options: RunOptions): Promise<Ended> {
  return startMuster(args, options).ended;
}
