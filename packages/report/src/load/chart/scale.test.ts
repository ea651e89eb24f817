import assert from "node:assert/strict";
import { test } from "node:test";
import { linearAxis, logAxis, millisecondsText, shareText, sinceStartText, tickText, timeAxis } from "./scale.ts";

test("an axis ends on a round number at or above the greatest value", () => {
  assert.deepEqual(linearAxis(730).ticks, [0, 200, 400, 600, 800]);
  assert.deepEqual(linearAxis(0.3).ticks, [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(linearAxis(0).ticks, [0, 0.25, 0.5, 0.75, 1]);
  assert.equal(linearAxis(730).scale(400), 0.5);
  assert.equal(linearAxis(730).scale(9_999), 1);
});

test("on a logarithmic axis each power of ten is equally long", () => {
  const { scale, ticks } = logAxis(0.5, 500);

  assert.deepEqual(ticks, [1, 10, 100]);
  assert.ok(Math.abs(scale(100) - scale(10) - (scale(10) - scale(1))) < 1e-9);
});

test("an axis of time counts as people do", () => {
  assert.deepEqual(timeAxis(60_000).ticks.map(sinceStartText), ["0 s", "15 s", "30 s", "45 s", "1:00"]);
  assert.deepEqual(timeAxis(7_200_000).ticks.map(sinceStartText), ["0 s", "30:00", "1:00:00", "1:30:00", "2:00:00"]);
});

test("figures are short, and what is not nothing never reads as nothing", () => {
  assert.deepEqual([0, 250, 1_500, 12_345, 3_456_000].map(tickText), ["0", "250", "1,500", "12.3k", "3.46M"]);
  assert.deepEqual([0.421, 18.3, 812, 2_412].map(millisecondsText), ["0.42 ms", "18 ms", "812 ms", "2.41 s"]);
  assert.deepEqual([0, 0.00001, 0.0158, 0.5].map(shareText), ["0 %", "< 0.01 %", "1.6 %", "50 %"]);
});
