import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import {
  countCheck,
  createMetrics,
  customMetric,
  type Metrics,
  scenarioMetrics,
  stepSeries,
  tagSeries,
} from "../metrics/metrics.ts";
import { recordAnswer, recordFailure } from "../metrics/series.ts";
import { judgeThreshold, parseDemand, type Threshold } from "./threshold.ts";

/** 100 requests of 1 to 100 ms over 10 s, one of which was answered 500, and one more that was reset. */
function metrics(): Metrics {
  const all = createMetrics();
  const shop = scenarioMetrics(all, "shop");
  shop.iterations.started = 99;
  shop.iterations.missed = 1;
  for (let ms = 1; ms <= 100; ms += 1) {
    const times = { intendedAt: 0, sentAt: 0.5, firstByteAt: ms - 0.5 };
    for (const series of [stepSeries(all, shop, ms > 90 ? "GET /slow" : "GET /"), tagSeries(all, "kind=read")]) {
      recordAnswer(series, times, ms, ms === 100 ? 500 : 200, 10, 10);
    }
  }
  recordFailure(stepSeries(all, shop, "GET /"), { intendedAt: 0, sentAt: 1, firstByteAt: 0 }, 5, "reset", 10);
  for (let nth = 0; nth < 100; nth += 1) countCheck(all, shop, "is 200", nth > 0);
  customMetric(all, "bought", "counter").total = 12;
  Object.assign(customMetric(all, "stock", "gauge"), { last: 5, min: 1, max: 9 });
  return all;
}

const judge = (written: string | Threshold) =>
  judgeThreshold(typeof written === "string" ? { that: written } : written, metrics(), 10_000);

test("demands hold or are broken by what was seen", () => {
  const cases: [string | Threshold, boolean][] = [
    ["p95 < 100ms", true],
    ["p95 < 0.09s", false],
    ["p50 <= 51 ms", true],
    ["max = 100ms", true],
    ["mean > 50ms", true],
    ["service p99 < 100ms", true],
    ["firstByte p99 < 98ms", false],
    ["sendLag max <= 1ms", true],
    ["errors < 2%", true],
    ["errors < 1.9%", false],
    ["rate > 10/s", true],
    ["rate >= 607/min", false],
    ["checks >= 99%", true],
    ["missed < 1%", false],
    ["bought total = 12", true],
    ["stock last < 5", false],
    ["stock max < 10", true],
    [{ that: "p50 > 90ms", step: "GET /slow" }, true],
    [{ that: "errors = 0%", tag: "kind=read" }, false],
    [{ that: "max < 101ms", scenario: "shop" }, true],
  ];

  for (const [written, ok] of cases) assert.equal(judge(written).ok, ok, JSON.stringify(judge(written)));
});

test("the summary shows what was seen and what is allowed", () => {
  const result = judge({ that: "errors < 1%", scenario: "shop", step: "GET /slow" });

  assert.equal(result.text, 'errors < 1% for scenario "shop", step "GET /slow"');
  assert.equal(result.summary, "errors 10 %, allowed < 1 %");
  assert.equal(judge("p95 < 50ms").figure, "response p95");
  assert.match(judge("p95 < 50ms").summary, /^p95 9[45](\.\d)? ms, allowed < 50 ms$/);
});

test("a threshold without data does not hold", () => {
  const without: (string | Threshold)[] = [
    { that: "p95 < 100ms", step: "GET /nothing" },
    { that: "errors < 1%", tag: "kind=none" },
    { that: "rate > 0/s", scenario: "nobody" },
    "basket mean < 3",
    "tls p95 < 10ms",
    { that: "iteration p95 < 1s", scenario: "shop" },
    "stock p95 < 1",
  ];

  for (const written of without) {
    const result = judge(written);
    assert.equal(result.ok, false, JSON.stringify(result));
    assert.match(result.summary, /there is no data/);
  }
  assert.equal(judgeThreshold({ that: "errors < 1%" }, createMetrics(), 1_000).ok, false);
});

test("a demand that is not understood is refused with a hint", () => {
  const wrong = [
    "",
    "p95",
    "p95 < fast",
    "p95 < 100",
    "errors < 5",
    "rate > 5",
    "p95 << 1ms",
    "p100 < 1ms",
    "p95 < 3 %",
  ];
  const more = ["service errors < 1%", "bought total < 3ms", "total < 3", "foo < 3ms", "basket p95 < 3ms"];

  for (const text of [...wrong, ...more]) assert.throws(() => parseDemand(text), MusterError, text);
});
