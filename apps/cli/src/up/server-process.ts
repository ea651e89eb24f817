import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Announcement } from "@muster/contract";

/** How the server ended. */
export interface ServerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The server as a process of its own, beside this command. */
export interface ServerProcess {
  /** File that holds whatever the server printed, which is nothing unless it crashed. */
  readonly output: string;
  readonly ended: Promise<ServerEnd>;
  /** Asks it to stop in order. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
}

/** Starts the server and hands over what it announces. */
export function startServer(
  options: { readonly flags: readonly string[]; readonly data: string; readonly env: NodeJS.ProcessEnv },
  onAnnouncement: (announcement: Announcement) => void,
): ServerProcess {
  const logs = join(options.data, "logs");
  mkdirSync(logs, { recursive: true });
  const output = join(logs, "server-output.log");
  const file = openSync(output, "w", 0o600);
  const main = fileURLToPath(import.meta.resolve("@muster/server/main"));
  const child: ChildProcess = spawn(process.execPath, [main, ...options.flags], {
    stdio: ["ignore", file, file, "ipc"],
    // A service whose command is `node` gets this runtime, not an older one of the machine.
    env: { ...options.env, PATH: `${dirname(process.execPath)}${delimiter}${options.env["PATH"] ?? ""}` },
  });
  child.on("message", (message) => onAnnouncement(message as Announcement));
  return {
    output,
    ended: new Promise((resolve, reject) => {
      child.once("error", reject);
      // "close" and not "exit": announcements sent just before the end are still in the channel at "exit".
      child.once("close", (code, signal) => resolve({ code, signal }));
    }),
    stop: () => void child.kill("SIGTERM"),
    kill: () => void child.kill("SIGKILL"),
  };
}
