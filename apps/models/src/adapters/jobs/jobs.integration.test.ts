import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { openPool } from "@muster/adapters";
import { mountSmallDisk, NO_SMALL_DISK, type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { toInstant } from "@muster/kernel";
import type { Pool } from "pg";
import type { DatasetFiles } from "../../domain/dataset/dataset-files.ts";
import { readDataLimits } from "../../domain/dataset/limits.ts";
import type { JobDraft } from "../../domain/jobs/job.ts";
import type { JobEngine } from "../../domain/jobs/job-engine.ts";
import { createJobRunner } from "../../domain/jobs/job-runner.ts";
import type { JobStore } from "../../domain/jobs/job-store.ts";
import { readJobLimits } from "../../domain/jobs/limits.ts";
import type { ServedModel } from "../../domain/serving/served-model.ts";
import type { Tensor, Tensors } from "../../domain/tensor/tensor.ts";
import { createDuckdbEngine } from "../duckdb/duckdb-engine.ts";
import { createDuckdbJobEngine } from "../duckdb/duckdb-job-engine.ts";
import { openFileDatasets } from "../dataset-store/file-datasets.ts";
import { createPostgresDatasets } from "../dataset-store/postgres-datasets.ts";
import { migrateModels } from "../postgres/migrations/migrate.ts";
import { openJobLocks } from "./postgres-job-locks.ts";
import { createPostgresJobs } from "./postgres-jobs.ts";

const NOW = Date.parse("2026-03-14T12:00:00Z");
const LATER = toInstant(NOW + 60_000);
const ROWS = 2_000;
const QUOTA = { open: 2, kept: 10 };
const DATA_LIMITS = readDataLimits((_name, fallback) => fallback);
const JOB_LIMITS = readJobLimits((_name, fallback) => fallback);
const DRAFT: JobDraft = {
  user: "sam",
  model: "double",
  version: "1",
  dataset: "numbers",
  datasetVersion: 1,
  rowsTotal: ROWS,
  plan: {
    inputs: [{ input: "x", datatype: "FP64", rowShape: [1], columns: ["x"] }],
    outputs: [{ output: "y", datatype: "FP64", isList: false, column: "y" }],
    carry: ["x"],
    errorColumn: "prediction_error",
    format: "csv",
  },
};
const PART = { rows: 10, failed: 1, file: "00000000-0000-4000-8000-000000000001" };
const RESULT = "00000000-0000-4000-8000-000000000002";

let postgres: TemporaryPostgres;
let pool: Pool;
let folder: string;
let engine: JobEngine;
let store: JobStore;
before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.ownerUrl);
  folder = await mkdtemp(join(tmpdir(), "muster-job-store-"));
  engine = createDuckdbJobEngine(DATA_LIMITS, JOB_LIMITS, join(folder, "program"));
});
beforeEach(async () => {
  await pool.query("drop schema if exists models cascade");
  await migrateModels(pool);
  await pool.query("insert into models.model (name) values ('double')");
  await pool.query("insert into models.version values ('double', 1, $1, 1, '{}', '{}', now(), 'sam')", [
    "d".repeat(64),
  ]);
  store = createPostgresJobs(pool);
});
after(async () => {
  await pool.end();
  await postgres.close();
  await rm(folder, { recursive: true });
});

/** Makes the version of the dataset that the draft names; its table is real where files are given. */
async function addDataset(files?: DatasetFiles): Promise<void> {
  const datasets = createPostgresDatasets(pool);
  const columns = [{ name: "x", type: "DOUBLE" }];
  const detection = {
    format: "csv" as const,
    csv: { encoding: "utf-8" as const, delimiter: ",", quote: '"', header: true, skip: 0 },
    columns,
    sample: [],
  };
  const digest = "e".repeat(64);
  let table = "00000000-0000-4000-8000-00000000000a";
  if (files) {
    const source = join(folder, "source.csv");
    await writeFile(source, `x\n${Array.from({ length: ROWS }, (_, row) => row).join("\n")}\n`);
    const ingest = createDuckdbEngine(DATA_LIMITS, join(folder, "program"));
    const target = await files.workPath();
    await ingest.ingest({ source, table: target, detection, columns });
    table = await files.keepTable(target);
    await files.discard(target);
    await ingest.close();
  }
  await datasets.addUpload({ dataset: "numbers", digest, bytes: 1, detection }, "sam");
  const report = { passed: true, failures: [], rows: ROWS, rejected: 0, columns: [], rules: [] };
  await datasets.addVersion({ dataset: "numbers", digest, bytes: 1, columns, report, table }, "sam");
}

test("who began a job earlier can no longer write to it", async () => {
  await addDataset();
  const { id } = await store.submit(DRAFT, QUOTA);
  const first = (await store.begin(id)) ?? assert.fail();
  assert.equal(await store.addPart(first.claim, 0, PART), true);

  const second = (await store.begin(id)) ?? assert.fail();

  assert.deepEqual([second.parts, second.record.rowsDone, second.record.rowsFailed], [[PART], 10, 1]);
  assert.equal(await store.addPart(first.claim, 1, { ...PART, file: RESULT }), false);
  assert.equal(await store.progress(first.claim, { rowsDone: 99, rowsFailed: 0, rate: 1 }), false);
  assert.equal(await store.finish(first.claim, RESULT, LATER), false);
  assert.equal(await store.fail(first.claim, "no", LATER), false);
  assert.equal((await store.job(id))?.rowsDone, 10);
  assert.deepEqual([first.fruitless, second.fruitless, (await store.begin(id))?.fruitless], [1, 1, 2]);
});

