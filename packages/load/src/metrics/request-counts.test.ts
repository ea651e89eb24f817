import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { histogramData, type Histogram } from "@muster/kernel";
import type { RequestOutcome } from "../user/user-http.ts";
import { createMetrics, scenarioMetrics, SERIES_LIMITS, stepSeries, tagSeries } from "./metrics.ts";
import { RequestCounts } from "./request-counts.ts";
import { recordAnswer, recordFailure } from "./series.ts";
import { createTimeline, recordInTime } from "./timeline.ts";

const outcome = (rest: Partial<RequestOutcome>): RequestOutcome => ({
  intendedAt: 10,
  sentAt: 11,
  firstByteAt: 12,
  endedAt: 15,
  name: "GET /",
  tags: undefined,
  status: 200,
  failure: undefined,
  bytesIn: 100,
  bytesOut: 50,
  trace: undefined,
  serverTiming: undefined,
  ...rest,
});

/** Counts without any sum in between. */
function countedOneByOne(outcomes: readonly RequestOutcome[]) {
  const metrics = createMetrics();
  const timeline = createTimeline();
  const scenario = scenarioMetrics(metrics, "s");
  for (const each of outcomes) {
    const series = [stepSeries(metrics, scenario, each.name)];
    for (const [key, value] of Object.entries(each.tags ?? {})) series.push(tagSeries(metrics, `${key}=${value}`));
    for (const one of series) {
      if (each.failure === undefined) recordAnswer(one, each, each.endedAt, each.status, each.bytesIn, each.bytesOut);
      else recordFailure(one, each, each.endedAt, "timeout", each.bytesOut);
    }
    recordInTime(
      timeline,
      each.endedAt,
      each.endedAt - each.intendedAt,
      each.failure !== undefined || each.status >= 400,
    );
  }
  return { metrics, timeline };
}

test("sums that are added later are the same as counting each request everywhere at once", () => {
  const request = fc.record({
    name: fc.constantFrom("GET /", "POST /x"),
    tags: fc.option(fc.dictionary(fc.constantFrom("kind", "area"), fc.constantFrom("a", "b"), { maxKeys: 2 }), {
      nil: undefined,
    }),
    after: fc.integer({ min: 0, max: 700 }),
    took: fc.integer({ min: 3, max: 900 }),
    status: fc.constantFrom(200, 200, 204, 404, 500),
    timedOut: fc.boolean(),
    looked: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
      const metrics = createMetrics();
      const timeline = createTimeline();
      const counts = new RequestCounts(metrics, timeline);
      const steps = { scenario: scenarioMetrics(metrics, "s"), tallies: new Map() };
      let now = 0;
      const outcomes = requests.map(({ name, tags, after, took, status, timedOut, looked }) => {
        now += after;
        if (looked) counts.settle(now);
        const [intendedAt, sentAt, firstByteAt] = [now - took, now - took + 1, now - 1];
        const failure = timedOut ? ({ kind: "timeout", reason: "no answer" } as const) : undefined;
        const each = outcome({ name, tags, intendedAt, sentAt, firstByteAt, endedAt: now, status, failure });
        counts.record(steps, each, now);
        return each;
      });
      counts.settle(now);

      const expected = countedOneByOne(outcomes);
      assert.deepEqual(plain({ metrics, timeline }), plain(expected));
    }),
    { numRuns: 500 },
  );
});

test("what is beyond the limits is counted in the common series, and each use of it is noted", () => {
  const metrics = createMetrics();
  const counts = new RequestCounts(metrics, createTimeline());
  const steps = { scenario: scenarioMetrics(metrics, "s"), tallies: new Map() };
  const beyond = SERIES_LIMITS.tags + 25;

  for (let nth = 0; nth < beyond; nth += 1) counts.record(steps, outcome({ tags: { id: String(nth) } }), nth);
  counts.record(steps, outcome({ tags: { id: String(beyond - 1) } }), beyond);
  counts.settle(beyond);

  assert.ok(metrics.tags.size <= SERIES_LIMITS.tags + 1);
  const all = [...metrics.tags.values()].reduce((sum, { requests }) => sum + requests, 0);
  assert.equal(all, beyond + 1);
  assert.ok((metrics.folded.get("tag values") ?? 0) >= 25);
});

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, each: unknown) => {
      if (each instanceof Map)
        return Object.fromEntries([...each].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
      if (typeof each === "object" && each !== null && "octaves" in each) return histogramData(each as Histogram);
      return each;
    }),
  );
}
