import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { wilsonInterval } from "./proportion.ts";

describe("the interval of a share", () => {
  // Figures of statsmodels.stats.proportion.proportion_confint(…, method="wilson").
  for (const [hits, total, low, high] of [
    [0, 10, 0, 0.277_532_8],
    [5, 10, 0.236_593_1, 0.763_406_9],
    [10, 10, 0.722_467_2, 1],
    [85, 100, 0.767_164_4, 0.906_940_1],
  ] as const) {
    test(`${hits} of ${total}`, () => {
      const interval = wilsonInterval(hits, total);

      assert.ok(Math.abs(interval.low - low) < 1e-5, `${interval.low}`);
      assert.ok(Math.abs(interval.high - high) < 1e-5, `${interval.high}`);
    });
  }

  test("nothing seen says nothing", () => {
    assert.deepEqual(wilsonInterval(0, 0), { low: 0, high: 1 });
  });
});
