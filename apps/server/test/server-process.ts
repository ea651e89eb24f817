import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { openEmbeddedPostgres } from "@muster/adapters";
import type { Announcement } from "@muster/contract";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const MODELS = fileURLToPath(new URL("../../models/src/main.ts", import.meta.url));

/** A server process as the `muster` command starts it, and what it announces. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** Resolves with the first announcement, past or future, that fits; rejects when the process ends before. */
  heard<T extends Announcement["type"]>(
    type: T,
    fits?: (announcement: Extract<Announcement, { type: T }>) => boolean,
  ): Promise<Extract<Announcement, { type: T }>>;
  readonly announcements: readonly Announcement[];
  readonly ended: Promise<number | null>;
  /** Asks it to stop and waits for its end. */
  stop(): Promise<number | null>;
}

/** Starts a server and listens to it. */
export function startServer(options: {
  readonly config: string;
  readonly data: string;
  readonly once?: boolean;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}): ServerProcess {
  const args = [
    "--config",
    options.config,
    "--data",
    options.data,
    "--port",
    String(options.port ?? 0),
    ...(options.once ? ["--once"] : []),
  ];
  const child = fork(MAIN, args, {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const announcements: Announcement[] = [];
  const listeners = new Set<() => void>();
  child.on("message", (message) => {
    announcements.push(message as Announcement);
    for (const listener of listeners) listener();
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    child,
    announcements,
    ended,
    heard(type, fits = () => true) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          for (const each of announcements) {
            if (each.type === type && fits(each as never)) {
              listeners.delete(look);
              resolve(each as never);
              return;
            }
          }
        };
        listeners.add(look);
        look();
        void ended.then((code) => {
          look();
          reject(new Error(`the server ended with ${code} and had said: ${JSON.stringify(announcements.slice(-4))}`));
        });
      });
    },
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** What a test opened, closed after it in reverse order: servers before what they stand on. */
export function closingAfter(test: TestContext): AsyncDisposableStack {
  const closing = new AsyncDisposableStack();
  test.after(() => closing.disposeAsync());
  return closing;
}

/** A folder with a small configuration of the real model platform, looked at quickly. Removed by `remove`. */
export async function temporaryProject(): Promise<{
  readonly folder: string;
  readonly config: string;
  readonly data: string;
  /** Writes the configuration anew, with another title, so that its digest differs. */
  changeConfiguration(): Promise<void>;
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "muster-server-test-"));
  // Open to the unprivileged user as which PostgreSQL runs, so that the cluster stays in here.
  await chmod(folder, 0o755);
  const config = join(folder, "muster.config.ts");
  await writeFile(config, configurationText("Models"));
  return {
    folder,
    config,
    data: join(folder, "data"),
    changeConfiguration: () => writeFile(config, configurationText("Other models")),
    async remove() {
      // A server that was killed left its PostgreSQL running; whoever leaves last stops it.
      if (existsSync(join(folder, "data", "postgres", "cluster", "postmaster.pid"))) {
        await (await openEmbeddedPostgres({ dataFolder: join(folder, "data"), exclusive: false })).close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configurationText(title: string): string {
  return `export default ${JSON.stringify(
    {
      service: { name: "models", title, owner: "tests" },
      environments: {
        staging: {
          process: { command: ["node", MODELS], env: { PORT: "{port}" } },
          load: { path: "/livez", ratePerSecond: 150, duration: "1s" },
          allow: ["audit", "load"],
        },
      },
      checks: [
        { check: "http-availability" },
        { check: "readiness-endpoint" },
        { check: "tls-encryption" },
        { check: "error-rate" },
      ],
      controls: [
        { id: "available", title: "Answers", checks: ["http-availability", "readiness-endpoint"] },
        { id: "encrypted", title: "Is encrypted", checks: ["tls-encryption"] },
        { id: "errors", title: "No errors under load", checks: ["error-rate"] },
      ],
      gates: { production: { environment: "staging", controls: "all" } },
    },
    null,
    2,
  )};\n`;
}
