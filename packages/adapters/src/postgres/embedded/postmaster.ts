import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, fchmodSync, fchownSync, fstatSync, openSync, renameSync, statSync } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { MusterError } from "@muster/kernel";
import pg from "pg";
import { freePort } from "../../process/free-port.ts";
import { processIdentity } from "../../process/process-identity.ts";
import { saysNoRoom } from "../errors.ts";
import { connectionUrl, type Credentials, OWNER } from "./credentials.ts";
import type { ClusterHome } from "./home.ts";

const run = promisify(execFile);

const POLL_MS = 10;
/** How long a process that holds the pid file may keep silent before it is judged. */
const SILENT_MS = 10_000;
/** Recovery after a crash replays the log, which can take minutes on a slow disk. */
const RECOVERY_MS = 600_000;
const PORT_ATTEMPTS = 5;
const LOG_LIMIT_BYTES = 10_000_000;

/** Settings that hold whatever the cluster's own file says. Small and quick to start; durability is never traded. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "60",
  shared_buffers: "64MB",
  max_wal_size: "512MB",
  fsync: "on",
  full_page_writes: "on",
  // After a crash everything is flushed before recovery: at once where the system can, else file by file.
  ...(process.platform === "linux" ? { recovery_init_sync_method: "syncfs" } : {}),
  synchronous_commit: "on",
  // Workers of their own for reading bring nothing on a small machine.
  io_method: "sync",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  log_line_prefix: "%m [%p] %a ",
  log_checkpoints: "off",
};

/** A server that was seen to be ours and to answer. */
export interface Postmaster {
  readonly pid: number;
  /** Tells the process from a later one with the same pid. */
  readonly identity: string;
  readonly port: number;
}

/** What serves a data directory at this moment. */
type Seen =
  | { readonly state: "running"; readonly postmaster: Postmaster }
  /** Nothing. `stalePid` is a process that the pid file names and that is another's, so PostgreSQL must not heed it. */
  | { readonly state: "stopped"; readonly stalePid?: number };

/** Environment of PostgreSQL's programs: no locale, no PG* variable of the user reaches them. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" };
}

/**
 * Makes sure that the cluster's server runs: adopts one that does, or starts one. Call it under the
 * start lock.
 *
 * @throws {MusterError} `database-start` with the last lines of the log, or `database-full`.
 */
export async function ensurePostmaster(
  home: ClusterHome,
  credentials: Credentials,
  onNotice: (text: string) => void,
  choosePort: () => Promise<number> = freePort,
): Promise<{ readonly postmaster: Postmaster; readonly adopted: boolean }> {
  const deadline = performance.now() + 15_000;
  for (let portAttempt = 1; ;) {
    const seen = await look(home, credentials, onNotice);
    if (seen.state === "running") return { postmaster: seen.postmaster, adopted: true };
    const started = await startPostmaster(home, credentials, await choosePort(), seen.stalePid, onNotice);
    if ("pid" in started) return { postmaster: started, adopted: false };
    if (started.failed === "port" && portAttempt < PORT_ATTEMPTS) {
      portAttempt += 1;
    } else if (started.failed === "again" && performance.now() < deadline) {
      // Backends of a killed postmaster still hold the shared memory, or a server outside our lock is starting, or
      // somebody killed this one.
      await delay(100);
    } else {
      throw startFailure(home, started.said);
    }
  }
}

/** Stops a server: fast shutdown, and by force only when that does not end. Resolves when the process is gone. */
export async function stopPostmaster(postmaster: Postmaster, onNotice: (text: string) => void): Promise<void> {
  const { pid } = postmaster;
  for (const [signal, patienceMs] of [
    ["SIGINT", 60_000],
    ["SIGQUIT", 10_000],
    ["SIGKILL", 10_000],
  ] as const) {
    if (!(await isRunning(postmaster))) return;
    signalProcess(pid, signal);
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline) {
      if (!(await isRunning(postmaster))) return;
      await delay(POLL_MS);
    }
    onNotice(`PostgreSQL (process ${pid}) did not stop on ${signal} within ${patienceMs / 1_000} s`);
  }
}

/** Whether the server's process is there, and no zombie, and not another one with its pid. */
export async function isRunning(postmaster: Postmaster): Promise<boolean> {
  return (await processIdentity(postmaster.pid)) === postmaster.identity;
}

