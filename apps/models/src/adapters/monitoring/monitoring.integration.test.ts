import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openPool } from "@muster/adapters";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import pg, { type Pool } from "pg";
import pino from "pino";
import { readDataLimits } from "../../domain/dataset/limits.ts";
import { cardOf } from "../../domain/model/card.ts";
import { inspectModel } from "../../domain/model/golden.ts";
import type { MonitoringSettings } from "../../domain/monitoring/settings.ts";
import type { Registry } from "../../domain/registry/registry.ts";
import { serveModel, type ServedModel } from "../../domain/serving/served-model.ts";
import type { ComparedShare } from "../../domain/traffic/shadow.ts";
import type { Tensors } from "../../domain/tensor/tensor.ts";
import { readBuiltinModels, type StoredModel } from "../builtin/builtin-models.ts";
import { openFileDatasets } from "../dataset-store/file-datasets.ts";
import { type OpenDatasets, openDatasets } from "../dataset-store/open-datasets.ts";
import { createPrometheusMetrics } from "../metrics/prometheus-metrics.ts";
import { createOnnxRuntime } from "../onnx/onnx-runtime.ts";
import { migrateModels } from "../postgres/migrations/migrate.ts";
import { createPostgresRegistry } from "../postgres/postgres-registry.ts";
import { modelsDatabase } from "../postgres/tables.ts";
import { type OpenMonitoring, openMonitoring } from "./open-monitoring.ts";

const MODEL = "sensor-anomaly";
const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.parse("2026-03-14T12:00:00Z");
const SETTINGS = { samplePercent: 100, window: "1m", minimumRows: 50 };

let postgres: TemporaryPostgres;
let pool: Pool;
let folder: string;
let builtin: StoredModel;
let served: ServedModel;
let registry: Registry;
let data: OpenDatasets;
let now: number;
/** What the shadow has compared and nobody has written down. */
const compared: ComparedShare[] = [];
const clock = { now: (): number => now };

before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.ownerUrl);
  folder = await mkdtemp(join(tmpdir(), "muster-monitoring-"));
  await chmod(folder, 0o755);
  const models = await readBuiltinModels(fileURLToPath(new URL("../../../models", import.meta.url)));
  const found = models.find(({ card }) => card.name === MODEL);
  assert.ok(found);
  builtin = found;
  const card = cardOf(builtin.card);
  const session = await createOnnxRuntime({ threads: 1 }).load(builtin.artefact);
  const inspection = await inspectModel(session, card);
  served = await serveModel(
    session,
    { name: MODEL, version: "1", digest: builtin.card.artefact.sha256, card, inspection },
    {
      limits: { maxBatchRows: 256, maxPendingRows: 65_536 },
      schedule: (flush) => void setImmediate(flush),
      observeBatch: () => undefined,
    },
  );
  now = START;
  await migrateModels(pool);
  data = await openDatasets({
    folder,
    files: await openFileDatasets(folder),
    pool,
    limits: readDataLimits((_name, fallback) => fallback),
    clock,
    onSweepError: (error) => assert.fail(String(error)),
  });
  registry = createPostgresRegistry(modelsDatabase(pool));
  await registry.addVersion(
    { model: MODEL, digest: builtin.card.artefact.sha256, bytes: builtin.artefact.length, card, inspection },
    "system",
  );
});
beforeEach(async () => {
  now = START;
  for (const table of ["prediction", "drift_window", "alarm", "truth", "monitoring", "agreement", "event"]) {
    await pool.query(`delete from models.${table}`);
  }
});
after(async () => {
  await data.close();
  await served.close();
  await pool.end();
  await postgres.close();
  await rm(folder, { recursive: true });
});

/** A replica of the platform, as far as it watches models. */
function replica(own: Pool = pool): OpenMonitoring & { readonly metrics: () => Promise<string> } {
  const metrics = createPrometheusMetrics();
  const open = openMonitoring({
    pool: own,
    data,
    registry,
    predict: (_version, inputs, rows) => served.compute(inputs, rows),
    builtinReference: () => builtin.reference,
    shadow: { takeNew: () => compared.splice(0) },
    metrics,
    clock,
    log: pino({ level: "silent" }),
  });
  return { ...open, metrics: () => metrics.render() };
}

