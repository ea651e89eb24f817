import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** A real Redis of its own, which a test may kill and start again on the same files. */
export interface TemporaryRedis {
  readonly url: string;
  readonly port: number;
  readonly client: Redis;
  process(): ChildProcess;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The reason why suites that need Redis are skipped; false where it is installed. */
export const NO_REDIS: string | false =
  spawnSync("redis-server", ["--version"]).status !== 0 &&
  "redis-server is not installed; on Debian: apt-get install redis-server";

export async function temporaryRedis(): Promise<TemporaryRedis> {
  const folder = await mkdtemp(join(tmpdir(), "muster-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--daemonize", "no"];
    const started = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    child = started;
    for await (const line of started.stdout) if (String(line).includes("Ready to accept connections")) break;
    started.stdout.resume();
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  await start();
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 20 });
  client.on("error", () => undefined);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    client,
    process() {
      if (!child) throw new Error("Redis is not running");
      return child;
    },
    kill,
    start,
    async close() {
      client.disconnect();
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
