import { setTimeout as delay } from "node:timers/promises";
import type { LiveChange, LiveEvent, LiveEvents } from "@muster/contract";
import type { Secret } from "@muster/kernel";
import pg from "pg";
import type { Pool } from "pg";
import { namingErrors } from "./errors.ts";

const CHANNEL = "muster_live";
const BATCH = 500;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
/** How often the listening connection is tried out, since a network that swallows packets says nothing. */
const HEARTBEAT_MS = 15_000;
const ANSWER_MS = 10_000;

export interface PostgresLiveEventsOptions {
  /** For the connection that listens; it is not taken from the pool, because it is never given back. */
  readonly url: Secret;
  readonly pool: Pool;
  /** Told when the connection breaks or a subscriber throws; both are lived with. */
  readonly onError?: (error: Error) => void;
}

export interface PostgresLiveEvents extends LiveEvents {
  /** Stops listening. */
  close(): Promise<void>;
}

/**
 * The stream of changes, shared through PostgreSQL by every process on the database. Resolves once
 * it listens, so whatever is published after that is heard. A connection that breaks is made anew,
 * and what was published meanwhile is delivered then, in order.
 */
export async function postgresLiveEvents(options: PostgresLiveEventsOptions): Promise<PostgresLiveEvents> {
  const { pool, onError = () => undefined } = options;
  const listeners = new Set<(event: LiveEvent) => void>();
  const stopped = new AbortController();
  let delivered = 0;
  let client: pg.Client | undefined;
  let draining: Promise<void> | undefined;
  let again = false;

  const deliver = (event: LiveEvent) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        onError(error as Error);
      }
    }
  };

  /** Delivers what is new. The notification only says that there is something; the table says what, in order. */
  const drain = async (from: pg.Client): Promise<void> => {
    do {
      again = false;
      const events = await readEvents(from, delivered, BATCH);
      for (const event of events) {
        delivered = event.id;
        deliver(event);
      }
      if (events.length === BATCH) again = true;
    } while (again && !stopped.signal.aborted);
  };
  const wake = (from: pg.Client) => {
    again = true;
    draining ??= drain(from)
      .catch((error: unknown) => {
        onError(error as Error);
        // The connection is of no use; ending it brings a new one.
        void from.end().catch(() => undefined);
      })
      .finally(() => {
        draining = undefined;
      });
  };

  const connect = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({
      connectionString: options.url.reveal(),
      application_name: `muster ${process.pid} live`,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    fresh.on("error", onError);
    try {
      await fresh.connect();
      await fresh.query(`listen ${CHANNEL}`);
    } catch (error) {
      await fresh.end().catch(() => undefined);
      throw error;
    }
    fresh.on("notification", () => wake(fresh));
    fresh.once("end", () => {
      client = undefined;
      if (!stopped.signal.aborted) void reconnect();
    });
    client = fresh;
    return fresh;
  };

  const reconnect = async () => {
    for (let backoff = FIRST_BACKOFF_MS; !stopped.signal.aborted; backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS)) {
      try {
        wake(await connect());
        return;
      } catch (error) {
        onError(error as Error);
      }
      await delay(backoff, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
    }
  };

  const first = await namingErrors(connect);
  delivered = await namingErrors(() => latestId(first));
  const heartbeat = setInterval(() => client && wake(client), HEARTBEAT_MS);
  heartbeat.unref();

  return {
    async publish(change: LiveChange) {
      await namingErrors(() => pool.query("select muster.publish_event($1)", [JSON.stringify(change)]));
    },
    subscribe(listener) {
      // A function of its own for each subscription, so that the same listener may subscribe twice.
      const own = (event: LiveEvent) => listener(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    latest: () => namingErrors(() => latestId(pool)),
    since: (id) => namingErrors(() => eventsSince(pool, id)),
    async close() {
      stopped.abort();
      clearInterval(heartbeat);
      listeners.clear();
      await client?.end().catch(() => undefined);
    },
  };
}

async function latestId(from: Pool | pg.Client): Promise<number> {
  const answer = await from.query<{ last: string }>("select last from muster.event_head");
  return Number(answer.rows[0]?.last ?? 0);
}

async function readEvents(from: Pool | pg.Client, after: number, limit: number): Promise<readonly LiveEvent[]> {
  const answer = await from.query<{ id: string; body: string }>(
    "select id, body from muster.event where id > $1 order by id limit $2",
    [after, limit],
  );
  return answer.rows.map(({ id, body }) => ({ ...(JSON.parse(body) as LiveChange), id: Number(id) }));
}

/** Ids have no gaps, so a first event that is not the next one says that some are gone. */
async function eventsSince(pool: Pool, id: number): Promise<readonly LiveEvent[] | undefined> {
  const latest = await latestId(pool);
  // An id from the future is from another database: nothing is known of what its holder saw.
  if (id > latest || id < 0) return undefined;
  const events: LiveEvent[] = [];
  for (let after = id; after < latest;) {
    const batch = await readEvents(pool, after, BATCH);
    if (batch[0]?.id !== after + 1) return undefined;
    events.push(...batch);
    after = batch.at(-1)?.id ?? latest;
  }
  return events;
}