/** A replica that watches the model and compares it with the readings indoors. */
async function watching(
  settings: Partial<Omit<MonitoringSettings, "reference">> = {},
): Promise<ReturnType<typeof replica>> {
  const one = replica();
  await one.monitoring.change(MODEL, { ...SETTINGS, ...settings, reference: { card: true } }, 0, "ada");
  return one;
}

function readings(rows: readonly (readonly [humidity: number, temperature: number])[]): Tensors {
  return new Map([["reading", { datatype: "FP32", shape: [rows.length, 2], data: Float32Array.from(rows.flat()) }]]);
}

/** Asks for predictions as callers do, each row a request. */
async function ask(
  one: OpenMonitoring,
  rows: readonly (readonly [number, number])[],
  model = served,
): Promise<string[]> {
  const ids: string[] = [];
  for (const row of rows) {
    const inputs = readings([row]);
    const id = randomUUID();
    one.recorder.take(model, { id, caller: "key of anna" }, inputs, await served.compute(inputs, 1), 1);
    ids.push(id);
  }
  return ids;
}

/** Readings like those of the training, and those of a warm and dry place. */
async function indoors(count: number): Promise<(readonly [number, number])[]> {
  const lines = Buffer.from(builtin.reference ?? [])
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .slice(1);
  return Array.from({ length: count }, (_, index) => {
    const [, , humidity, temperature] = (lines[Math.floor((index * lines.length) / count)] ?? "")
      .split(",")
      .map(Number);
    return [humidity ?? 0, temperature ?? 0] as const;
  });
}
function outdoors(count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, index) => [38 + (index % 7) / 3, 32 + (index % 5) / 2] as const);
}

/** Lets the present window end and be judged. */
async function endWindow(...replicas: readonly OpenMonitoring[]): Promise<void> {
  for (const each of replicas) await each.recorder.flush();
  now = (Math.floor(now / MINUTE) + 1) * MINUTE + 3_000;
  await Promise.all(replicas.map((each) => each.turn()));
}

async function verdicts(one: OpenMonitoring): Promise<unknown[]> {
  return (await one.store.windows(MODEL, { limit: 100 })).map(({ verdict }) => verdict).toReversed();
}

test("an alarm is raised, continues, and is cleared when the world is back; each is told once", async () => {
  const one = await watching();

  await ask(one, await indoors(300));
  await endWindow(one);
  await ask(one, outdoors(100));
  await endWindow(one);
  const raised = await one.store.alarms({ limit: 10 });
  await ask(one, outdoors(100));
  await endWindow(one);
  const continuing = await one.store.alarms({ limit: 10 });
  const measured = await one.metrics();
  for (let window = 0; window < 2; window += 1) {
    await ask(one, await indoors(300));
    await endWindow(one);
  }
  const cleared = await one.store.alarms({ limit: 10 });
  const events = await pool.query<{ body: Record<string, unknown> }>("select body from models.event order by id");

  assert.deepEqual(await verdicts(one), ["good", "alarm", "alarm", "good", "good"]);
  const columns = ["humidity", "temperature", "anomaly_probability"];
  assert.deepEqual(new Set(raised.map(({ column }) => column)), new Set(columns));
  assert.deepEqual(
    [raised, continuing, cleared].map((alarms) => [...new Set(alarms.map(({ state }) => state))]),
    [["raised"], ["continuing"], ["cleared"]],
  );
  assert.match(measured, /muster_models_drift_psi\{model="sensor-anomaly",side="input",column="temperature"\} \d/);
  assert.match(measured, /muster_models_drift_verdict\{model="sensor-anomaly",verdict="alarm"\} 1/);
  const told = events.rows.map(({ body }) => body).filter(({ type }) => type === "drift.alarm");
  assert.deepEqual(
    told.map(({ state, version, reasons }) => [state, version, (reasons as string[]).length]),
    [
      ["raised", "1", 3],
      ["cleared", "1", 3],
    ],
  );
});

