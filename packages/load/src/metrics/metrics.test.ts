import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { scenarioFigures, sliceFigures } from "../result/figures.ts";
import {
  countCheck,
  countMessage,
  createMetrics,
  customMetric,
  FOLDED,
  mergeMetrics,
  type Metrics,
  scenarioMetrics,
  SERIES_LIMITS,
  stepSeries,
  tagSeries,
} from "./metrics.ts";
import { recordAnswer } from "./series.ts";
import { createTimeline, mergeTimeline, noteUsers, recordInTime } from "./timeline.ts";

interface Seen {
  readonly step: string;
  readonly ms: number;
  readonly status: number;
  readonly tag: string;
}

const seen = fc.array(
  fc.record({
    step: fc.constantFrom("GET /", "POST /cart"),
    ms: fc.double({ min: 0.01, max: 60_000, noNaN: true }),
    status: fc.constantFrom(200, 204, 404, 500),
    tag: fc.constantFrom("a=1", "a=2"),
  }),
  { maxLength: 100 },
);

function record(metrics: Metrics, requests: readonly Seen[]): void {
  const own = scenarioMetrics(metrics, "shop");
  for (const { step, ms, status, tag } of requests) {
    const times = { intendedAt: 0, sentAt: ms / 4, firstByteAt: ms / 2 };
    recordAnswer(stepSeries(metrics, own, step), times, ms, status, 100, 50);
    recordAnswer(tagSeries(metrics, tag), times, ms, status, 100, 50);
    own.iterations.started += 1;
    countCheck(metrics, own, "is 200", status === 200);
    if (status >= 400) countMessage(metrics, `status ${status}`);
    customMetric(metrics, "sent", "counter").total += 1;
  }
}

/** Steps and tags appear in the order in which they were first seen, which is no part of the figures. */
function figuresOf(metrics: Metrics): unknown {
  const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);
  const own = metrics.scenarios.get("shop");
  const figures = own && scenarioFigures("shop", own, metrics, { elapsedMs: 1_000, satisfiedMs: undefined });
  return {
    figures: figures && { ...figures, steps: figures.steps.toSorted(byName) },
    tags: [...metrics.tags.keys()].sort(),
    messages: Object.fromEntries(metrics.messages),
    custom: [...metrics.custom],
  };
}

test("what workers saw apart adds up to exactly what one would have seen", () => {
  fc.assert(
    fc.property(seen, seen, seen, (a, b, c) => {
      const single = createMetrics();
      for (const part of [a, b, c]) record(single, part);
      const parts = [a, b, c].map((part) => {
        const metrics = createMetrics();
        record(metrics, part);
        return metrics;
      });

      const merged = createMetrics();
      for (const part of parts.toReversed()) mergeMetrics(merged, part);

      fc.pre(a.length + b.length + c.length > 0);
      assert.deepEqual(JSON.parse(JSON.stringify(figuresOf(merged))), JSON.parse(JSON.stringify(figuresOf(single))));
    }),
  );
});

test("100,000 tag values, steps and messages take bounded room, and nothing is lost from the sums", () => {
  const metrics = createMetrics();
  const own = scenarioMetrics(metrics, "many");

  for (let nth = 0; nth < 100_000; nth += 1) {
    tagSeries(metrics, `id=${nth}`).requests += 1;
    stepSeries(metrics, own, `GET /${nth}`).requests += 1;
    countMessage(metrics, `message ${nth}`);
  }

  assert.equal(metrics.tags.size, SERIES_LIMITS.tags + 1);
  assert.equal(own.steps.size, SERIES_LIMITS.steps + 1);
  assert.equal(metrics.messages.size, SERIES_LIMITS.names + 1);
  assert.equal(metrics.tags.get(FOLDED)?.requests, 100_000 - SERIES_LIMITS.tags);
  assert.equal(metrics.folded.get("tag values"), 100_000 - SERIES_LIMITS.tags);
});

test("a name is used for one kind of measure only", () => {
  const metrics = createMetrics();
  customMetric(metrics, "size", "trend");

  assert.throws(() => customMetric(metrics, "size", "counter"), TypeError);
});

test("gauges keep their range and trends their values when workers add up", () => {
  const [a, b] = [createMetrics(), createMetrics()];
  Object.assign(customMetric(a, "stock", "gauge"), { last: 1, min: 1, max: 4 });
  Object.assign(customMetric(b, "stock", "gauge"), { last: 3, min: 2, max: 9 });

  mergeMetrics(a, b);

  assert.deepEqual(a.custom.get("stock"), { kind: "gauge", last: 3, min: 1, max: 9 });
});

test("a timeline of days takes bounded room and keeps every request", () => {
  const timeline = createTimeline();

  for (let second = 0; second < 100_000; second += 1) recordInTime(timeline, second * 1_000, 5, second % 10 === 0);

  assert.ok(timeline.slices.length <= 300 && timeline.slices.length > 150, `${timeline.slices.length}`);
  assert.equal(
    timeline.slices.reduce((sum, slice) => sum + slice.requests, 0),
    100_000,
  );
  assert.equal(
    timeline.slices.reduce((sum, slice) => sum + slice.failed, 0),
    10_000,
  );
});

test("timelines of workers add up slice by slice, also when one of them is coarser", () => {
  const [fine, coarse, sum] = [createTimeline(), createTimeline(), createTimeline()];
  recordInTime(fine, 1_500, 10, false);
  noteUsers(fine, 1_500, 3);
  recordInTime(coarse, 1_500, 20, true);
  noteUsers(coarse, 1_500, 4);

  mergeTimeline(sum, fine);
  mergeTimeline(sum, coarse);
  recordInTime(coarse, 1_300_000, 1, false);
  mergeTimeline(sum, coarse);

  assert.equal(sum.sliceMs, coarse.sliceMs);
  assert.equal(
    sum.slices.reduce((total, slice) => total + slice.requests, 0),
    4,
  );
  assert.equal(sliceFigures(sum)[0]?.users, 7 + 4);
});

test("the heatmap holds every answer that the slice holds", () => {
  const timeline = createTimeline();
  for (const ms of [0.5, 1, 2, 2.1, 400]) recordInTime(timeline, 10, ms, false);

  const [slice] = sliceFigures(timeline);

  const counts = slice?.heat.filter((_, index) => index % 2 === 1) ?? [];
  assert.equal(
    counts.reduce((sum, times) => sum + times, 0),
    5,
  );
  assert.ok((slice?.heat[0] ?? 1) <= 0.5);
});
