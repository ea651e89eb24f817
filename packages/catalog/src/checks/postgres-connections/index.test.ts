import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeFacts } from "../../testing/judge.ts";
import { database, noDatabase } from "../../testing/postgres-facts.ts";
import { postgresConnections } from "./index.ts";

for (const [connections, outcome] of [
  [80, "pass"],
  [81, "warn"],
  [90, "warn"],
  [91, "fail"],
] as const) {
  test(`${connections} of 100 connections is a ${outcome}`, () => {
    const judgement = judgeFacts(postgresConnections, database({ connections }));

    assert.equal(judgement.outcome, outcome);
    assert.match(judgement.summary, new RegExp(`^${connections} of 100 connections in use`));
  });
}

test("without statistics it is unknown", () => {
  assert.equal(judgeFacts(postgresConnections, noDatabase()).outcome, "unknown");
});