test("two replicas judge a window once, over what both have recorded, and both show it", async () => {
  const one = await watching();
  const two = replica();
  await two.follow();

  await ask(one, outdoors(40));
  await ask(two, outdoors(40));
  await endWindow(one, two);
  now += 1_000;
  await Promise.all([one.turn(), two.turn()]);

  const windows = await one.store.windows(MODEL, { limit: 10 });
  const claims = await pool.query<{ attempts: number }>("select attempts from models.drift_window");
  assert.deepEqual([windows.length, windows[0]?.rows, windows[0]?.verdict], [1, 80, "alarm"]);
  assert.deepEqual(claims.rows, [{ attempts: 1 }]);
  assert.equal((await one.store.alarms({ limit: 10 })).length, 3);
  // Nothing is due for one that starts now; it shows what was found all the same.
  const three = replica();
  await three.follow();
  await three.turn();
  for (const each of [one, two, three]) assert.match(await each.metrics(), /muster_models_drift_alarms\{[^}]+\} 3/);
});

test("a window that a replica died over is judged by another, and what the dead one writes late is nothing", async () => {
  const one = await watching();
  await ask(one, outdoors(60));
  await one.recorder.flush();
  const window = { from: START, to: START + MINUTE };
  now = window.to + 3_000;
  const dead = await one.store.claim(MODEL, window, now, 120_000);
  assert.ok(dead);
  const two = replica();
  await two.follow();

  await two.turn();
  const meanwhile = await two.store.windows(MODEL, { limit: 10 });
  now += 120_000;
  await two.turn();
  const late = await one.store.finish(
    dead,
    { verdict: "good", reason: null, version: "1", rows: 0, otherRows: 0, columns: [] },
    now,
  );

  assert.deepEqual(meanwhile, []);
  assert.equal(late, undefined);
  const judged = (await two.store.windows(MODEL, { limit: 10 })).find(({ from }) => Date.parse(from) === START);
  assert.deepEqual([judged?.verdict, judged?.rows], ["alarm", 60]);
  assert.equal((await two.store.alarms({ limit: 10 })).length, 3);
});

test("a clock that goes back judges nothing twice, and goes on when it has caught up", async () => {
  const one = await watching();
  await ask(one, outdoors(60));
  await endWindow(one);
  const judged = await pool.query("select * from models.drift_window");

  now = START - 5 * MINUTE;
  await ask(one, outdoors(60));
  await one.turn();
  const back = await pool.query("select * from models.drift_window");
  now = START + MINUTE + 10_000;
  await ask(one, outdoors(60));
  await endWindow(one);

  assert.deepEqual(back.rows, judged.rows);
  assert.deepEqual(await verdicts(one), ["alarm", "alarm"]);
});

test("too little data is unknown and not good, and leaves an alarm as it is", async () => {
  const one = await watching();
  await ask(one, outdoors(60));
  await endWindow(one);
  await ask(one, outdoors(49));
  await endWindow(one);
  await endWindow(one);

  const reasons = (await one.store.windows(MODEL, { limit: 10 })).map(({ reason }) => reason).toReversed();
  assert.deepEqual(await verdicts(one), ["alarm", "unknown", "unknown"]);
  assert.deepEqual(reasons, [null, "too little data: 49 rows, 50 are needed", "no prediction was recorded"]);
  assert.deepEqual(
    (await one.store.alarms({ limit: 10 })).map(({ state }) => state),
    ["raised", "raised", "raised"],
  );
  assert.match(await one.metrics(), /verdict="unknown"\} 1/);
});

test("without a reference, and of a version that was deleted meanwhile, a window is unknown and says so", async () => {
  const one = replica();
  await one.monitoring.change(MODEL, SETTINGS, 0, "ada");
  await ask(one, outdoors(60));
  await endWindow(one);
  await one.monitoring.change(MODEL, { reference: { card: true } }, 1, "ada");
  await ask(one, outdoors(60), { ...served, version: "7" });
  await endWindow(one);

  const reasons = (await one.store.windows(MODEL, { limit: 10 })).map(({ reason }) => reason).toReversed();
  assert.deepEqual(reasons, ["no reference is set to compare with", "version 7 was deleted"]);
});

test("the version that answered most is judged, and the rows of the others are said", async () => {
  const one = await watching();
  await ask(one, outdoors(20), { ...served, version: "7" });
  // All at one instant, and more than are read at a time.
  await ask(one, await indoors(1_500));
  await endWindow(one);

  const [window] = await one.store.windows(MODEL, { limit: 1 });
  assert.deepEqual([window?.version, window?.rows, window?.otherRows, window?.verdict], ["1", 1_500, 20, "good"]);
  assert.deepEqual(
    window?.columns.map(({ current }) => current.rows),
    [1_500, 1_500, 1_500],
  );
});

