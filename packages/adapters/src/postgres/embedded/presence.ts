import { setTimeout as delay } from "node:timers/promises";
import type { Secret } from "@muster/kernel";
import pg from "pg";
import { processIdentity } from "../../process/process-identity.ts";
import { isRunning, type Postmaster } from "./postmaster.ts";

/**
 * Advisory locks of the embedded database, so that users of one cluster know of each other. They
 * belong to a session, so they end with the process that holds them, however it ends.
 */
const LOCK_CLASS = 0x4d5553;
/** Shared by everybody who uses the server; whoever gets it alone is the last. */
const PRESENT = 1;
/** Exclusive: the one server process of this data folder. */
const OWNER = 2;

const POLL_MS = 50;
/** How long a lost connection is sought again while the server's process lives: it restarts by itself after a crash of a backend. */
const REGAIN_MS = 30_000;

/** This process's place among the users of a cluster: one connection that holds the locks. */
export interface Presence {
  /** Tries to become the one owner. */
  tryOwn(): Promise<boolean>;
  /** Who owns the cluster, when somebody does. */
  owner(): Promise<Holder | undefined>;
  /** Tells others that this process is about to let go, so that a successor waits instead of giving up. */
  announceClosing(): Promise<void>;
  /**
   * Lets go of the locks and tells whether nobody else uses the server. Call it under the start
   * lock, so that nobody joins before the answer is acted on.
   */
  leave(): Promise<{ readonly last: boolean }>;
  /** Resolves when the server is gone for good; never after {@link leave}. */
  readonly lost: Promise<Error>;
}

/** A process that holds a lock, as far as its session's name tells. */
export interface Holder {
  readonly pid: number | undefined;
  readonly closing: boolean;
}

/** Joins the users of a server. Call it under the start lock, so that nobody stops the server meanwhile. */
export async function joinPresence(url: Secret, postmaster: Postmaster): Promise<Presence> {
  const state = { left: false, owning: false };
  const lost = Promise.withResolvers<Error>();
  let regaining: Promise<void> | undefined;

  const watched = (fresh: pg.Client): pg.Client => {
    fresh.once("end", () => {
      if (!state.left) regaining = regain();
    });
    return fresh;
  };
  const regain = async () => {
    const deadline = performance.now() + REGAIN_MS;
    while (!state.left && performance.now() < deadline && (await isRunning(postmaster))) {
      const place = await rejoin(url, state.owning);
      if (place === "taken") {
        lost.resolve(new Error("another Muster took over the data folder while the connection was down"));
        return;
      }
      if (place !== "down") {
        client = watched(place);
        return;
      }
      await delay(POLL_MS);
    }
    if (!state.left) lost.resolve(new Error(`the embedded PostgreSQL (process ${postmaster.pid}) ended`));
  };
  let client = watched(await connect(url));

  return {
    lost: lost.promise,
    async tryOwn() {
      state.owning = await tryLock(client, OWNER);
      return state.owning;
    },
    async owner() {
      return (await holders(client, OWNER))[0];
    },
    async announceClosing() {
      await client.query("select set_config('application_name', $1, false)", [`${sessionName()} closing`]);
    },
    async leave() {
      state.left = true;
      // A connection that is just being made again would look like somebody else's.
      await regaining;
      const last = await isLast(client).catch(() => reconnectAndAsk(url, postmaster));
      await client.end().catch(() => undefined);
      return { last };
    },
  };
}

/** Takes the locks again on a new connection, when the server and nobody else lets us. */
async function rejoin(url: Secret, owning: boolean): Promise<pg.Client | "down" | "taken"> {
  let client: pg.Client | undefined;
  try {
    client = await connect(url);
    if (!owning || (await tryLock(client, OWNER))) return client;
    await client.end();
    return "taken";
  } catch {
    await client?.end().catch(() => undefined);
    return "down";
  }
}

/** Whether no other session is present. Sessions of processes that are dead are about to end, and are waited for. */
async function isLast(client: pg.Client): Promise<boolean> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    if (await tryLock(client, PRESENT)) return true;
    const others = await holders(client, PRESENT);
    const alive = await Promise.all(others.map(async ({ pid }) => pid === undefined || (await isAlive(pid))));
    if (alive.some(Boolean) || performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
}

/** Asks anew when the connection broke. A server that lets nobody in is of use to nobody else either. */
async function reconnectAndAsk(url: Secret, postmaster: Postmaster): Promise<boolean> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline && (await isRunning(postmaster))) {
    try {
      const client = await connect(url);
      try {
        return await isLast(client);
      } finally {
        await client.end();
      }
    } catch {
      await delay(POLL_MS);
    }
  }
  return true;
}

/** Whether there is a process with a pid that is no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await processIdentity(pid)) !== undefined;
}

async function connect(url: Secret): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    application_name: sessionName(),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // The end event follows and is the one that counts.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select pg_advisory_lock_shared($1, $2)", [LOCK_CLASS, PRESENT]);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

function sessionName(): string {
  return `muster ${process.pid}`;
}

async function tryLock(client: pg.Client, lock: number): Promise<boolean> {
  const answer = await client.query<{ got: boolean }>("select pg_try_advisory_lock($1, $2) as got", [LOCK_CLASS, lock]);
  return answer.rows[0]?.got === true;
}

/** Holders of a lock other than this session. */
async function holders(client: pg.Client, lock: number): Promise<readonly Holder[]> {
  const answer = await client.query<{ name: string }>(
    `select a.application_name as name
       from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2 and l.objsubid = 2
        and l.granted and l.pid <> pg_backend_pid()
        and l.database = (select oid from pg_database where datname = current_database())`,
    [LOCK_CLASS, lock],
  );
  return answer.rows.map(({ name }) => {
    const parts = /^muster (\d+)( closing)?$/.exec(name);
    return { pid: parts ? Number(parts[1]) : undefined, closing: parts?.[2] !== undefined };
  });
}
