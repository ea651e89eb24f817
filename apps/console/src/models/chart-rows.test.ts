import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chartOf } from "./chart-rows.ts";

const columns = [
  { name: "day", type: "DATE" },
  { name: "city", type: "VARCHAR" },
  { name: "mean", type: "DOUBLE" },
  { name: "total", type: "HUGEINT" },
];
const rows = [
  ["2026-11-02", "Oslo", 4, "18446744073709551616"],
  ["2026-11-01", "Rome", 19, "1"],
  ["2026-11-01", "Bern", null, null],
];

describe("a chart of two columns", () => {
  test("is a line over time, in order, one value for each place", () => {
    assert.deepEqual(chartOf(columns, rows, 0, 2), {
      kind: "line",
      axis: "time",
      at: [Date.parse("2026-11-01"), Date.parse("2026-11-02")],
      values: [19, 4],
    });
  });

  test("is a line over numbers", () => {
    const chart = chartOf(
      [
        { name: "x", type: "INTEGER" },
        { name: "y", type: "INTEGER" },
      ],
      [
        [2, 20],
        [1, 10],
      ],
      0,
      1,
    );

    assert.deepEqual(chart, { kind: "line", axis: "number", at: [1, 2], values: [10, 20] });
  });

  test("is bars over words, large numbers included, without the rows that have none", () => {
    assert.deepEqual(chartOf(columns, rows, 1, 3), {
      kind: "bars",
      bars: [
        { label: "Oslo", value: 18446744073709552000 },
        { label: "Rome", value: 1 },
      ],
      most: 18446744073709552000,
    });
  });

  test("is none where there is no number", () => {
    assert.deepEqual(chartOf(columns, rows, 0, 1), { kind: "none" });
    assert.deepEqual(chartOf(columns, [], 0, 2), { kind: "none" });
  });
});