/** A process that ended in this moment needs no signal. */
function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function look(home: ClusterHome, credentials: Credentials, onNotice: (text: string) => void): Promise<Seen> {
  const begun = performance.now();
  let noticed = false;
  for (;;) {
    const file = await readPidFile(home.data);
    if (file === undefined) return { state: "stopped" };
    const identity = await processIdentity(file.pid);
    // A dead process would be found stale by PostgreSQL too, but not a zombie; naming it covers both.
    if (identity === undefined) return { state: "stopped", stalePid: file.pid };
    const answer = file.port === undefined ? "silent" : await probe(home, credentials, file.port);
    if (answer === "ours" && file.port !== undefined) {
      return { state: "running", postmaster: { pid: file.pid, identity, port: file.port } };
    }
    if (answer === "full") throw noRoom(home);
    const waited = performance.now() - begun;
    if (answer !== "starting") {
      const serves = await servesData(file.pid, home.data);
      if (serves === false || (serves === undefined && waited > SILENT_MS)) {
        return { state: "stopped", stalePid: file.pid };
      }
      if (answer === "foreign" || waited > SILENT_MS) {
        throw new MusterError(
          "database-start",
          `process ${file.pid} serves ${home.data} but does not let Muster in; its log is ${home.log}`,
        );
      }
    }
    if (waited > RECOVERY_MS) throw startFailure(home, await lastLines(home.log, 0));
    if (waited > 5_000 && !noticed) {
      noticed = true;
      onNotice(`PostgreSQL (process ${file.pid}) is starting or stopping; waiting for it`);
    }
    await delay(50);
  }
}

type Failed = { readonly failed: "port" | "again" | "other"; readonly said: string };

async function startPostmaster(
  home: ClusterHome,
  credentials: Credentials,
  port: number,
  stalePid: number | undefined,
  onNotice: (text: string) => void,
): Promise<Postmaster | Failed> {
  const { child, logFrom } = spawnPostmaster(home, port, stalePid);
  const { pid } = child;
  if (pid === undefined) return { failed: "other", said: `${home.binaries.postgres} cannot be run` };
  const begun = performance.now();
  let readySince: number | undefined;
  let noticed = false;
  while (!hasEnded(child)) {
    const waited = performance.now() - begun;
    const file = await readPidFile(home.data);
    if (file?.pid === pid && file.ready) {
      readySince ??= waited;
      const answer = await probe(home, credentials, port);
      const identity = await processIdentity(pid);
      if (answer === "ours" && identity !== undefined) return { pid, identity, port };
      if (answer === "full" || waited - readySince > SILENT_MS) await end(child);
    } else if (waited > RECOVERY_MS) {
      await end(child);
    }
    if (waited > 5_000 && !noticed) {
      noticed = true;
      onNotice(`PostgreSQL takes long to start; it may be recovering after a crash (log: ${home.log})`);
    }
    await delay(POLL_MS);
  }
  const said = await lastLines(home.log, logFrom);
  if (said.includes("Address already in use") || said.includes("could not bind")) return { failed: "port", said };
  const inUse = said.includes("pre-existing shared memory block") || said.includes('"postmaster.pid" already exists');
  return { failed: inUse || child.signalCode === "SIGKILL" ? "again" : "other", said };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Stops a server that started and is of no use. */
async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGINT");
  const deadline = performance.now() + SILENT_MS;
  while (!hasEnded(child) && performance.now() < deadline) await delay(POLL_MS);
  if (!hasEnded(child)) child.kill("SIGQUIT");
}

function spawnPostmaster(
  home: ClusterHome,
  port: number,
  stalePid: number | undefined,
): { readonly child: ChildProcess; readonly logFrom: number } {
  const log = openLog(home);
  try {
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawn(home.binaries.postgres, ["-D", home.data, "-p", String(port), ...settings], {
      ...home.account,
      cwd: "/",
      // PostgreSQL refuses to start while the process that its pid file names lives, except where that is its own
      // ancestor, which pg_ctl tells it by this variable. We tell it the pid that we know to be somebody else, so
      // that PostgreSQL itself, which knows the race, replaces exactly that pid file and no newer one.
      env: { ...serverEnvironment(), ...(stalePid === undefined ? {} : { PG_GRANDPARENT_PID: String(stalePid) }) },
      // Its own session, so that Ctrl-C on the terminal reaches Muster alone, which then stops it in order.
      detached: true,
      stdio: ["ignore", log.descriptor, log.descriptor],
    });
    // A program that cannot be run has no pid, which the caller sees.
    child.on("error", () => undefined);
    child.unref();
    return { child, logFrom: log.size };
  } finally {
    closeSync(log.descriptor);
  }
}

