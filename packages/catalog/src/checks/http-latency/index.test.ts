import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, refused } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { httpLatency } from "./index.ts";

function taking(...times: number[]) {
  return answered({}, { repetitions: times.map((totalMs) => ({ totalMs, status: 200 })) });
}

test("exactly the allowed time passes, anything above fails", () => {
  assert.deepEqual(judgeFacts(httpLatency, taking(100, 500)), {
    outcome: "pass",
    summary: "p95 500 ms of 2 requests, allowed 500 ms",
  });
  assert.equal(judgeFacts(httpLatency, taking(100, 500.01)).outcome, "fail");
});

test("a failure shows where the time went", () => {
  const judgement = judgeFacts(httpLatency, taking(212, 12, 12), { maximumMs: 100 });

  assert.equal(judgement.summary, "p95 212 ms of 3 requests, allowed 100 ms");
  assert.deepEqual(judgement.findings, [
    {
      resource: "https://service.example/",
      message: "first request: connect 1 ms, headers after 8 ms, all after 10 ms",
    },
  ]);
});

test("requests that failed do not count as quick", () => {
  const failure = { phase: "connect", code: "ECONNREFUSED", message: "refused" } as const;
  const facts = answered({}, { repetitions: [{ totalMs: 1, failure }] });

  assert.equal(judgeFacts(httpLatency, facts).outcome, "unknown");
  assert.equal(judgeFacts(httpLatency, refused()).outcome, "unknown");
});
