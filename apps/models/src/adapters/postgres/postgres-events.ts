import { namingErrors } from "@muster/adapters";
import { type Secret, toInstant } from "@muster/kernel";
import type { Pool } from "pg";
import type { PlacedEvent, PlatformEvent } from "../../domain/events/event.ts";
import type { Events } from "../../domain/events/events.ts";
import { listenForChanges } from "./change-listener.ts";

const CHANNEL = "muster_models_event";
/** Events of one look into the table. */
const BATCH = 500;
/** Events that a reader who was away may have missed; with more, reading everything anew is less. */
const MAX_MISSED = 10_000;

export interface PostgresEventsOptions {
  readonly pool: Pool;
  /** For the connection that listens, which is never given back. */
  readonly url: Secret;
  /** Milliseconds until what failed is tried again. */
  readonly retryMs: number;
  /** Told when the table cannot be read, or a subscriber throws; both are lived with. */
  readonly onError: (error: unknown) => void;
}

export interface PostgresEvents extends Events {
  /** Stops listening. */
  close(): Promise<void>;
}

/** The stream of changes in PostgreSQL. What was told while the connection was broken is delivered when it is back. */
export async function openPostgresEvents({
  pool,
  url,
  retryMs,
  onError,
}: PostgresEventsOptions): Promise<PostgresEvents> {
  const listeners = new Set<(event: PlacedEvent) => void>();
  let delivered = await namingErrors(() => latestId(pool));
  let draining: Promise<void> | undefined;
  let again = false;
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  function deliver(event: PlacedEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** The notification says only that there is something; the table says what, in order. */
  async function drain(): Promise<void> {
    do {
      again = false;
      const events = await readEvents(pool, delivered, BATCH);
      for (const event of events) {
        delivered = event.id;
        deliver(event);
      }
      if (events.length === BATCH) again = true;
    } while (again && !stopped.signal.aborted);
  }

  function wake(): void {
    again = true;
    draining ??= drain()
      .catch((error: unknown) => {
        if (stopped.signal.aborted) return;
        onError(error);
        clearTimeout(timer);
        timer = setTimeout(wake, retryMs);
      })
      .finally(() => {
        draining = undefined;
      });
  }

  const listener = listenForChanges({ url, retryMs, channel: CHANNEL, onChange: wake });
  return {
    publish: (event: PlatformEvent) =>
      namingErrors(async () => {
        await pool.query("select models.publish_event($1)", [JSON.stringify(event)]);
      }),
    subscribe(call) {
      // A function of its own for each subscription, so that the same listener may subscribe twice.
      const own = (event: PlacedEvent): void => call(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    latest: () => namingErrors(() => latestId(pool)),
    since: (id) => namingErrors(() => eventsSince(pool, id)),
    async close() {
      stopped.abort();
      clearTimeout(timer);
      listeners.clear();
      await listener.close();
      await draining;
    },
  };
}

async function latestId(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ last: string }>("select last from models.event_head");
  return Number(rows[0]?.last ?? 0);
}

async function readEvents(pool: Pool, after: number, limit: number): Promise<readonly PlacedEvent[]> {
  const { rows } = await pool.query<{ id: string; at: Date; body: PlatformEvent }>(
    "select id, at, body from models.event where id > $1 order by id limit $2",
    [after, limit],
  );
  return rows.map(({ id, at, body }) => ({ ...body, id: Number(id), at: toInstant(at.getTime()) }));
}

/** Ids have no gaps, so a first event that is not the next one says that some are gone. */
async function eventsSince(pool: Pool, id: number): Promise<readonly PlacedEvent[] | undefined> {
  const latest = await latestId(pool);
  // An id from the future is of another database: nothing is known of what its holder saw.
  if (id > latest || latest - id > MAX_MISSED) return undefined;
  const events: PlacedEvent[] = [];
  for (let after = id; after < latest;) {
    const batch = await readEvents(pool, after, BATCH);
    if (batch[0]?.id !== after + 1) return undefined;
    events.push(...batch);
    after = batch.at(-1)?.id ?? latest;
  }
  return events;
}
