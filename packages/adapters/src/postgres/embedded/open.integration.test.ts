import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chmod, chown, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { MusterError, Secret } from "@muster/kernel";
import pg from "pg";
import { processIdentity } from "../../process/process-identity.ts";
import { unprivilegedAccount } from "./account.ts";
import { readCredentials } from "./credentials.ts";
import { findHome } from "./home.ts";
import { type EmbeddedPostgres, openEmbeddedPostgres } from "./open.ts";
import { ensurePostmaster, stopPostmaster } from "./postmaster.ts";

const root = process.getuid?.() === 0;
const cleanups: (() => Promise<unknown>)[] = [];

/** A data folder with a cluster that was stopped, which tests copy because that is quicker than to initialise one. */
let template: string;

before(async () => {
  template = await emptyFolder();
  await (await open(template)).close();
  cleanups.length = 0;
});

after(() => rm(template, { recursive: true, force: true }));

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe("the embedded PostgreSQL", () => {
  test("is initialised the first time, started the next, and keeps what was written", async () => {
    const folder = await emptyFolder();

    const first = await open(folder);
    await query(first.ownerUrl, "create table kept as select 42 as answer");
    await first.close();
    const second = await open(folder);

    assert.deepEqual([first.state, second.state], ["initialised", "started"]);
    assert.deepEqual(await query(second.ownerUrl, "select answer from kept"), [{ answer: 42 }]);
    assert.equal(await isGone(first.pid), true);
  });

  test("lets in nobody but this machine with a password, and flushes what it acknowledges", async () => {
    const folder = await usedFolder();

    const postgres = await open(folder);
    const settings = await query(
      postgres.ownerUrl,
      `select name, setting from pg_settings where name in
        ('listen_addresses', 'unix_socket_directories', 'fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'server_encoding')
        order by name`,
    );
    const access = await query(postgres.ownerUrl, "select distinct auth_method from pg_hba_file_rules");
    const withoutPassword = new URL(postgres.url.reveal());
    withoutPassword.password = "guess";

    assert.deepEqual(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
      data_checksums: "on",
      fsync: "on",
      full_page_writes: "on",
      listen_addresses: "127.0.0.1",
      server_encoding: "UTF8",
      synchronous_commit: "on",
      unix_socket_directories: "",
    });
    assert.deepEqual(access, [{ auth_method: "scram-sha-256" }]);
    await assert.rejects(connectOnce(withoutPassword.href), { code: "28P01" });
    assert.equal((await stat(join(folder, "postgres", "credentials.json"))).mode & 0o777, 0o600);
  });

  test("gives the application a role that owns nothing", async () => {
    const postgres = await open(await usedFolder());

    const roles = await query(
      postgres.url,
      "select rolname, rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user",
    );

    assert.deepEqual(roles, [{ rolname: "muster", rolsuper: false, rolcreaterole: false, rolcreatedb: false }]);
    await assert.rejects(query(postgres.url, "create schema mine"), { code: "42501" });
  });

  test("is one server for several who start it at once, and the last one out stops it", async () => {
    const folder = await emptyFolder();

    const holders = await Promise.all([1, 2, 3].map(() => hold(folder, { exclusive: false })));
    const ports = new Set(holders.map(({ port }) => port));
    const states = holders.map(({ state }) => state).toSorted();
    const [first, second, third] = holders as [Holder, Holder, Holder];
    await first.close();
    await second.close();
    const beforeLast = await isGone(third.postmaster);
    await third.close();

    assert.equal(ports.size, 1);
    assert.deepEqual(states, ["adopted", "adopted", "initialised"]);
    assert.equal(beforeLast, false);
    assert.equal(await isGone(third.postmaster), true);
  });

  test("belongs to one exclusive user, whose process the refusal names, and lets readers in beside it", async () => {
    const folder = await usedFolder();
    const owner = await hold(folder, { exclusive: true });

    const reader = await open(folder, { exclusive: false });
    const refused = await failure(openEmbeddedPostgres({ dataFolder: folder, exclusive: true }));

    assert.equal(reader.state, "adopted");
    assert.equal(refused.code, "already-running");
    assert.match(refused.message, new RegExp(`process ${owner.child.pid} uses the data folder`));
    assert.equal(await isGone(owner.postmaster), false);
  });

  test("is handed over by an owner that is closing", async () => {
    const folder = await usedFolder();
    const owner = await open(folder);
    await owner.announceClosing();

    const successor = open(folder);
    await waitUntil(async () => (await sessions(owner.ownerUrl)) > 1);
    await owner.close();

    assert.equal((await successor).pid, owner.pid);
  });

  test("outlives a killed owner and is adopted by the next", async () => {
    const folder = await usedFolder();
    const killed = await hold(folder, { exclusive: true });
    killed.child.kill("SIGKILL");
    await once(killed.child, "exit");

    const next = await open(folder);

    assert.equal(next.state, "adopted");
    assert.equal(next.pid, killed.postmaster);
    await next.close();
    assert.equal(await isGone(killed.postmaster), true);
  });

  test("says that it is lost when its process is killed, and recovers at the next start", async () => {
    const folder = await usedFolder();
    const postgres = await open(folder);
    await query(postgres.ownerUrl, "create table kept as select 1");

    process.kill(postgres.pid, "SIGKILL");
    const reason = await postgres.lost;
    await postgres.close();
    const next = await open(folder);

    assert.equal(reason.code, "database-unreachable");
    assert.match(reason.message, new RegExp(`process ${postgres.pid}.*postgres\\.log`));
    assert.equal(next.state, "started");
    assert.equal((await query(next.ownerUrl, "select from kept")).length, 1);
  });

  test("stays owned through a crash of one of its backends, which breaks every connection", async () => {
    const folder = await usedFolder();
    const postgres = await open(folder);
    const [victim] = await query(
      postgres.ownerUrl,
      "select pid from pg_stat_activity where application_name like 'muster %'",
    );

    process.kill(victim?.["pid"] as number, "SIGKILL");
    await waitUntil(async () => (await sessions(postgres.ownerUrl)) === 1);
    const refused = await failure(openEmbeddedPostgres({ dataFolder: folder, exclusive: true }));

    assert.equal(refused.code, "already-running");
    assert.equal(await Promise.race([postgres.lost, delay(0, "still there")]), "still there");
  });

  test("is stopped by its last user, also when that one's connection broke just before", async () => {
    const postgres = await open(await usedFolder());

    await query(
      postgres.ownerUrl,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'muster %'",
    );
    await postgres.close();

    assert.equal(await isGone(postgres.pid), true);
  });

  test("is stopped by its last user, also when somebody deleted the data folder", async () => {
    const folder = await usedFolder();
    const postgres = await open(folder);

    await rm(folder, { recursive: true });
    await postgres.close();

    assert.equal(await isGone(postgres.pid), true);
  });

  test("is initialised whatever the umask is", async () => {
    const folder = await emptyFolder();
    const holder = await hold(folder, { exclusive: true, umask: 0o077 });
    await holder.close();

    assert.equal(holder.state, "initialised");
  });

  test("does not believe a pid file whose process is dead", async () => {
    const folder = await usedFolder();
    const pidFile = await pidFileOfStopped(folder);
    const dead = spawn("/bin/true");
    await once(dead, "exit");
    await writeFile(pidFile, `${dead.pid}\n${folder}\n0\n1\n\n127.0.0.1\n  1 1\nready   \n`);

    const postgres = await open(folder);

    assert.equal(postgres.state, "started");
  });

  test("does not believe a pid file whose process is another's", async () => {
    const folder = await usedFolder();
    const pidFile = await pidFileOfStopped(folder);
    const account = root ? await unprivilegedAccount() : {};
    const unrelated = spawn("/bin/sleep", ["60"], account);
    cleanups.push(async () => unrelated.kill("SIGKILL"));
    await writeFile(pidFile, `${unrelated.pid}\n${folder}\n0\n1\n\n127.0.0.1\n  1 1\nready   \n`);

    const postgres = await open(folder);

    assert.equal(postgres.state, "started");
    assert.equal(unrelated.exitCode ?? unrelated.signalCode, null);
  });

  test("takes the server of the folder that it was copied from for somebody else's", async () => {
    const folder = await usedFolder();
    const original = await open(folder);
    const copy = await emptyFolder();
    await copyCluster(folder, copy);

    const postgres = await open(copy);

    assert.equal(postgres.state, "started");
    assert.notEqual(postgres.pid, original.pid);
    assert.equal(await isGone(original.pid), false);
  });

  test("leaves nothing half when initialisation is killed", async () => {
    const folder = await emptyFolder();
    const interrupted = spawnHolder(folder, { exclusive: true });
    await waitUntil(async () => (await readdir(folder)).some((name) => name.startsWith("postgres.new-")));
    interrupted.kill("SIGKILL");
    await once(interrupted, "exit");

    const postgres = await open(folder);

    assert.equal(postgres.state, "initialised");
    await postgres.close();
    const again = await open(folder);
    assert.equal(again.state, "started");
    assert.deepEqual((await readdir(folder)).toSorted(), ["postgres", "postgres.lock"]);
  });

  test("tries another port when its port is taken", async () => {
    const folder = await usedFolder();
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    cleanups.push(async () => squatter.close());
    const taken = (squatter.address() as { port: number }).port;
    const home = await findHome(await realpath(folder), () => undefined);
    const tried: number[] = [];

    const { postmaster } = await ensurePostmaster(
      home,
      await readCredentials(home.credentials),
      () => undefined,
      async () => {
        tried.push(tried.length === 0 ? taken : taken + tried.length);
        return tried.at(-1) as number;
      },
    );
    cleanups.push(() => stopPostmaster(postmaster, () => undefined));

    assert.equal(tried[0], taken);
    assert.equal(postmaster.port, tried.at(-1));
    assert.ok(tried.length > 1);
  });

  test("gives the last words of a server that does not start, and its log's path", async () => {
    const folder = await usedFolder();
    await appendFile(join(folder, "postgres", "cluster", "postgresql.conf"), "\nno_such_setting = on\n");

    const failed = await failure(openEmbeddedPostgres({ dataFolder: folder, exclusive: true }));

    assert.equal(failed.code, "database-start");
    assert.match(failed.message, /no_such_setting/);
    assert.match(failed.message, /postgres\.log/);
  });

  test("stops opening when it is told to, and leaves no server behind", async () => {
    const folder = await usedFolder();
    const owner = await open(folder);
    const impatient = new AbortController();
    await owner.announceClosing();

    const opening = openEmbeddedPostgres({ dataFolder: folder, exclusive: true, signal: impatient.signal });
    await waitUntil(async () => (await sessions(owner.ownerUrl)) > 1);
    impatient.abort();

    await assert.rejects(opening, { name: "AbortError" });
    await owner.close();
    assert.equal(await isGone(owner.pid), true);
  });

  test("does not stop a process that has the pid of a server that ended", async () => {
    const postgres = await open(await usedFolder());
    const unrelated = spawn("/bin/sleep", ["60"]);
    cleanups.push(async () => unrelated.kill("SIGKILL"));

    await stopPostmaster(
      { pid: unrelated.pid as number, identity: "of another time", port: postgres.port },
      () => undefined,
    );

    assert.equal(unrelated.exitCode ?? unrelated.signalCode, null);
  });

  test(
    "works for root below a folder that an unprivileged user cannot enter, and says where the data is",
    { skip: !root && "needs root" },
    async () => {
      const closed = await mkdtemp(join(tmpdir(), "muster-closed-"));
      cleanups.push(() => rm(closed, { recursive: true, force: true }));
      const folder = join(closed, "data");
      const notices: string[] = [];

      const postgres = await open(folder, { onNotice: (text) => void notices.push(text) });
      const cluster = await realpath(join(folder, "postgres"));
      cleanups.push(() => rm(join(cluster, ".."), { recursive: true, force: true }));
      await postgres.close();
      const again = await open(folder);
      await again.close();

      assert.match(cluster, /^\/var\/lib\/muster\/[0-9a-f]{16}\/postgres$/);
      assert.equal(notices.length, 1);
      assert.match(notices[0] ?? "", /\/var\/lib\/muster\//);
      assert.deepEqual([postgres.state, again.state], ["initialised", "started"]);
    },
  );

  test("works for an ordinary user", { skip: !root && "the other tests show it" }, async (context) => {
    const account = await unprivilegedAccount();
    const folder = await emptyFolder();
    await chown(folder, account.uid, account.gid);
    if (!(await canRunNode(account))) return context.skip("an unprivileged user cannot run this Node");

    const holder = await hold(folder, { exclusive: true, ...account });
    const owner = (await stat(join(folder, "postgres", "cluster"))).uid;
    await holder.close();
    const asRoot = await open(folder);
    await asRoot.close();
    const afterRoot = await hold(folder, { exclusive: true, ...account });
    await afterRoot.close();

    assert.equal(owner, account.uid);
    assert.deepEqual([holder.state, asRoot.state, afterRoot.state], ["initialised", "started", "started"]);
  });
});