test("excluded columns are neither kept nor compared, and callers are kept as a digest", async () => {
  const one = await watching({ exclude: ["humidity"] });
  await ask(one, outdoors(60));
  await endWindow(one);

  const kept = await pool.query<{ cells: object; caller: string }>("select cells, caller from models.prediction");
  const [window] = await one.store.windows(MODEL, { limit: 1 });
  assert.deepEqual(Object.keys(kept.rows[0]?.cells ?? {}).toSorted(), [
    "input:temperature",
    "prediction:anomaly_probability",
  ]);
  assert.equal(new Set(kept.rows.map(({ caller }) => caller)).size, 1);
  assert.match(kept.rows[0]?.caller ?? "", /^[0-9a-f]{32}$/);
  assert.deepEqual(
    window?.columns.map(({ column }) => column),
    ["temperature", "anomaly_probability"],
  );
});

test("records are deleted when they are old, and their truths and windows are not", async () => {
  const one = await watching({ retentionDays: 2 });
  const [old] = await ask(one, outdoors(60));
  await endWindow(one);
  await one.monitoring.tell(MODEL, [{ id: old ?? "", row: undefined, value: 0 }], "ada");
  now += DAY;
  const [young] = await ask(one, outdoors(1));
  await one.recorder.flush();
  now += DAY + MINUTE;
  await one.turn();

  const kept = await pool.query<{ id: string }>("select id from models.prediction");
  const forgotten = await one.monitoring.tell(MODEL, [{ id: old ?? "", row: undefined, value: 0 }], "ada");
  const accuracy = await one.monitoring.accuracy(MODEL, { from: undefined, before: undefined, limit: 100 });
  assert.deepEqual(
    kept.rows.map(({ id }) => id),
    [young],
  );
  assert.match(forgotten.refusals[0]?.message ?? "", /forgotten/);
  assert.deepEqual(
    accuracy.windows.filter(({ told }) => told > 0).map(({ recorded, told }) => [recorded, told]),
    [[null, 1]],
  );
  assert.equal(
    (await one.store.windows(MODEL, { limit: 100 })).some(({ verdict }) => verdict === "alarm"),
    true,
  );
});

test("a truth of a window that was judged already counts all the same, and is said to be late", async () => {
  const one = await watching();
  const ids = await ask(one, [...(await indoors(4)), [75, 31]]);
  const truths = ids.map((id, index) => ({ id, row: undefined, value: index === 4 }));

  const early = await one.monitoring.tell(MODEL, truths.slice(0, 2), "ada");
  await endWindow(one);
  const late = await one.monitoring.tell(MODEL, truths.slice(2), "ada");

  const { windows } = await one.monitoring.accuracy(MODEL, { from: undefined, before: undefined, limit: 10 });
  assert.deepEqual([early.accepted, early.late, late.accepted, late.late], [2, 0, 3, 3]);
  const [window] = windows;
  assert.deepEqual([window?.recorded, window?.told, window?.reckoned], [5, 5, 5]);
  assert.ok(window?.figures?.kind === "probability");
  assert.deepEqual([window.figures.accuracy.hits, window.figures.auc], [5, 1]);
});

test("two people who tell the same truth at once tell it once; who contradicts is refused", async () => {
  const one = await watching();
  const ids = await ask(one, outdoors(20));
  const tell = (value: number) =>
    one.monitoring.tell(
      MODEL,
      ids.map((id) => ({ id, row: undefined, value })),
      "ada",
    );

  const replies = await Promise.all([tell(0), tell(0), tell(1)]);

  const sum = (of: (reply: (typeof replies)[number]) => number): number =>
    replies.reduce((all, each) => all + of(each), 0);
  assert.equal(
    sum(({ accepted }) => accepted),
    20,
  );
  assert.equal(
    sum(({ accepted, repeated, refused }) => accepted + repeated + refused),
    60,
  );
  const stored = await pool.query("select from models.truth");
  assert.equal(stored.rowCount, 20);
});

