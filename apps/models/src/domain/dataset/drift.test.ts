import assert from "node:assert/strict";
import { test } from "node:test";
import { type DriftCounts, judgeDrift } from "./drift.ts";

function assertClose(actual: number | null | undefined, expected: number): void {
  const holds = typeof actual === "number" && Math.abs(actual - expected) <= Math.abs(expected) * 1e-10;
  assert.ok(holds, `${actual} is not ${expected}`);
}

function counts(reference: readonly number[], current: readonly number[], ksDistance?: number): DriftCounts {
  const rows = (side: readonly number[]) => ({ rows: side.reduce((sum, each) => sum + each, 0), nulls: 0 });
  return {
    column: "x",
    kind: ksDistance === undefined ? "categorical" : "numeric",
    reference: rows(reference),
    current: rows(current),
    bins: reference.map((count, index) => ({ label: String(index), reference: count, current: current[index] ?? 0 })),
    ksDistance,
  };
}

test("the measures equal those of numpy and scipy", () => {
  const drift = judgeDrift(counts([120, 340, 500, 40, 0, 7], [100, 300, 700, 0, 12, 9], 0.05));

  // numpy, with shares of at least 1e-4; scipy.spatial.distance.jensenshannon(p, q, 2);
  // scipy.stats.chi2_contingency(correction=False); scipy.special.kolmogorov(0.05 * sqrt(n * m / (n + m))).
  assertClose(drift.psi, 0.34110154191844627);
  assertClose(drift.jensenShannon, 0.18709541290152806);
  assertClose(drift.chiSquare?.statistic, 84.03554573557774);
  assertClose(drift.chiSquare?.pValue, 1.1990467804717905e-16);
  assert.equal(drift.chiSquare?.degrees, 5);
  assertClose(drift.cramersV, 0.19872188614653435);
  assertClose(drift.ks?.pValue, 0.140919127168236);
  assert.equal(drift.verdict, "strong");
});

test("a difference that is significant and small is no drift", () => {
  const drift = judgeDrift(counts([1_000_000, 1_000_000], [1_010_000, 990_000]));

  assert.ok((drift.chiSquare?.pValue ?? 1) < 1e-20);
  assert.equal(drift.verdict, "none");
});

test("equal shares are no drift, whatever the numbers of rows", () => {
  const drift = judgeDrift(counts([10, 20, 30], [1_000, 2_000, 3_000], 0));

  assert.deepEqual([drift.psi, drift.jensenShannon, drift.chiSquare?.statistic], [0, 0, 0]);
  assert.deepEqual([drift.chiSquare?.pValue, drift.ks?.pValue, drift.verdict], [1, 1, "none"]);
});

test("a side without a value is unknown, not unchanged", () => {
  const empty = { ...counts([], []), reference: { rows: 10, nulls: 0 }, current: { rows: 0, nulls: 30 } };

  const drift = judgeDrift(empty);

  assert.deepEqual([drift.verdict, drift.psi, drift.nullShareChange], ["unknown", null, 1]);
});

test("a single value on both sides leaves nothing to test", () => {
  const drift = judgeDrift(counts([10], [20]));

  assert.deepEqual([drift.verdict, drift.chiSquare, drift.cramersV], ["none", null, 0]);
});
