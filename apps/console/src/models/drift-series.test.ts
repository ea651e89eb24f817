import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { driftHistory } from "./drift-series.ts";
import type { DriftWindow, WatchedColumn } from "./platform.ts";

const HOUR = 3_600_000;
const START = Date.parse("2026-11-22T00:00:00.000Z");

function window(hour: number, columns: readonly WatchedColumn[]): DriftWindow {
  const [from, to] = [hour, hour + 1].map((each) => new Date(START + each * HOUR).toISOString());
  return { from: from ?? "", to: to ?? "", verdict: "good", reason: null, rows: 500, columns };
}

function column(name: string, psi: number | null, side: WatchedColumn["side"] = "input"): WatchedColumn {
  return { column: name, side, psi, verdict: psi === null ? "unknown" : "good", reason: `index ${psi}` };
}

describe("drift over time", () => {
  test("puts every column on one axis, the one that moved furthest first, and leaves gaps where nobody looked", () => {
    const windows = [
      window(3, [column("humidity", 0.1), column("temperature", 0.4)]),
      window(1, [column("humidity", 0.05)]),
      window(0, [column("humidity", null), column("temperature", 0.2)]),
    ];

    const { at, columns } = driftHistory(windows, { window: "1h" });

    assert.deepEqual(
      at.map((each) => (each - START) / HOUR),
      [0.5, 1.5, 2.5, 3.5],
    );
    assert.deepEqual(
      columns.map(({ name, psi, values }) => [name, psi, values]),
      [
        ["temperature", 0.4, [0.2, null, null, 0.4]],
        ["humidity", 0.1, [null, 0.05, null, 0.1]],
      ],
    );
  });

  test("tells an input and a prediction of one name apart", () => {
    const { columns } = driftHistory([window(0, [column("x", 0.1), column("x", 0.2, "prediction")])], { window: "1h" });

    assert.deepEqual(
      columns.map(({ side, psi }) => [side, psi]),
      [
        ["prediction", 0.2],
        ["input", 0.1],
      ],
    );
  });

  test("does not claim that a column is good that the newest window did not compare", () => {
    const { columns } = driftHistory([window(1, []), window(0, [column("x", 0.1)])], { window: "1h" });

    assert.deepEqual([columns[0]?.verdict, columns[0]?.psi], ["unknown", null]);
  });

  test("is nothing before the first window", () => {
    assert.deepEqual(driftHistory([], { window: "1h" }), { at: [], columns: [] });
  });
});
