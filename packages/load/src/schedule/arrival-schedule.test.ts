import assert from "node:assert/strict";
import { test } from "node:test";
import { scheduleOf } from "./arrival-schedule.ts";

test("a replay keeps the times that it is given", () => {
  const schedule = scheduleOf({ arrivalsAt: [0, 5, 5, 40] });

  assert.equal(schedule.total, 4);
  assert.equal(schedule.totalMs, 40);
  assert.deepEqual([0, 1, 2, 3, 4].map(schedule.timeOf), [0, 5, 5, 40, Number.POSITIVE_INFINITY]);
  assert.deepEqual([0, 5, 6, 40, 41].map(schedule.before), [0, 1, 3, 3, 4]);
});

test("a course gives arrivals and their number in both directions", () => {
  const schedule = scheduleOf({ arrivalsPerSecond: 100, for: "1s" });

  assert.equal(schedule.total, 100);
  assert.equal(schedule.timeOf(50), 500);
  assert.equal(schedule.before(500), 50);
});
