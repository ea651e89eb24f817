import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Secret } from "@muster/kernel";
import pg from "pg";
import { sampleJudgement } from "../../testing/sample-evidence.ts";
import { type TemporaryPostgres, temporaryPostgres } from "../../testing/temporary-postgres.ts";
import { postgresIdentity } from "../identity.ts";
import { postgresLedger } from "../ledger.ts";
import { openPool } from "../pool.ts";
import { postgresRuns } from "../runs.ts";
import { migrate, MIGRATIONS } from "./migrate.ts";

let postgres: TemporaryPostgres;
let made = 0;

before(async () => {
  postgres = await temporaryPostgres();
});

after(() => postgres.close());

afterEach(async () => {
  for (; made > 0; made -= 1) await asOwner(postgres.ownerUrl, `drop database fresh_${made} with (force)`);
});

describe("migrations", () => {
  test("are all applied to an empty database, and none the second time", async () => {
    const url = await emptyDatabase();

    const first = await migrate(url, "muster");
    const second = await migrate(url, "muster");

    assert.deepEqual(
      first.applied,
      MIGRATIONS.map(({ name }) => name),
    );
    assert.deepEqual(second.applied, []);
  });

  test("are applied once when several replicas start together", async () => {
    const url = await emptyDatabase();

    const results = await Promise.all(Array.from({ length: 4 }, () => migrate(url, "muster")));

    assert.deepEqual(
      results.flatMap(({ applied }) => applied).toSorted(),
      MIGRATIONS.map(({ name }) => name).toSorted(),
    );
  });

  test("have names that say what they do, each once", () => {
    const names = MIGRATIONS.map(({ name }) => name);

    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z]+(-[a-z]+)+$/);
  });

  test("leave alone a database that a newer Muster migrated", async () => {
    const url = await emptyDatabase();
    await migrate(url);
    await asOwner(url, "insert into muster.migration (name) values ('add-something-later')");

    await assert.rejects(migrate(url), { code: "database-version", message: /newer Muster \(add-something-later\)/ });
  });

  test("say so when the server cannot be reached", async () => {
    await assert.rejects(migrate(new Secret("postgres://a:b@127.0.0.1:1/c")), { code: "database-unreachable" });
  });

  test("serve one role that owns the schema and works in it, as with DATABASE_URL", async () => {
    await asOwner(postgres.ownerUrl, "drop role if exists single", "create role single login password 'single'");
    const admin = await emptyDatabase();
    const name = new URL(admin.reveal()).pathname.slice(1);
    await asOwner(postgres.ownerUrl, `grant create on database ${name} to single`);
    const own = new URL(admin.reveal());
    own.username = "single";
    own.password = "single";
    const url = new Secret(own.href);

    await migrate(url);
    const pool = openPool(url);
    const ledger = postgresLedger(pool);
    await ledger.append([sampleJudgement("run-1/a")]);
    await postgresRuns(pool).active();
    await postgresIdentity(pool).ensureUser({ name: "ada", role: "admin" });

    assert.equal((await ledger.verify()).intact, true);
    await assert.rejects(pool.query("delete from muster.evidence"), { code: "42501" });
    await pool.end();
  });
});

/** A database of its own without anything of Muster's. */
async function emptyDatabase(): Promise<Secret> {
  made += 1;
  await asOwner(postgres.ownerUrl, `create database fresh_${made}`);
  const url = new URL(postgres.ownerUrl.reveal());
  url.pathname = `/fresh_${made}`;
  return new Secret(url.href);
}

async function asOwner(url: Secret, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url.reveal() });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
