import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DriftCounts } from "../dataset/drift.ts";
import { judgeColumn, worstVerdict } from "./verdict.ts";

const BOUNDS = { minimumRows: 100, warnPsi: 0.1, alarmPsi: 0.25 };

/** Counts of two values, whose shares on both sides are given. */
function counts(rows: readonly [number, number], shares: readonly [number, number]): DriftCounts {
  const [reference, current] = rows;
  const [before, after] = [Math.round(reference * shares[0]), Math.round(current * shares[1])];
  return {
    column: "place",
    kind: "categorical",
    reference: { rows: reference, nulls: 0 },
    current: { rows: current, nulls: 0 },
    bins: [
      { label: "in", reference: before, current: after },
      { label: "out", reference: reference - before, current: current - after },
    ],
    ksDistance: undefined,
  };
}

describe("a column of a window", () => {
  test("that has moved little is good, with the figures said", () => {
    const { verdict, reason } = judgeColumn("input", counts([1_000, 1_000], [0.5, 0.55]), BOUNDS);

    assert.equal(verdict, "good");
    assert.equal(reason, 'column place: PSI 0.01 within 0.1, share of "in" moved from 50 % to 55 %');
  });

  for (const [after, verdict] of [
    [0.62, "good"],
    [0.67, "warn"],
    [0.73, "warn"],
    [0.76, "alarm"],
  ] as const) {
    test(`whose share moved from 50 % to ${after * 100} % is ${verdict}`, () => {
      assert.equal(judgeColumn("input", counts([1_000, 1_000], [0.5, after]), BOUNDS).verdict, verdict);
    });
  }

  test("of numbers says how the mean moved", () => {
    const numeric: DriftCounts = {
      ...counts([1_000, 1_000], [0.5, 0.9]),
      column: "temperature",
      kind: "numeric",
      ksDistance: 0.4,
      means: { reference: 27.714, current: 30.7 },
    };

    const { verdict, reason } = judgeColumn("input", numeric, BOUNDS);

    assert.equal(verdict, "alarm");
    assert.match(reason, /^column temperature: PSI 0\.\d+ over 0\.25, mean moved from 27\.7 to 30\.7$/);
  });

  test("that has too few values is unknown, never good", () => {
    const { verdict, reason } = judgeColumn("prediction", counts([1_000, 99], [0.5, 0.5]), BOUNDS);

    assert.equal(verdict, "unknown");
    assert.equal(reason, "too little data: 99 values in the window, 100 are needed");
    assert.equal(judgeColumn("input", counts([99, 1_000], [0.5, 0.5]), BOUNDS).verdict, "unknown");
    assert.equal(judgeColumn("input", counts([0, 0], [0.5, 0.5]), BOUNDS).verdict, "unknown");
  });

  test("is not held to what chance does with few rows", () => {
    const few = judgeColumn("input", counts([100, 100], [0.5, 0.66]), BOUNDS);
    const many = judgeColumn("input", counts([10_000, 10_000], [0.5, 0.66]), BOUNDS);

    assert.deepEqual([few.verdict, many.verdict], ["good", "warn"]);
    assert.match(few.reason, /by chance/);
  });

  test("is not alarming because there are many rows", () => {
    const { verdict, chiSquare } = judgeColumn("input", counts([5_000_000, 5_000_000], [0.5, 0.51]), BOUNDS);

    assert.ok((chiSquare?.pValue ?? 1) < 1e-10);
    assert.equal(verdict, "good");
  });
});

test("the worst of several verdicts is what the window says", () => {
  assert.equal(worstVerdict(["good", "unknown", "alarm", "warn"]), "alarm");
  assert.equal(worstVerdict(["good", "unknown"]), "good");
  assert.equal(worstVerdict(["unknown"]), "unknown");
  assert.equal(worstVerdict([]), "unknown");
});