test("a job that ended is begun no more, keeps no part, and goes with its result when it expires", async () => {
  await addDataset();
  const { id } = await store.submit(DRAFT, QUOTA);
  const { claim } = (await store.begin(id)) ?? assert.fail();
  await store.addPart(claim, 0, PART);

  assert.equal(await store.finish(claim, RESULT, LATER), true);

  assert.deepEqual([await store.begin(id), await store.claimable()], [undefined, []]);
  assert.equal(await store.cancel(id, LATER, "sam"), undefined);
  const { tables } = await createPostgresDatasets(pool).filesInUse();
  assert.deepEqual([tables.has(PART.file), tables.has(RESULT)], [false, true]);
  assert.deepEqual(await store.forget(toInstant(NOW + 59_999)), []);
  assert.deepEqual(await store.forget(LATER), [RESULT]);
  assert.equal(await store.job(id), undefined);
});

test("submissions at the same time do not go beyond a user's share, and others have theirs", async () => {
  await addDataset();

  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => store.submit(DRAFT, QUOTA)));

  const codes = outcomes.map((each) =>
    each.status === "fulfilled" ? "taken" : (each.reason as { code: string }).code,
  );
  assert.deepEqual(codes.toSorted(), [...Array(4).fill("quota-reached"), "taken", "taken"]);
  await store.submit({ ...DRAFT, user: "vera" }, QUOTA);
});

test("a submission and the deletion of what it needs exclude each other", async () => {
  await addDataset();
  const datasets = createPostgresDatasets(pool);

  const [submitted, deleted] = await Promise.allSettled([
    store.submit(DRAFT, QUOTA),
    datasets.deleteVersions("numbers", 1, "sam"),
  ]);

  const codes = [submitted, deleted].map((each) =>
    each.status === "fulfilled" ? "done" : (each.reason as { code: string }).code,
  );
  assert.ok(
    ["done,conflict", "not-found,done"].includes(codes.join()),
    `one of them is done, and the other says why not: ${codes.join()}`,
  );
});

test("a lock is one replica's until it is given back or its connection is gone", async (context) => {
  const [one, two] = [openJobLocks(postgres.ownerUrl), openJobLocks(postgres.ownerUrl)];
  context.after(() => Promise.all([one.close(), two.close()]));
  const lost = new Promise<void>((resolve) => one.onLost(resolve));

  assert.deepEqual([await one.take(1), await two.take(1), await two.take(2)], [true, false, true]);
  await two.give(2);
  assert.equal(await one.take(2), true);
  await pool.query(
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 1 and granted",
  );
  await lost;
  assert.equal(await two.take(1), true);
  assert.equal(await one.take(1), false, "it connects again, and has to ask like the others");
});

test("a job waits for room on a full disk, and leaves nothing half-written", async (context) => {
  const small = await mkdtemp(join(folder, "small-"));
  await chmod(small, 0o755);
  const disk = mountSmallDisk(small, "8m");
  if (!disk) return context.skip(NO_SMALL_DISK);
  context.after(() => disk.unmount());
  const files = await openFileDatasets(small);
  await addDataset(files);
  const ballast = join(small, "ballast");
  // The disk has room for nothing more.
  await writeFile(ballast, Buffer.alloc(8_000_000)).catch(() => undefined);
  const locks = openJobLocks(postgres.ownerUrl);
  context.after(() => locks.close());
  const failures: unknown[] = [];
  const failedTwice = Promise.withResolvers<void>();
  const runner = createJobRunner({
    store,
    locks,
    files,
    engine,
    limits: JOB_LIMITS,
    clock: { now: () => NOW },
    pace: { step: (work) => work() },
    pause: () => setImmediate(),
    model: () => Promise.resolve(DOUBLE),
    onError: (error) => {
      failures.push(error);
      if (failures.length === 2) failedTwice.resolve();
    },
  });
  context.after(() => runner.close());
  const { id } = await store.submit(DRAFT, QUOTA);

  runner.look();
  await failedTwice.promise;
  assert.equal((failures[0] as { code: string }).code, "database-full");
  assert.equal((await store.job(id))?.state, "running");
  assert.equal((await readdir(join(small, "tables"))).length, 1);
  await rm(ballast);
  let state;
  while (state !== "finished") state = (await store.job(id))?.state;

  await runner.close();
  assert.deepEqual(await readdir(join(small, "work")), []);
  assert.equal((await readdir(join(small, "tables"))).length, 2);
});

const DOUBLE = {
  batchable: true,
  signature: { inputs: [{ name: "x", datatype: "FP64", shape: [-1, 1] }], outputs: [] },
  compute(inputs: Tensors, rows: number): Promise<Tensors> {
    const doubled = Float64Array.from(inputs.get("x")?.data as Float64Array, (value) => 2 * value);
    return Promise.resolve(new Map<string, Tensor>([["y", { datatype: "FP64", shape: [rows, 1], data: doubled }]]));
  },
} as unknown as ServedModel;