interface Holder {
  readonly child: ChildProcess;
  readonly state: EmbeddedPostgres["state"];
  readonly port: number;
  readonly postmaster: number;
  close(): Promise<void>;
}

interface HoldOptions {
  readonly exclusive: boolean;
  readonly umask?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Another Muster: a process that opens the folder and holds it until it is told to close. */
async function hold(folder: string, options: HoldOptions): Promise<Holder> {
  const child = spawnHolder(folder, options);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const line = await lines.next();
  if (line.done) throw new Error("the other process ended before it had opened the folder");
  const opened = JSON.parse(line.value) as Pick<EmbeddedPostgres, "state" | "port" | "pid">;
  return {
    child,
    state: opened.state,
    port: opened.port,
    postmaster: opened.pid,
    async close() {
      child.stdin?.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

function spawnHolder(folder: string, { exclusive, umask = 0o022, ...account }: HoldOptions): ChildProcess {
  const script = `
    import { openEmbeddedPostgres } from ${JSON.stringify(import.meta.resolve("./open.ts"))};
    process.umask(${umask});
    const postgres = await openEmbeddedPostgres({ dataFolder: ${JSON.stringify(folder)}, exclusive: ${exclusive} });
    console.log(JSON.stringify({ state: postgres.state, port: postgres.port, pid: postgres.pid }));
    process.stdin.resume().once("end", () => postgres.close());`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    ...account,
    cwd: "/",
    stdio: ["pipe", "pipe", "inherit"],
  });
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.stdin?.end();
    await once(child, "exit");
  });
  return child;
}