function openLog(home: ClusterHome): { readonly descriptor: number; readonly size: number } {
  if ((statSync(home.log, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES)
    renameSync(home.log, `${home.log}.1`);
  const descriptor = openSync(home.log, "a", 0o600);
  fchmodSync(descriptor, 0o600);
  // So that the same user can go on writing it when Muster is not root the next time.
  if (home.account) fchownSync(descriptor, home.account.uid, home.account.gid);
  return { descriptor, size: fstatSync(descriptor).size };
}

interface PidFile {
  readonly pid: number;
  /** Absent while the server has not got as far as listening. */
  readonly port: number | undefined;
  /** Whether the server said that it takes connections. */
  readonly ready: boolean;
}

/** PostgreSQL's postmaster.pid: pid in line 1, port in line 4, status in line 8 (source: pidfile.h, LOCK_FILE_LINE_*). */
async function readPidFile(data: string): Promise<PidFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(data, "postmaster.pid"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const lines = text.split("\n");
  const pid = Math.abs(Number.parseInt(lines[0] ?? "", 10));
  if (!Number.isInteger(pid) || pid === 0) return undefined;
  const port = Number.parseInt(lines[3] ?? "", 10);
  return { pid, port: port > 0 ? port : undefined, ready: lines[7]?.trim() === "ready" };
}

/** Asks whoever listens on a port: a server of this data directory that knows our password, or another. */
async function probe(
  home: ClusterHome,
  credentials: Credentials,
  port: number,
): Promise<"ours" | "starting" | "silent" | "foreign" | "full"> {
  const client = new pg.Client({
    connectionString: connectionUrl(OWNER, credentials.owner, port).reveal(),
    application_name: "muster supervisor",
    connectionTimeoutMillis: 5_000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const answer = await client.query<{ data_directory: string }>("show data_directory");
    return (await sameFolder(answer.rows[0]?.data_directory ?? "", home.data)) ? "ours" : "foreign";
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    // No room to let anybody in.
    if (code === "53100") return "full";
    // Starting, stopping or recovering; or every connection is taken.
    if (code === "57P03" || code === "53300") return "starting";
    // Another password or no such database: another's server.
    return code.startsWith("28") || code.startsWith("3D") ? "foreign" : "silent";
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A copied data folder names the port of its original; the folder's inode tells them apart. */
async function sameFolder(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([stat(a), stat(b)]);
    return one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false;
  }
}

/** Whether a process is a postmaster of a data directory, by its command line; undefined when that cannot be read. */
async function servesData(pid: number, data: string): Promise<boolean | undefined> {
  const command = await commandLine(pid);
  return command === undefined ? undefined : `${command} `.includes(`-D ${data} `);
}

async function commandLine(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === "linux") return (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
    return (await run("ps", ["-ww", "-o", "command=", "-p", String(pid)])).stdout;
  } catch {
    return undefined;
  }
}

/** The end of what the server said since a place in its log. */
export async function lastLines(log: string, from: number): Promise<string> {
  try {
    const handle = await open(log, "r");
    try {
      const { size } = await handle.stat();
      const begin = Math.max(from, size - 4_000);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - begin)), 0, null, begin);
      return buffer.toString("utf8", 0, bytesRead).trim().split("\n").slice(-5).join("\n");
    } finally {
      await handle.close();
    }
  } catch {
    return "";
  }
}

function startFailure(home: ClusterHome, said: string): MusterError {
  if (saysNoRoom(said)) return noRoom(home);
  return new MusterError(
    "database-start",
    `PostgreSQL did not start; its log is ${home.log}${said === "" ? "" : `, and ends:\n${said}`}`,
  );
}

function noRoom(home: ClusterHome): MusterError {
  return new MusterError("database-full", `PostgreSQL found no room on the disk of ${home.data}`);
}
