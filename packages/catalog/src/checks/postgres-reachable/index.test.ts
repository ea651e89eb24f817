import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeFacts } from "../../testing/judge.ts";
import { database, noDatabase } from "../../testing/postgres-facts.ts";
import { postgresReachable } from "./index.ts";

function loginAfter(connectMs: number) {
  return { "postgres-statistics": { ...database()["postgres-statistics"], connectMs } };
}

test("a login within the allowed time passes, a slower one fails", () => {
  assert.deepEqual(judgeFacts(postgresReachable, loginAfter(1_000)), {
    outcome: "pass",
    summary: "login to PostgreSQL 18.4 took 1,000 ms, allowed 1,000 ms",
  });
  assert.equal(judgeFacts(postgresReachable, loginAfter(1_001)).outcome, "fail");
});

test("no login fails and says how far it came", () => {
  const judgement = judgeFacts(postgresReachable, noDatabase());

  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.summary, "no login: connect: the connection was refused (ECONNREFUSED)");
});

test("a login without an answer to a query fails", () => {
  const { server: _none, ...rest } = database()["postgres-statistics"];

  const judgement = judgeFacts(postgresReachable, { "postgres-statistics": rest });

  assert.equal(judgement.outcome, "fail");
  assert.match(judgement.summary, /^login, but no answer/);
});
