import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { type Run, type RunStore, waitingSteps } from "@muster/kernel";
import type { Pool } from "pg";
import { emptyDatabase } from "../testing/owner.ts";
import { type TemporaryPostgres, temporaryPostgres } from "../testing/temporary-postgres.ts";
import { openPool } from "./pool.ts";
import { postgresRuns } from "./runs.ts";

let postgres: TemporaryPostgres;
let pool: Pool;
let runs: RunStore;

before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.url);
  runs = postgresRuns(pool);
});

after(async () => {
  await pool.end();
  await postgres.close();
});

beforeEach(() => emptyDatabase(postgres.ownerUrl));

describe("runs in PostgreSQL", () => {
  test("are found as they were started", async () => {
    const run = sampleRun("run-1");

    await runs.start(run);

    assert.deepEqual(await runs.find("run-1"), run);
    assert.deepEqual(await runs.active(), [run]);
    assert.deepEqual(await runs.newest("models", "staging"), run);
    assert.equal(await runs.find("run-2"), undefined);
    assert.equal(await runs.newest("models", "production"), undefined);
  });

  test("go on one at a time in one environment, whoever starts them", async () => {
    const started = await Promise.allSettled(
      Array.from({ length: 5 }, (_, place) => runs.start(sampleRun(`run-${place}`))),
    );

    const refused = started.filter((each) => each.status === "rejected");
    assert.equal(refused.length, 4);
    for (const each of refused) assert.equal((each.reason as { code: string }).code, "run-active");
    assert.equal((await runs.active()).length, 1);
  });

  test("go on side by side in different environments and services", async () => {
    await runs.start(sampleRun("run-1"));
    await runs.start(sampleRun("run-2", { environment: "production" }));
    await runs.start(sampleRun("run-3", { service: "billing" }));

    assert.deepEqual(
      (await runs.active()).map(({ id }) => id),
      ["run-1", "run-2", "run-3"],
    );
  });

  test("are not started twice when the step that starts them is repeated", async () => {
    await runs.start(sampleRun("run-1"));
    await runs.change("run-1", { step: "health", state: "running" });

    await runs.start(sampleRun("run-1"));

    assert.equal((await runs.find("run-1"))?.steps.find(({ id }) => id === "health")?.state, "running");
  });

  test("take news of their steps, and lose none when it comes from several sides", async () => {
    await runs.start(sampleRun("run-1"));

    await Promise.all([
      runs.change("run-1", { step: "health", state: "done", ms: 10, note: "7 checks" }),
      runs.change("run-1", { step: "security", state: "done", ms: 20 }),
      runs.change("run-1", { step: "load", state: "failed", note: "no answer" }),
    ]);

    const run = await runs.find("run-1");
    assert.deepEqual(
      run?.steps.filter(({ state }) => state !== "waiting"),
      [
        { id: "health", title: "Health", state: "done", ms: 10, note: "7 checks" },
        { id: "security", title: "Security", state: "done", ms: 20 },
        { id: "load", title: "Load", state: "failed", note: "no answer" },
      ],
    );
  });

  test("end once; ending them again or late news changes nothing", async () => {
    await runs.start(sampleRun("run-1"));

    const finished = await runs.finish("run-1", "completed", "READY", "2026-03-14T09:30:00.000Z");
    const again = await runs.finish("run-1", "aborted", "too late", "2026-03-14T09:31:00.000Z");
    const late = await runs.change("run-1", { step: "load", state: "running" });

    assert.deepEqual(
      [finished.state, finished.summary, finished.finishedAt],
      ["completed", "READY", "2026-03-14T09:30:00.000Z"],
    );
    assert.deepEqual(again, finished);
    assert.deepEqual(late, finished);
    assert.deepEqual(await runs.active(), []);
  });

  test("make room for the next when they end, and the newest is the one started last", async () => {
    await runs.start(sampleRun("run-1"));
    await runs.finish("run-1", "aborted", "killed", "2026-03-14T09:30:00.000Z");

    // Clocks of replicas differ: the later start may carry the earlier time.
    await runs.start(sampleRun("run-2", { startedAt: "2026-03-14T09:00:00.000Z" }));

    assert.equal((await runs.newest("models", "staging"))?.id, "run-2");
  });

  test("that nobody started are not found", async () => {
    const unknown = { name: "MusterError", code: "not-found" };

    await assert.rejects(runs.change("run-9", { step: "load", state: "done" }), unknown);
    await assert.rejects(runs.finish("run-9", "aborted", "", "2026-03-14T09:30:00.000Z"), unknown);
  });

  test("keep text that jsonb would refuse", async () => {
    await runs.start(sampleRun("run-1"));

    await runs.change("run-1", { step: "health", state: "failed", note: "body: \u0000\u{1f600}" });

    const run = await runs.find("run-1");
    assert.equal(run?.steps.find(({ id }) => id === "health")?.note, "body: \u0000\u{1f600}");
  });
});

function sampleRun(id: string, parts: Partial<Run> = {}): Run {
  return {
    id,
    service: "models",
    environment: "staging",
    state: "running",
    startedAt: "2026-03-14T09:26:53.589Z",
    steps: waitingSteps(),
    ...parts,
  };
}