async function open(
  folder: string,
  options: { readonly exclusive?: boolean; readonly onNotice?: (text: string) => void } = {},
): Promise<EmbeddedPostgres> {
  const postgres = await openEmbeddedPostgres({ dataFolder: folder, exclusive: true, ...options });
  cleanups.push(() => postgres.close());
  return postgres;
}

/** A data folder that was used before. */
async function usedFolder(): Promise<string> {
  const folder = await emptyFolder();
  await copyCluster(template, folder);
  return folder;
}

async function copyCluster(from: string, to: string): Promise<void> {
  // Keeps owners and modes, which matter to PostgreSQL.
  const copying = spawn("cp", ["-a", join(from, "postgres"), join(to, "postgres")]);
  assert.deepEqual(await once(copying, "exit"), [0, null]);
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "muster-embedded-"));
  // PostgreSQL runs as another user when the tests run as root, and must be able to enter.
  await chmod(folder, 0o755);
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function pidFileOfStopped(folder: string): Promise<string> {
  const pidFile = join(folder, "postgres", "cluster", "postmaster.pid");
  await assert.rejects(readFile(pidFile), { code: "ENOENT" });
  return pidFile;
}

async function query(url: Secret, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url.reveal() });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function connectOnce(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } finally {
    await client.end();
  }
}

/** How many processes are present at a server; 0 while it does not answer. */
async function sessions(url: Secret): Promise<number> {
  try {
    const [row] = await query(
      url,
      "select count(*)::int as present from pg_stat_activity where application_name like 'muster %'",
    );
    return row?.["present"] as number;
  } catch {
    return 0;
  }
}

async function failure(work: Promise<unknown>): Promise<MusterError> {
  return work.then(
    () => assert.fail("it should have failed"),
    (error: MusterError) => error,
  );
}

async function isGone(pid: number): Promise<boolean> {
  return (await processIdentity(pid)) === undefined;
}

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it did not come about within 20 s");
    await delay(5);
  }
}

async function canRunNode(account: { readonly uid: number; readonly gid: number }): Promise<boolean> {
  const child = spawn(process.execPath, ["--check", import.meta.filename], { ...account, cwd: "/", stdio: "ignore" });
  const [code] = (await Promise.race([once(child, "exit"), once(child, "error").then(() => [1])])) as [number];
  return code === 0;
}
