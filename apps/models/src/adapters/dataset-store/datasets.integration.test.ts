import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { openPool } from "@muster/adapters";
import { mountSmallDisk, NO_SMALL_DISK, type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import type { Pool } from "pg";
import { createDatasets, type Datasets } from "../../domain/dataset/datasets.ts";
import type { DatasetFiles } from "../../domain/dataset/dataset-files.ts";
import type { DatasetStore } from "../../domain/dataset/dataset-store.ts";
import type { DataEngine } from "../../domain/dataset/data-engine.ts";
import { readDataLimits } from "../../domain/dataset/limits.ts";
import { createDuckdbEngine } from "../duckdb/duckdb-engine.ts";
import { migrateModels } from "../postgres/migrations/migrate.ts";
import { openFileDatasets } from "./file-datasets.ts";
import { createPostgresDatasets } from "./postgres-datasets.ts";

const LIMITS = readDataLimits((_name, fallback) => fallback);
const START = Date.parse("2026-03-14T12:00:00Z");
const HOUR = 3_600_000;
const CSV = { format: "csv", csv: {} } as const;

let postgres: TemporaryPostgres;
let pool: Pool;
let parent: string;
let engine: DataEngine;
let folder: string;
let files: DatasetFiles;
let store: DatasetStore;
let datasets: Datasets;
let now: number;
before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.ownerUrl);
  parent = await mkdtemp(join(tmpdir(), "muster-dataset-store-"));
  engine = createDuckdbEngine(LIMITS, join(parent, "program"));
});
beforeEach(async () => {
  await pool.query("drop schema if exists models cascade");
  await migrateModels(pool);
  folder = await mkdtemp(join(parent, "data-"));
  files = await openFileDatasets(folder);
  store = createPostgresDatasets(pool);
  now = START;
  datasets = createDatasets({ store, files, engine, limits: LIMITS, clock: { now: () => now } });
});
after(async () => {
  await engine.close();
  await pool.end();
  await postgres.close();
  await rm(parent, { recursive: true });
});

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function publish(dataset: string, content = "id,name\n1,ann\n2,bob\n"): Promise<number> {
  const { id } = await datasets.upload(dataset, chunks(content), CSV, "sid");
  const request = { upload: id, columns: undefined, maxRejectedShare: 0 };
  return (await datasets.createVersion(dataset, request, "sid")).version;
}

function question(dataset: string) {
  return { sql: `select * from ${dataset}`, datasets: [{ dataset }], limit: 10 };
}

/** Makes every file as old as work that was abandoned. */
async function age(): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const long = new Date(START - 10 * HOUR);
  for (const entry of entries) await utimes(join(entry.parentPath, entry.name), long, long);
}

async function storedFiles(): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test("versions are numbered one after the other, also when many are made at once, and never again", async () => {
  await publish("people");
  await store.deleteVersions("people", 1, "sid");

  const numbers = await Promise.all(Array.from({ length: 4 }, () => publish("people")));

  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    [2, 3, 4, 5],
  );
  const log = await pool.query<{ action: string }>("select action from models.audit_log order by place");
  assert.deepEqual(
    log.rows.map(({ action }) => action).filter((action) => action !== "dataset.uploaded"),
    ["dataset.version-added", "dataset.version-deleted", ...Array.from({ length: 4 }, () => "dataset.version-added")],
  );
});

test("the newest versions of several datasets come at once, each dataset's by pages", async () => {
  for (const name of ["people", "people", "birds", "people"]) await publish(name);
  const names = async (limit: number, below?: number) =>
    (await store.newestVersions(["people", "birds", "walrus"], limit, below)).map(
      ({ dataset, version }) => `${dataset} ${version}`,
    );

  assert.deepEqual(await names(2), ["birds 1", "people 3", "people 2"]);
  assert.deepEqual(await names(2, 2), ["birds 1", "people 1"]);
});

