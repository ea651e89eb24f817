import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded, loadedBadly } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { errorRate } from "./index.ts";

test("the allowed share passes, one request more fails", () => {
  assert.deepEqual(judgeFacts(errorRate, loaded({ answered: 999, failed: 1 })), {
    outcome: "pass",
    summary: "0.1 % of 1,000 requests failed, allowed 0.1 %",
  });
  assert.equal(judgeFacts(errorRate, loaded({ answered: 998, failed: 2 })).outcome, "fail");
});

test("a failure names the kinds of error, the most frequent first", () => {
  const facts = loaded({ answered: 900, failed: 100, errors: { timeout: 20, status: 80, reset: 0 } });

  const judgement = judgeFacts(errorRate, facts);

  assert.deepEqual(judgement.findings, [
    { resource: 'error kind "status"', message: "80 requests" },
    { resource: 'error kind "timeout"', message: "20 requests" },
  ]);
});

test("a load whose generator was the bottleneck is unknown, and says why", () => {
  const judgement = judgeFacts(errorRate, loadedBadly());

  assert.equal(judgement.outcome, "unknown");
  assert.match(judgement.summary, /late by 80 ms/);
});

test("too few requests are unknown", () => {
  assert.equal(judgeFacts(errorRate, loaded({ answered: 99 })).outcome, "unknown");
  assert.equal(judgeFacts(errorRate, loaded({ answered: 100 })).outcome, "pass");
});
