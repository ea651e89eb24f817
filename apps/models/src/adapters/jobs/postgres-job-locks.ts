import { namingErrors } from "@muster/adapters";
import { MusterError, type Secret } from "@muster/kernel";
import pg from "pg";
import type { JobLocks } from "../../domain/jobs/job-store.ts";

/** First half of the key of every job's lock: "JOBS" in ASCII. */
const LOCK_CLASS = 0x4a_4f_42_53;
/** The second half has 31 bits; two jobs that share one only wait for each other. */
const PLACES = 2 ** 31;
const ANSWER_MS = 10_000;
/** How often the connection is tried out, since a network that swallows packets says nothing. */
const HEARTBEAT_MS = 5_000;

/**
 * Locks of sessions of PostgreSQL, all on one connection of their own: when the replica dies, or is cut off, the server
 * frees them, and another replica goes on.
 */
export function openJobLocks(url: Secret): JobLocks {
  const listeners = new Set<() => void>();
  let client: Promise<pg.Client> | undefined;
  let closed = false;

  function connected(): Promise<pg.Client> {
    if (closed) throw new MusterError("interrupted", "the platform is stopping");
    client ??= connect().catch((error: unknown) => {
      client = undefined;
      throw error;
    });
    return client;
  }

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({
      connectionString: url.reveal(),
      application_name: `muster models ${process.pid} jobs`,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    let isLost = false;
    const heartbeat = setInterval(() => void fresh.query("select").catch(lost), HEARTBEAT_MS);
    heartbeat.unref();
    function lost(): void {
      if (isLost) return;
      isLost = true;
      clearInterval(heartbeat);
      client = undefined;
      void fresh.end().catch(() => undefined);
      for (const call of listeners) call();
    }
    fresh.on("error", lost);
    fresh.on("end", lost);
    try {
      await fresh.connect();
    } catch (error) {
      isLost = true;
      clearInterval(heartbeat);
      throw error;
    }
    return fresh;
  }

  return {
    take: (place) =>
      namingErrors(async () => {
        const { rows } = await (
          await connected()
        ).query<{ taken: boolean }>("select pg_try_advisory_lock($1, $2) as taken", [LOCK_CLASS, place % PLACES]);
        return rows[0]?.taken === true;
      }),
    give: (place) =>
      namingErrors(async () => {
        // What was lost with its connection need not be given back.
        await (await client)?.query("select pg_advisory_unlock($1, $2)", [LOCK_CLASS, place % PLACES]);
      }),
    onLost: (call) => void listeners.add(call),
    async close() {
      closed = true;
      listeners.clear();
      const last = await client?.catch(() => undefined);
      await last?.end().catch(() => undefined);
    },
  };
}
