import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { temporaryPostgres } from "@muster/adapters/testing";

/** The model platform in a process of its own, with a database and a key that may do everything. */
export interface Platform extends AsyncDisposable {
  readonly url: string;
  readonly key: string;
  /** Processor time that it has used, in milliseconds. */
  cpuMs(): Promise<number>;
}

/** Ticks of the clock that /proc counts in: 100 a second on every Linux. */
const TICK_MS = 10;

/** Starts `main.ts` of the platform, or another program like it, on a fresh PostgreSQL. */
export async function startPlatform(program: string): Promise<Platform> {
  const postgres = await temporaryPostgres();
  const folder = await mkdtemp(join(tmpdir(), "muster-bench-models-"));
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      DATABASE_URL: postgres.ownerUrl.reveal(),
      DATA_FOLDER: folder,
      RATE_PREDICT: "1000000",
      // Every prediction is to be computed, though the body is always the same.
      CACHE_MB: "0",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { url, token } = await announced(child);
  return {
    url,
    key: await makeKey(url, token),
    async cpuMs() {
      const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
      // The name of the program, which is in parentheses, may hold spaces.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await postgres.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function announced(child: ChildProcess): Promise<{ url: string; token: string }> {
  if (!child.stdout) throw new Error("the platform has no output");
  let token = "";
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as { msg: string; url?: string; token?: string };
    if (entry.token !== undefined) token = entry.token;
    if (entry.msg === "listening" && entry.url !== undefined) {
      child.stdout.resume();
      return { url: entry.url, token };
    }
  }
  throw new Error("the platform ended before it listened");
}

async function makeKey(url: string, token: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const password = "petrel tarn quill mungo";
  const session = await fetch(`${url}/v1/session/link`, {
    method: "POST",
    headers,
    body: JSON.stringify({ token, password }),
  });
  const cookie = session.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const answer = await fetch(`${url}/v1/keys`, {
    method: "POST",
    headers: { ...headers, cookie },
    body: JSON.stringify({ name: "bench", scopes: ["predict", "read", "write"], days: 1 }),
  });
  return ((await answer.json()) as { token: string }).token;
}
