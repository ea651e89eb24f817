import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReadinessEndpoint } from "../../collectors/readiness-endpoint/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { readinessEndpoint } from "./index.ts";

function ready(says: Partial<ReadinessEndpoint>): { "readiness-endpoint": ReadinessEndpoint } {
  return {
    "readiness-endpoint": {
      url: "http://service.example/readyz",
      observedAt: "2026-11-20T12:00:00.000Z",
      totalMs: 5,
      ...says,
    },
  };
}

for (const [status, totalMs, outcome] of [
  [200, 5, "pass"],
  [299, 1_000, "pass"],
  [200, 1_000.5, "fail"],
  [300, 5, "fail"],
  [503, 5, "fail"],
] as const) {
  test(`status ${status} after ${totalMs} ms is a ${outcome}`, () => {
    assert.equal(judgeFacts(readinessEndpoint, ready({ status, totalMs })).outcome, outcome);
  });
}

test("the summary shows what came and what was expected", () => {
  const judgement = judgeFacts(readinessEndpoint, ready({ status: 503 }));

  assert.equal(judgement.summary, "status 503 after 5 ms, expected 200 to 299 within 1,000 ms");
  assert.deepEqual(judgement.findings, [{ resource: "http://service.example/readyz", message: "answers 503" }]);
});

test("no answer fails: a load balancer would send no traffic either", () => {
  const failure = { phase: "connect", code: "ECONNREFUSED", message: "refused" } as const;

  const judgement = judgeFacts(readinessEndpoint, ready({ failure }));

  assert.equal(judgement.outcome, "fail");
  assert.match(judgement.summary, /ECONNREFUSED/);
});
