import { execFile, type ChildProcess, spawn } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { CannotJudge } from "../bar.ts";

const run = promisify(execFile);

/** What the generators are pinned to, and what the server is: so that neither takes the other's time. */
export const GENERATOR_CORE = "1";
const SERVER_CORE = "0";
const PORT = 18_480;
const AUTOCANNON = "autocannon@9.0.0";
const ARTILLERY = "artillery@2.0.34";
const ARTILLERY_USERS = 50;

/** The tools that the engine is compared with, and a server for all of them. */
export interface Peers extends AsyncDisposable {
  readonly url: string;
  /** Module of autocannon. */
  readonly autocannon: string;
  /** A Lua script that makes wrk send the given JSON. */
  wrkScript(body: string): Promise<string>;
  /** Installs Artillery, half a gigabyte. What it gives has 50 users send so many requests each. */
  artillery(): Promise<(requestsEach: number) => Promise<{ readonly requests: number; readonly cpuMs: number }>>;
}

/**
 * Installs wrk and nginx from Debian and autocannon from npm where they are missing, and starts nginx.
 * @throws {CannotJudge} where they cannot be had.
 */
export async function preparePeers(say: (text: string) => void): Promise<Peers> {
  for (const [program, source] of [
    ["wrk", "wrk"],
    ["nginx", "nginx-light"],
    ["taskset", "util-linux"],
  ] as const) {
    await provide(program, source, say);
  }
  const folder = await mkdtemp(join(tmpdir(), "muster-bench-load-"));
  say(`installing ${AUTOCANNON}`);
  await writeFile(join(folder, "package.json"), "{}");
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, AUTOCANNON]);
  const server = await startNginx(folder);
  return {
    url: `http://127.0.0.1:${PORT}/`,
    autocannon: join(folder, "node_modules/autocannon/autocannon.js"),
    async wrkScript(body) {
      const path = join(folder, "post.lua");
      const lines = [
        'wrk.method = "POST"',
        `wrk.body = ${JSON.stringify(body)}`,
        'wrk.headers["Content-Type"] = "application/json"',
      ];
      await writeFile(path, `${lines.join("\n")}\n`);
      return path;
    },
    artillery: () => installArtillery(folder, say),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function installArtillery(folder: string, say: (text: string) => void): ReturnType<Peers["artillery"]> {
  say(`installing ${ARTILLERY}`);
  // Its install script would fetch browsers that nobody here opens.
  const env = { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1", ARTILLERY_DISABLE_TELEMETRY: "true" };
  const words = ["install", "--no-audit", "--no-fund", "--prefix", folder, ARTILLERY];
  await run("npm", words, { env, maxBuffer: 1e8 }).catch((error: unknown) => {
    throw new CannotJudge(`Artillery could not be installed: ${(error as Error).message.slice(0, 200)}`);
  });
  return async (requestsEach) => {
    const script = join(folder, "artillery.json");
    const result = join(folder, "artillery-result.json");
    const config = {
      target: `http://127.0.0.1:${PORT}`,
      // Each user keeps a connection of its own.
      phases: [{ duration: 1, arrivalCount: ARTILLERY_USERS }],
    };
    const flow = [{ loop: [{ get: { url: "/" } }], count: requestsEach }];
    await writeFile(script, JSON.stringify({ config, scenarios: [{ flow }] }));
    const program = join(folder, "node_modules/artillery/bin/run");
    const line = `taskset -c ${GENERATOR_CORE} '${process.execPath}' '${program}' run --quiet --output '${result}' '${script}' && times`;
    const { stdout } = await run("sh", ["-c", line], { env, maxBuffer: 1e8 });
    const { aggregate } = JSON.parse(await readFile(result, "utf8")) as {
      aggregate: { counters: Readonly<Record<string, number>> };
    };
    const requests = aggregate.counters["http.codes.200"] ?? 0;
    const expected = requestsEach * ARTILLERY_USERS;
    if (requests !== expected) throw new Error(`Artillery: ${requests} of ${expected} requests were answered`);
    return { requests, cpuMs: childCpuMs(stdout) };
  };
}

/** Processor time of the children of a shell, in ms, as the last line of its `times` says it. */
export function childCpuMs(output: string): number {
  const times = [...(output.trimEnd().split("\n").at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce((sum, [, minutes, rest]) => sum + (Number(minutes) * 60 + Number(rest)) * 1_000, 0);
}

async function provide(program: string, source: string, say: (text: string) => void): Promise<void> {
  const there = await run("sh", ["-c", `command -v ${program}`]).then(
    () => true,
    () => false,
  );
  if (there) return;
  const apt = await access("/usr/bin/apt-get").then(
    () => true,
    () => false,
  );
  if (!apt || process.getuid?.() !== 0) throw new CannotJudge(`${program} is not installed: apt-get install ${source}`);
  say(`installing ${source}`);
  await run("apt-get", ["install", "-y", "--no-install-recommends", source]);
}

/** nginx with one worker that answers every request with 145 bytes of JSON. */
async function startNginx(folder: string): Promise<ChildProcess> {
  const answer = `{"ok":true,"padding":"${"x".repeat(145 - 24)}"}`;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/tmp/${name};`)
    .join(" ");
  await mkdir(join(folder, "tmp"));
  const configuration = `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000; ${temporary}
  server { listen 127.0.0.1:${PORT}; location / { default_type application/json; return 200 '${answer}'; } } }
`;
  await writeFile(join(folder, "nginx.conf"), configuration);
  if (await answers()) throw new CannotJudge(`port ${PORT} is taken, perhaps by another run of this benchmark`);
  const server = spawn(
    "taskset",
    ["-c", SERVER_CORE, "nginx", "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")],
    {
      stdio: "ignore",
    },
  );
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await answers()) return server;
    await delay(50);
  }
  server.kill();
  throw new CannotJudge(
    `nginx did not start: ${await readFile(join(folder, "error.log"), "utf8").catch(() => "no log")}`,
  );
}

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(PORT, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
