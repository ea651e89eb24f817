import assert from "node:assert/strict";
import { test } from "node:test";
import type { PrometheusMetrics } from "../../collectors/prometheus-metrics/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { eventLoopLag } from "./index.ts";

const METRIC = "nodejs_eventloop_lag_p99_seconds";

function metrics(...samples: PrometheusMetrics["samples"]): { "prometheus-metrics": PrometheusMetrics } {
  return {
    "prometheus-metrics": {
      url: "http://service.example/metrics",
      observedAt: "2026-11-20T12:00:00.000Z",
      status: 200,
      windowMs: 2_000,
      samples,
      malformedLines: 0,
      cut: false,
    },
  };
}

test("exactly the allowed lag passes, anything above fails", () => {
  assert.deepEqual(judgeFacts(eventLoopLag, metrics({ name: METRIC, labels: {}, value: 0.1 })), {
    outcome: "pass",
    summary: "p99 lag 100 ms within 2,000 ms, allowed 100 ms",
  });
  assert.equal(judgeFacts(eventLoopLag, metrics({ name: METRIC, labels: {}, value: 0.101 })).outcome, "fail");
});

test("of several processes the worst one is judged and named", () => {
  const judgement = judgeFacts(
    eventLoopLag,
    metrics(
      { name: METRIC, labels: { worker: "1" }, value: 0.01 },
      { name: METRIC, labels: { worker: "2" }, value: 0.5 },
    ),
  );

  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.findings?.[0]?.resource, `${METRIC}{worker="2"}`);
});

test("without a number for the metric it is unknown", () => {
  assert.equal(judgeFacts(eventLoopLag, metrics()).outcome, "unknown");
  assert.equal(judgeFacts(eventLoopLag, metrics({ name: METRIC, labels: {}, value: "NaN" })).outcome, "unknown");
});

test("without metrics it is unknown", () => {
  const facts = metrics();
  const failure = { phase: "protocol", code: "STATUS", message: "the metrics path answers 404" } as const;

  const judgement = judgeFacts(eventLoopLag, { "prometheus-metrics": { ...facts["prometheus-metrics"], failure } });

  assert.equal(judgement.outcome, "unknown");
  assert.match(judgement.summary, /answers 404/);
});
