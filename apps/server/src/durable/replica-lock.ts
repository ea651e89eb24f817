import { randomInt } from "node:crypto";
import type { Secret } from "@muster/kernel";
import { Client } from "pg";
import type { Logger } from "pino";

/** First half of the key of every replica's lock: "MUST" in ASCII. */
const LOCK_CLASS = 0x4d_55_53_54;

const RETRY_MS = 1_000;

/** A replica's sign of life: a lock that PostgreSQL frees the moment its connection is gone. */
export interface ReplicaLock {
  readonly id: number;
  /** Whether nobody holds the lock of a replica's id. */
  isDead(id: number): Promise<boolean>;
  release(): Promise<void>;
}

/** Takes a lock under a fresh random id, and takes it again whenever the connection is lost. */
export async function holdReplicaLock(url: Secret, log: Logger): Promise<ReplicaLock> {
  const id = randomInt(1, 2 ** 31 - 1);
  let released = false;
  let retry: NodeJS.Timeout | undefined;
  let client = await connect();

  async function connect(): Promise<Client> {
    const fresh = new Client({
      connectionString: url.reveal(),
      application_name: `muster replica ${id}`,
      keepAlive: true,
    });
    fresh.on("error", (error) => {
      log.warn({ err: error }, "lost the connection that holds this replica's lock");
      reconnect();
    });
    await fresh.connect();
    await fresh.query("select pg_advisory_lock($1, $2)", [LOCK_CLASS, id]);
    return fresh;
  }

  function reconnect(): void {
    if (released) return;
    retry = setTimeout(() => {
      connect().then(
        (fresh) => {
          client = fresh;
        },
        () => reconnect(),
      );
    }, RETRY_MS);
  }

  return {
    id,
    async isDead(other) {
      if (!Number.isSafeInteger(other)) return true;
      const { rows } = await client.query<{ free: boolean }>("select pg_try_advisory_lock($1, $2) as free", [
        LOCK_CLASS,
        other,
      ]);
      const free = rows[0]?.free === true;
      if (free) await client.query("select pg_advisory_unlock($1, $2)", [LOCK_CLASS, other]);
      return free;
    },
    async release() {
      released = true;
      clearTimeout(retry);
      await client.end();
    },
  };
}
