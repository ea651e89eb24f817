import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Secret } from "@muster/kernel";
import pg from "pg";
import { type TemporaryPostgres, temporaryPostgres } from "../testing/temporary-postgres.ts";
import { openServiceDatabase } from "./service-database.ts";

describe("a service's own database", () => {
  let postgres: TemporaryPostgres;

  before(async () => {
    postgres = await temporaryPostgres();
  });
  after(() => postgres.close());

  async function query(url: Secret | string, sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: typeof url === "string" ? url : url.reveal() });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it("is made the first time, and is there with its rows the next, under a fresh password", async () => {
    const first = await openServiceDatabase(postgres.ownerUrl, "price-list");
    await query(first, "create schema shop; create table shop.price as select 42 as euros");

    const second = await openServiceDatabase(postgres.ownerUrl, "price-list");

    assert.deepEqual(await query(second, "select euros from shop.price"), [{ euros: 42 }]);
    assert.notEqual(second.reveal(), first.reveal());
    await assert.rejects(query(first, "select 1"), /password authentication failed/);
  });

  it("is all that its role can reach: not Muster's ledger, not another service's database", async () => {
    const mine = new URL((await openServiceDatabase(postgres.ownerUrl, "mine")).reveal());
    await openServiceDatabase(postgres.ownerUrl, "theirs");

    for (const other of ["muster", "service_theirs"]) {
      await assert.rejects(query(new URL(`/${other}`, mine).href, "select 1"), /permission denied for database/);
    }
    await assert.rejects(query(mine.href, "create role intruder"), /permission denied/);
  });

  it("has a name that needs no quoting", () => {
    for (const name of ["", "Shop", 'a"b', "a;drop", "x".repeat(41)]) {
      assert.throws(() => openServiceDatabase(postgres.ownerUrl, name), /cannot be a database's name/);
    }
  });
});