test("a version that did not pass is used only where it is named", async () => {
  await publish("people");
  await publish("people", "id,name\n3,cyd\n4\n");

  const listed = await store.datasets();
  const unnamed = await datasets.query(question("people"), "sid");
  const named = await datasets.query({ ...question("people"), datasets: [{ dataset: "people", version: 2 }] }, "sid");

  assert.deepEqual(listed, [{ name: "people", versions: 2, current: 1 }]);
  assert.deepEqual([unnamed.rows.length, named.rows], [2, [["3", "cyd"]]]);
});

test("what is needed survives the sweep; what has expired or was abandoned does not", async () => {
  await publish("people");
  await publish("gone");
  const result = await datasets.query(question("people"), "sid");
  await datasets.deleteVersions("gone", undefined, "sid");
  await files.workPath();
  await age();

  await datasets.sweep();

  const kept = await storedFiles();
  assert.equal(kept.length, 3, "one upload, its table and the result");
  assert.deepEqual(await readdir(join(folder, "work")), []);
  assert.equal((await datasets.resultPage(result.id, "sid", { offset: 1, limit: 1 })).rows.length, 1);

  now += LIMITS.keepResultMs;
  await assert.rejects(datasets.resultPage(result.id, "sid", { offset: 0, limit: 1 }), { code: "not-found" });
  await datasets.sweep();
  assert.equal((await storedFiles()).length, 2);
  assert.equal((await datasets.query(question("people"), "sid")).rows.length, 2);
});

test("what is under way is not swept, whatever it is", async () => {
  await files.putUpload(chunks("a,b\n1,2\n"), 100);
  const work = await files.workPath();
  await writeFile(work, "half a table");

  await datasets.sweep();

  assert.ok(existsSync(work));
  assert.equal((await storedFiles()).length, 2);
});

test("an upload that breaks off, is too long or is no data leaves no version and nothing half", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from("id,name\n"));
    throw new Error("the connection went away");
  }

  await assert.rejects(datasets.upload("x", broken(), CSV, "sid"), /went away/);
  await assert.rejects(files.putUpload(chunks("123456"), 5), { code: "too-large" });
  await assert.rejects(datasets.upload("x", chunks("no parquet"), { ...CSV, format: "parquet" }, "sid"), {
    code: "data-invalid",
  });

  assert.deepEqual(await readdir(join(folder, "uploads/incoming")), []);
  assert.deepEqual(await store.datasets(), []);
});

test("a full disk is named at every stage, leaves nothing half, and passes", async (context) => {
  const small = await mkdtemp(join(parent, "small-"));
  await chmod(small, 0o755);
  const disk = mountSmallDisk(small, "6m");
  if (!disk) return context.skip(NO_SMALL_DISK);
  context.after(() => disk.unmount());
  const tight = await openFileDatasets(small);
  const onIt = createDatasets({ store, files: tight, engine, limits: LIMITS, clock: { now: () => now } });
  const rows = Array.from({ length: 40_000 }, (_, index) => `${index},${(index * 2_654_435_761) % 4_294_967_296}`);
  const content = `id,noise\n${rows.join("\n")}\n`;
  const big = Array.from({ length: 12 }, () => content.slice(9));

  await assert.rejects(onIt.upload("big", chunks("id,noise\n", ...big), CSV, "sid"), { code: "database-full" });
  const upload = await onIt.upload("fits", chunks(content), CSV, "sid");
  const ballast = join(small, "ballast");
  await writeFile(ballast, Buffer.alloc(4_900_000));
  const request = { upload: upload.id, columns: undefined, maxRejectedShare: 0 };
  await assert.rejects(onIt.createVersion("fits", request, "sid"), { code: "database-full" });

  assert.deepEqual(await readdir(join(small, "work")), []);
  assert.deepEqual(await readdir(join(small, "uploads/incoming")), []);
  assert.deepEqual(await store.datasets(), []);
  await rm(ballast);
  assert.equal((await onIt.createVersion("fits", request, "sid")).report.rows, 40_000);
});
