import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { LiveChange, LiveEvent } from "@muster/contract";
import { Secret } from "@muster/kernel";
import type { Pool } from "pg";
import { asIntruder, emptyDatabase } from "../testing/owner.ts";
import { sampleJudgement } from "../testing/sample-evidence.ts";
import { type TemporaryPostgres, temporaryPostgres } from "../testing/temporary-postgres.ts";
import { postgresLedger } from "./ledger.ts";
import { type PostgresLiveEvents, postgresLiveEvents } from "./live-events.ts";
import { openPool } from "./pool.ts";

let postgres: TemporaryPostgres;
let pool: Pool;
const opened: PostgresLiveEvents[] = [];

before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.url);
});

after(async () => {
  await pool.end();
  await postgres.close();
});

beforeEach(() => emptyDatabase(postgres.ownerUrl));

afterEach(async () => {
  for (const live of opened.splice(0)) await live.close();
});

describe("live events", () => {
  test("reach every subscriber of every replica, in order, the publisher's own included", async () => {
    const [one, two] = [await replica(), await replica()];
    const heard = [listen(one), listen(one), listen(two)];

    for (let place = 1; place <= 20; place += 1) await (place % 2 ? one : two).publish(change(place));

    const expected = Array.from({ length: 20 }, (_, index) => ({ ...change(index + 1), id: index + 1 }));
    for (const events of heard) {
      await waitUntil(() => events.length >= 20);
      assert.deepEqual(events, expected);
    }
  });

  test("tell of appended evidence, from the ledger of another process as well", async () => {
    const live = await replica();
    const events = listen(live);

    await postgresLedger(pool).append([sampleJudgement("run-1/a"), sampleJudgement("run-1/b")]);
    await postgresLedger(pool).append([sampleJudgement("run-1/a")]);
    await postgresLedger(pool).append([sampleJudgement("run-1/c")]);

    await waitUntil(() => events.length >= 2);
    assert.deepEqual(events, [
      { id: 1, type: "evidence.appended", from: 1, to: 2 },
      { id: 2, type: "evidence.appended", from: 3, to: 3 },
    ]);
  });

  test("stop for whoever unsubscribes", async () => {
    const live = await replica();
    const kept = listen(live);
    const stopped: LiveEvent[] = [];
    const stop = live.subscribe((event) => void stopped.push(event));

    stop();
    await live.publish(change(1));

    await waitUntil(() => kept.length === 1);
    assert.deepEqual(stopped, []);
  });

  test("go on for the others when a subscriber throws", async () => {
    const errors: Error[] = [];
    const live = await replica((error) => void errors.push(error));
    live.subscribe(() => {
      throw new Error("a subscriber's own fault");
    });
    const events = listen(live);

    await live.publish(change(1));

    await waitUntil(() => events.length === 1);
    assert.deepEqual(
      errors.map(({ message }) => message),
      ["a subscriber's own fault"],
    );
  });

  test("that were missed while the connection was broken are delivered when it is back, once and in order", async () => {
    const live = await replica();
    const events = listen(live);
    await live.publish(change(1));
    await waitUntil(() => events.length === 1);

    for (let round = 0; round < 3; round += 1) {
      await asIntruder(
        postgres.ownerUrl,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '% live'",
      );
      for (let place = 0; place < 5; place += 1) await live.publish(change(2 + round * 5 + place));
    }

    await waitUntil(() => events.length >= 16);
    assert.deepEqual(
      events.map(({ id }) => id),
      Array.from({ length: 16 }, (_, index) => index + 1),
    );
  });

  test("resume after an id without a gap, even beside writers who commit late", async () => {
    const live = await replica();
    const slow = await pool.connect();
    await slow.query("begin");
    await slow.query("select muster.publish_event($1)", [JSON.stringify(change(1))]);
    const behind = live.publish(change(2));
    await waitUntil(async () => (await waitingForLocks()) > 0);

    const whileOpen = await live.since(0);
    await slow.query("commit");
    slow.release();
    await behind;

    assert.deepEqual(whileOpen, []);
    assert.deepEqual(
      (await live.since(0))?.map(({ id }) => id),
      [1, 2],
    );
  });

  test("leave no gap in the ids when a writer takes one back", async () => {
    const live = await replica();
    const undecided = await pool.connect();
    await undecided.query("begin");
    await undecided.query("select muster.publish_event($1)", [JSON.stringify(change(1))]);
    await undecided.query("rollback");
    undecided.release();

    await live.publish(change(2));

    assert.deepEqual(await live.since(0), [{ ...change(2), id: 1 }]);
  });

  test("know their newest id and what came after an older one", async () => {
    const live = await replica();
    assert.equal(await live.latest(), 0);
    assert.deepEqual(await live.since(0), []);

    for (let place = 1; place <= 1_200; place += 1) await live.publish(change(place));

    assert.equal(await live.latest(), 1_200);
    assert.deepEqual(await live.since(1_199), [{ ...change(1_200), id: 1_200 }]);
    assert.equal((await live.since(0))?.length, 1_200);
    assert.deepEqual(await live.since(1_200), []);
  });

  test("say so when what was asked for is no longer kept", async () => {
    const live = await replica();
    for (let place = 1; place <= 10; place += 1) await live.publish(change(place));
    await asIntruder(postgres.ownerUrl, "delete from muster.event where id <= 4");

    assert.equal(await live.since(3), undefined);
    assert.equal((await live.since(4))?.length, 6);
    await asIntruder(postgres.ownerUrl, "delete from muster.event");
    assert.equal(await live.since(9), undefined);
    assert.deepEqual(await live.since(10), []);
  });

  test("know nothing of ids from another database", async () => {
    const live = await replica();

    assert.equal(await live.since(77), undefined);
    assert.equal(await live.since(-1), undefined);
  });

  test("are kept for a day, and 200,000 of them at most", async () => {
    const live = await replica();
    await asIntruder(
      postgres.ownerUrl,
      "insert into muster.event (id, at, body) select n, now() - interval '25 hours', '{}' from generate_series(1, 500) n",
      "insert into muster.event (id, at, body) select n, now() - interval '23 hours', '{}' from generate_series(501, 1023) n",
      "update muster.event_head set last = 1023",
    );

    await live.publish(change(1_024));

    assert.equal(await live.since(499), undefined);
    assert.equal((await live.since(500))?.length, 524);

    await asIntruder(
      postgres.ownerUrl,
      "update muster.event_head set last = 202751",
      "delete from muster.event where id < 900",
    );
    await live.publish(change(202_752));

    const [oldest] = await asIntruder(postgres.ownerUrl, "select min(id)::int as id from muster.event");
    assert.deepEqual(oldest, { id: 202_752 });
  });

  test("cannot be opened on a database that is not there, and say so", async () => {
    const nowhere = new Secret("postgres://muster:wrong@127.0.0.1:1/muster");

    await assert.rejects(postgresLiveEvents({ url: nowhere, pool }), {
      name: "MusterError",
      code: "database-unreachable",
    });
  });
});

async function replica(onError?: (error: Error) => void): Promise<PostgresLiveEvents> {
  const live = await postgresLiveEvents({ url: postgres.url, pool, ...(onError ? { onError } : {}) });
  opened.push(live);
  return live;
}

function listen(live: PostgresLiveEvents): LiveEvent[] {
  const events: LiveEvent[] = [];
  live.subscribe((event) => void events.push(event));
  return events;
}

function change(place: number): LiveChange {
  return { type: "evidence.appended", from: place, to: place };
}

async function waitingForLocks(): Promise<number> {
  const rows = await asIntruder(postgres.ownerUrl, "select count(*)::int as waiting from pg_locks where not granted");
  return rows[0]?.["waiting"] as number;
}

async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it did not come about within 10 s");
    await delay(5);
  }
}
