import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { activityCharts } from "./activity-series.ts";
import type { Activity } from "./platform.ts";

const UNTIL = Date.parse("2026-11-22T00:10:00.000Z");
const STEP = 10_000;

function instant(steps: number): string {
  return new Date(UNTIL + steps * STEP).toISOString();
}

const activity: Activity = {
  windowMs: STEP,
  since: instant(-4),
  until: instant(0),
  versions: [
    { version: "1", windows: [{ at: instant(-2), answered: 50, rows: 50, cached: 0, refused: 1, failed: 0, p95: 4 }] },
    { version: "2", windows: [{ at: instant(-1), answered: 5, rows: 50, cached: 0, refused: 0, failed: 2, p95: 9 }] },
  ],
};

describe("what a model did", () => {
  test("is drawn by version, the champion first, with what nobody knows apart from what was nothing", () => {
    const charts = activityCharts(activity, "2", 1, UNTIL + STEP);

    assert.deepEqual(charts.known, [false, false, true, true, true, true]);
    assert.deepEqual(charts.throughput, [
      { label: "version 2", values: [null, null, 0, 0, 0, 0.5] },
      { label: "version 1", values: [null, null, 0, 0, 5, 0] },
    ]);
    assert.deepEqual(charts.latency[1]?.values, [null, null, null, null, 4, null]);
    assert.deepEqual(charts.totals, { answered: 55, refused: 1, failed: 2 });
  });

  test("is not known after the platform's last answer, once the next is overdue", () => {
    const charts = activityCharts(activity, "1", 1, UNTIL + 5 * STEP);

    assert.deepEqual(charts.known, [true, true, true, false, false, false]);
    assert.deepEqual(charts.throughput[0]?.values, [0, 5, 0, null, null, null]);
  });

  test("has a line for the champion when nobody asked yet", () => {
    const charts = activityCharts({ ...activity, versions: [] }, "3", 1, UNTIL);

    assert.deepEqual(charts.throughput, [{ label: "version 3", values: [null, null, 0, 0, 0, 0] }]);
  });
});
