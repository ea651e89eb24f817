import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  type Capacity,
  LoadTestDetailSchema,
  LoadTestPageSchema,
  type LoadTestStore,
  problemsOf,
} from "@muster/contract";
import { toInstant } from "@muster/kernel";
import { sampleLoadReport } from "@muster/contract/sample";
import type { Pool } from "pg";
import { emptyDatabase } from "../testing/owner.ts";
import { type TemporaryPostgres, temporaryPostgres } from "../testing/temporary-postgres.ts";
import { postgresLoadTests } from "./load-tests.ts";
import { openPool } from "./pool.ts";

const START = Date.parse("2026-11-21T12:00:00Z");
const at = (seconds: number): string => toInstant(START + seconds * 1_000);
const report = sampleLoadReport();

let postgres: TemporaryPostgres;
let pool: Pool;
let tests: LoadTestStore;

before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.url);
  tests = postgresLoadTests(pool);
});
after(async () => {
  await pool.end();
  await postgres.close();
});
beforeEach(() => emptyDatabase(postgres.ownerUrl));

const begin = (id: string, target = "http://shop.example/", kind: "run" | "capacity" = "run"): Promise<void> =>
  tests.begin({ id, kind, name: "shop.load.ts", target, actor: "ann" }, at(0));

describe("load tests in PostgreSQL", () => {
  test("are listed while they go on and when they have ended, newest first, page by page", async () => {
    for (const id of ["one", "two", "three"]) await begin(id);
    await tests.note("two", { kind: "run", report }, true, at(60));

    const first = await tests.page(2, undefined, START + 1_000);
    const rest = await tests.page(2, first.next, START + 1_000);

    assert.deepEqual(problemsOf(LoadTestPageSchema, first), []);
    assert.deepEqual(
      [...first.tests, ...rest.tests].map(({ id, state }) => `${id} ${state}`),
      ["three running", "two finished", "one running"],
    );
    assert.deepEqual([first.total, rest.next], [3, undefined]);
  });

  test("keep the whole report when they have ended, and what came of it in a few figures", async () => {
    await begin("one");
    await tests.note("one", { kind: "run", report }, false, at(2));
    const during = await tests.find("one", START + 3_000);
    await tests.note("one", { kind: "run", report }, true, at(60));
    // Late news of a test that has ended.
    await tests.note("one", { kind: "run", report: { ...report, sentence: "late" } }, false, at(61));

    const found = await tests.find("one", START + 3_600_000);

    assert.equal(during?.test.state, "running");
    assert.deepEqual(during?.report?.timeline, report.timeline);
    assert.deepEqual(during?.report?.total.histogram.buckets, []);
    assert.deepEqual(problemsOf(LoadTestDetailSchema, found), []);
    assert.deepEqual(found?.report, report);
    assert.deepEqual(
      [found?.test.state, found?.test.verdict, found?.test.sentence, found?.test.p95],
      ["finished", "failed", report.sentence, report.total.response?.p95],
    );
  });

  test("are lost when nothing is heard of them any more", async () => {
    await begin("one");

    assert.equal((await tests.find("one", START + 29_000))?.test.state, "running");
    assert.equal((await tests.find("one", START + 31_000))?.test.state, "lost");
  });

  test("show what the service can take by the newest search that settled, of the same origin", async () => {
    const found = (holdsAt: number, settled: boolean): Capacity => ({
      holdsAt,
      breaksAt: holdsAt + 50,
      tries: { holds: 3, breaks: 3 },
      steps: [{ ratePerSecond: holdsAt, purpose: "grow", holds: true, goodPerSecond: holdsAt, summary: "", p95: 9 }],
      settled,
    });
    const searched = async (id: string, target: string, capacity: Capacity): Promise<void> => {
      await begin(id, target, "capacity");
      const finding = { kind: "capacity", target, capacity, objective: ["p95 < 100ms"], sentence: "CAPACITY" } as const;
      await tests.note(id, finding, true, at(60));
    };
    await searched("old", "http://shop.example/a", found(800, true));
    await searched("settled", "http://shop.example/b", found(1_000, true));
    await searched("unsettled", "http://shop.example/b", found(3_000, false));
    await searched("elsewhere", "http://other.example/", found(9_000, true));
    await begin("run");

    const run = await tests.find("run", START);
    const search = await tests.find("settled", START);

    assert.deepEqual(run?.headroom, {
      holdsAt: 1_000,
      objective: ["p95 < 100ms"],
      test: "settled",
      at: "2026-11-21T12:01:00.000Z",
    });
    assert.deepEqual(problemsOf(LoadTestDetailSchema, search), []);
    assert.equal(search?.capacity?.holdsAt, 1_000);
  });

  test("tell every change to whoever listens", async () => {
    await begin("one");
    await tests.note("one", { kind: "run", report }, true, at(1));

    const { rows } = await pool.query<{ body: string }>("select body from muster.event order by id");

    assert.deepEqual(
      rows.map(({ body }) => JSON.parse(body) as unknown),
      [
        { type: "load.changed", test: "one" },
        { type: "load.changed", test: "one" },
      ],
    );
  });

  test("are kept up to a bound, and the oldest go", async () => {
    await pool.query(
      `insert into muster.load_test (id, kind, name, target, origin, actor, started_at, updated_at, summary)
       select 'old-' || n, 'run', 'n', 't', 'o', 'ann', now(), now(), '{}' from generate_series(1, 505) n`,
    );

    await begin("new");

    const { total, tests: newest } = await tests.page(1, undefined, START);
    assert.deepEqual([total, newest[0]?.id], [500, "new"]);
    assert.equal(await tests.find("old-6", START), undefined);
  });
});
