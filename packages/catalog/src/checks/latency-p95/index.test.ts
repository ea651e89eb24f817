import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded, loadedBadly } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { latencyP95 } from "./index.ts";

function withP95(p95: number) {
  return loaded({ response: { min: 1, mean: 20, p50: 18, p90: 30, p95, p99: 300, p999: 400, max: 400 } });
}

test("exactly the allowed time passes, anything above fails", () => {
  assert.deepEqual(judgeFacts(latencyP95, withP95(250)), {
    outcome: "pass",
    summary: "p95 250 ms at 200 requests/s, allowed 250 ms",
  });
  assert.equal(judgeFacts(latencyP95, withP95(250.1)).outcome, "fail");
});

test("a failure shows the distribution", () => {
  const judgement = judgeFacts(latencyP95, withP95(260));

  assert.deepEqual(judgement.findings, [
    { resource: "response time under load", message: "p50 18 ms, p95 260 ms, p99 300 ms of 1,000 answers" },
  ]);
});

test("a load that does not count, or has too few answers, is unknown", () => {
  assert.equal(judgeFacts(latencyP95, loadedBadly()).outcome, "unknown");
  assert.equal(judgeFacts(latencyP95, loaded({ answered: 99 })).outcome, "unknown");
  const { response: _none, ...without } = loaded()["load-run"];
  assert.equal(judgeFacts(latencyP95, { "load-run": without }).outcome, "unknown");
});
