import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, test } from "node:test";
import { openPool } from "@muster/adapters";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import type { Pool } from "pg";
import type { Registry, VersionDraft } from "../../domain/registry/registry.ts";
import { listenForChanges } from "./change-listener.ts";
import { migrateModels } from "./migrations/migrate.ts";
import { createPostgresRegistry } from "./postgres-registry.ts";
import { modelsDatabase } from "./tables.ts";

let postgres: TemporaryPostgres;
let pool: Pool;
let registry: Registry;
before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.ownerUrl);
});
beforeEach(async () => {
  await pool.query("drop schema if exists models cascade");
  await migrateModels(pool);
  registry = createPostgresRegistry(modelsDatabase(pool));
});
after(async () => {
  await pool.end();
  await postgres.close();
});

function draft(digit: string, model = "churn"): VersionDraft {
  return {
    model,
    digest: digit.repeat(64),
    bytes: 7,
    card: { title: "Churn" },
    inspection: { signature: { inputs: [], outputs: [] }, batchable: true, golden: { tolerance: 1, cases: [] } },
  };
}

test("the first version becomes champion, later ones do not", async () => {
  const first = await registry.addVersion(draft("a"), "ada");
  const second = await registry.addVersion(draft("b"), "ada");

  assert.deepEqual([first.record.version, second.record.version], ["1", "2"]);
  assert.deepEqual(
    (await registry.aliases("churn")).map(({ alias, version, revision, changedBy }) => ({
      alias,
      version,
      revision,
      changedBy,
    })),
    [{ alias: "champion", version: "1", revision: 1, changedBy: "ada" }],
  );
  assert.deepEqual(
    (await registry.versions("churn")).map(({ version }) => version),
    ["2", "1"],
  );
  assert.deepEqual((await registry.version("churn", "2"))?.card, { title: "Churn" });
});

test("the newest versions of several models come at once, each model's by pages", async () => {
  for (const digit of ["a", "b", "c"]) await registry.addVersion(draft(digit), "ada");
  await registry.addVersion(draft("d", "fraud"), "ada");
  const names = async (limit: number, below?: number) =>
    (await registry.newestVersions(["churn", "fraud", "walrus"], limit, below)).map(
      ({ model, version }) => `${model} ${version}`,
    );

  assert.deepEqual(await names(2), ["churn 3", "churn 2", "fraud 1"]);
  assert.deepEqual(await names(2, 2), ["churn 1", "fraud 1"]);
  assert.deepEqual(await registry.newestVersions([], 2), []);
});

test("the same artefact again is the same version, also at the same time", async () => {
  const added = await Promise.all(Array.from({ length: 8 }, () => registry.addVersion(draft("a"), "ada")));

  assert.deepEqual(new Set(added.map(({ record }) => record.version)), new Set(["1"]));
  assert.equal(added.filter(({ created }) => created).length, 1);
});

test("versions that are added at the same time get numbers of their own", async () => {
  const added = await Promise.all([..."0123456789abcdef"].map((digit) => registry.addVersion(draft(digit), "ada")));

  assert.deepEqual(
    added.map(({ record }) => Number(record.version)).toSorted((a, b) => a - b),
    Array.from({ length: 16 }, (_, index) => index + 1),
  );
});

test("of changes of an alias that read the same revision exactly one wins", async () => {
  await registry.addVersion(draft("a"), "ada");
  await registry.addVersion(draft("b"), "ada");

  const changes = await Promise.allSettled(
    Array.from({ length: 8 }, () => registry.setAlias("churn", "champion", "2", 1, "bob")),
  );

  assert.equal(changes.filter(({ status }) => status === "fulfilled").length, 1);
  for (const change of changes) {
    if (change.status === "rejected") assert.equal((change.reason as { code: string }).code, "changed-meanwhile");
  }
  assert.deepEqual(
    (await registry.aliasHistory("churn", "champion")).map(({ version, revision }) => [version, revision]),
    [
      ["2", 2],
      ["1", 1],
    ],
  );
});

test("an alias cannot name what does not exist", async () => {
  await registry.addVersion(draft("a"), "ada");

  await assert.rejects(registry.setAlias("churn", "challenger", "9", 0, "bob"), { code: "not-found" });
  await assert.rejects(registry.setAlias("walrus", "champion", "1", 0, "bob"), { code: "not-found" });
  await assert.rejects(registry.setAlias("churn", "challenger", "1", 5, "bob"), { code: "changed-meanwhile" });
});

test("a version that an alias names stays, another goes for good", async () => {
  await registry.addVersion(draft("a"), "ada");
  await registry.addVersion(draft("b"), "ada");

  await assert.rejects(registry.deleteVersion("churn", "1", "bob"), { code: "conflict" });
  const gone = await registry.deleteVersion("churn", "2", "bob");
  const next = await registry.addVersion(draft("c"), "ada");

  assert.equal(gone.version, "2");
  assert.equal(next.record.version, "3");
  assert.deepEqual(await registry.digests(), new Set(["a".repeat(64), "c".repeat(64)]));
  await assert.rejects(registry.deleteVersion("churn", "2", "bob"), { code: "not-found" });
});

test("every change is in the audit log, which nobody can rewrite", async () => {
  await registry.addVersion(draft("a"), "ada");
  await registry.addVersion(draft("b"), "ada");
  await registry.setAlias("churn", "champion", "2", 1, "bob");
  await registry.deleteVersion("churn", "1", "bob");

  const { rows } = await pool.query<{ actor: string; action: string }>(
    "select actor, action from models.audit_log order by place",
  );

  assert.deepEqual(
    rows.map(({ actor, action }) => `${actor} ${action}`),
    ["ada version.added", "ada alias.set", "ada version.added", "bob alias.set", "bob version.deleted"],
  );
  await assert.rejects(pool.query("delete from models.audit_log"), /append-only/);
  await assert.rejects(pool.query("update models.alias_change set number = 9"), /append-only/);
});

test("replicas hear of changes, and again after their connection broke", async () => {
  const heard = new EventTarget();
  const listener = listenForChanges({
    url: postgres.ownerUrl,
    retryMs: 20,
    onChange: () => heard.dispatchEvent(new Event("change")),
  });
  await once(heard, "change");

  const told = once(heard, "change");
  await registry.addVersion(draft("a"), "ada");
  await told;
  const back = once(heard, "change");
  await pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%listener' and pid <> pg_backend_pid()",
  );
  await back;

  await listener.close();
});

test("migrating again, and by several replicas at once, changes nothing", async () => {
  await pool.query("drop schema models cascade");

  const applied = await Promise.all([migrateModels(pool), migrateModels(pool), migrateModels(pool)]);

  assert.equal(applied.filter((names) => names.length > 0).length, 1);
  await pool.query("insert into models.migration (name) values ('from-the-future')");
  await assert.rejects(migrateModels(pool), { code: "database-version" });
});
