import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chartNumber, scaleEnd, seriesSummary, unknownStretches } from "./series.ts";

describe("a chart", () => {
  test("knows the stretches in which nothing is known", () => {
    assert.deepEqual(unknownStretches([false, false, true, false, true]), [
      [0, 1],
      [3, 3],
    ]);
    assert.deepEqual(unknownStretches([true]), []);
  });

  test("reads as a sentence for whoever does not see it", () => {
    const series = [
      { label: "version 1", values: [null, 2, 4, 3] },
      { label: "version 2", values: [null, null, null, null] },
    ];

    assert.equal(
      seriesSummary("Throughput", "per second", series, [false, true, true, true]),
      "Throughput. version 1: 3 per second, between 2 and 4; version 2: nothing yet; 25 % not known",
    );
  });

  test("shows a limit that is near, and keeps the lines' shape under one that is far", () => {
    const series = [{ label: "p95", values: [10, null, 20] }];

    assert.equal(scaleEnd(series, undefined), 23);
    assert.ok(Math.abs(scaleEnd(series, 50) - 55) < 1e-9);
    assert.equal(scaleEnd(series, 500), 23);
    assert.equal(scaleEnd([], 500), 1);
  });

  test("writes numbers with three digits that count", () => {
    assert.deepEqual([0, 1_234_567, 12.3456, 0.04567, 0.0000123].map(chartNumber), [
      "0",
      "1,234,567",
      "12.3",
      "0.0457",
      "1.2e-5",
    ]);
  });
});