test("while the database does not write, predictions are not held up, and what is too much is dropped and counted", async () => {
  const one = await watching();
  const locker = new pg.Client({ connectionString: postgres.ownerUrl.reveal() });
  await locker.connect();
  await locker.query("begin");
  await locker.query("lock table models.prediction in access exclusive mode");
  const inputs = readings(Array.from({ length: 200_000 }, () => [40, 30] as const));
  const take = (): boolean =>
    one.recorder.take(served, { id: randomUUID(), caller: "anna" }, inputs, new Map(), 200_000);

  const first = take();
  const writing = one.recorder.flush();
  const later = Array.from({ length: 6 }, take);
  await locker.query("rollback");
  await locker.end();
  await writing;
  const last = take();

  assert.equal(first, true);
  assert.deepEqual(later, [true, true, true, true, false, false]);
  assert.equal(last, true);
  assert.match(await one.metrics(), /not_recorded_rows_total\{model="sensor-anomaly",reason="queue"\} 400000/);
  await one.recorder.flush();
});

test("while there is no database, records are dropped and counted, and later ones are written again", async () => {
  const own = openPool(postgres.ownerUrl);
  const database = new URL(postgres.ownerUrl.reveal()).pathname.slice(1);
  const elsewhere = new URL(postgres.ownerUrl.reveal());
  elsewhere.pathname = "/template1";
  const operator = new pg.Client({ connectionString: elsewhere.href });
  await operator.connect();
  const one = replica(own);
  await one.monitoring.change(MODEL, { ...SETTINGS, reference: { card: true } }, 0, "ada");

  await operator.query(`alter database "${database}" with allow_connections false`);
  await operator.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [database]);
  const lost = await ask(one, outdoors(3));
  await one.turn();
  await operator.query(`alter database "${database}" with allow_connections true`);
  await operator.end();
  const kept = await ask(one, outdoors(2));
  await one.turn();

  const stored = await pool.query<{ id: string }>("select id from models.prediction");
  assert.deepEqual(new Set(stored.rows.map(({ id }) => id)), new Set(kept));
  assert.equal(lost.length, 3);
  assert.match(await one.metrics(), /not_recorded_rows_total\{model="sensor-anomaly",reason="database"\} 3/);
  await own.end();
});

test("what replicas compared in the shadow is added up by window, with its interval, and pages do not cut a window", async () => {
  const [one, two] = [await watching(), replica()];
  const share = (rows: number, agreeing: number, largestDifference: number, challenger = "2"): ComparedShare => ({
    model: MODEL,
    champion: "1",
    challenger,
    rows,
    agreeing,
    largestDifference,
    failures: 1,
    skipped: 0,
  });

  compared.push(share(60, 50, 0.2));
  await one.turn();
  now += 6_000;
  compared.push(share(40, 35, 0.1), share(5, 0, Number.POSITIVE_INFINITY, "3"));
  await two.turn();
  now += MINUTE;
  compared.push(share(10, 10, 0));
  await one.close();
  const all = await one.monitoring.agreement(MODEL, { from: undefined, before: undefined, limit: 50 });
  const page = await one.monitoring.agreement(MODEL, { from: undefined, before: undefined, limit: 2 });
  const rest = await one.monitoring.agreement(MODEL, { from: undefined, before: page.next ?? "", limit: 2 });

  const shown = all.windows.map(({ from, challenger, agreement, largestDifference, failures }) => [
    (Date.parse(from) - START) / MINUTE,
    challenger,
    agreement.hits,
    agreement.total,
    largestDifference,
    failures,
  ]);
  assert.deepEqual(shown, [
    [1, "2", 10, 10, 0, 1],
    [0, "3", 0, 5, null, 1],
    [0, "2", 85, 100, 0.2, 2],
  ]);
  const { low, high } = all.windows[2]?.agreement ?? { low: 0, high: 0 };
  assert.ok(Math.abs(low - 0.7672) < 1e-4 && Math.abs(high - 0.9069) < 1e-4);
  assert.deepEqual([page.windows.length, rest.windows.length, rest.next], [1, 2, null]);
});

test("closing writes what was recorded", async () => {
  const one = await watching();
  await ask(one, outdoors(3));

  await one.close();

  const stored = await pool.query("select from models.prediction");
  assert.equal(stored.rowCount, 3);
});
