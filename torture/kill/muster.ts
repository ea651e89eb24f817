import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MUSTER = fileURLToPath(new URL("../../apps/cli/bin/muster.js", import.meta.url));

/** A `muster` command that was started, and what it printed. */
export interface MusterProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
  /** Resolves with the first match in the output; undefined when the command ended without one. */
  printed(pattern: RegExp): Promise<RegExpExecArray | undefined>;
}

export function startMuster(args: readonly string[], env: Readonly<Record<string, string>>): MusterProcess {
  const child = spawn(process.execPath, [MUSTER, ...args], {
    env: { ...process.env, ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      for (const watcher of watchers) watcher();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    child,
    ended,
    output: () => output,
    printed(pattern) {
      return new Promise((resolve) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (!match) return;
          watchers.delete(look);
          resolve(match);
        };
        watchers.add(look);
        look();
        void ended.then(() => resolve(undefined));
      });
    },
  };
}
