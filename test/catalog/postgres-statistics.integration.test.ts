import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { judge, type JsonObject, Secret } from "@muster/kernel";
import { temporaryPostgres, type TemporaryPostgres } from "@muster/adapters/testing";
import { createCatalog } from "@muster/catalog";

const catalog = createCatalog({ load: () => Promise.reject(new Error("no load here")) });

async function look(postgres: Secret): Promise<JsonObject> {
  const collector = catalog.collectors.get("postgres-statistics");
  assert.ok(collector);
  const target = { url: new URL("http://localhost/"), paths: { readiness: "/", metrics: "/" }, postgres };
  return (await collector.collect(target, { signal: AbortSignal.timeout(20_000) })) as JsonObject;
}

function judged(id: string, value: JsonObject) {
  const check = catalog.checks.get(id);
  assert.ok(check);
  return judge(check, check.defaults, { "postgres-statistics": { status: "collected", value } });
}

describe("a real PostgreSQL", () => {
  let postgres: TemporaryPostgres;
  before(async () => {
    postgres = await temporaryPostgres();
  });
  after(() => postgres.close());

  test("tells its statistics, which are judged", async () => {
    const facts = await look(postgres.url);

    const server = facts["server"] as Readonly<Record<"version", string>> & Readonly<Record<string, number>>;
    assert.match(server.version, /^18\./);
    for (const count of ["maxConnections", "connections", "blocksHit"]) assert.ok(Number(server[count]) > 0, count);
    assert.equal(judged("postgres-reachable", facts).outcome, "pass");
    assert.equal(judged("postgres-connections", facts).outcome, "pass");
    assert.notEqual(judged("postgres-cache-hit-ratio", facts).outcome, "fail");
  });

  test("refuses a wrong password, which is a fact without the password", async () => {
    const url = new URL(postgres.url.reveal());
    url.password = "wr0ng-password";

    const facts = await look(new Secret(url.href));

    const { outcome, summary } = judged("postgres-reachable", facts);
    assert.equal(outcome, "fail");
    assert.match(summary, /28P01/);
    assert.doesNotMatch(JSON.stringify(facts), /wr0ng-password/);
    assert.equal(judged("postgres-cache-hit-ratio", facts).outcome, "unknown");
  });
});
