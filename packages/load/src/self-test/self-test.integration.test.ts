import assert from "node:assert/strict";
import { test } from "node:test";
import { FULL_SELF_TEST, runSelfTest, truthOf } from "./self-test.ts";

test("the truth of the full test is the closed form", () => {
  assert.deepEqual(
    [0.5, 0.95, 0.99, 0.999].map((share) => Math.round(truthOf(share, FULL_SELF_TEST))),
    [0, 1_000, 1_800, 1_980],
  );
});

test("a stall shows in the percentiles that it must show in, and no request is lost", async () => {
  const result = await runSelfTest({
    ratePerSecond: 500,
    durationMs: 2_400,
    stallMs: 600,
    stallAtMs: 1_000,
    connections: 50,
  });

  assert.equal(result.unaccounted, 0);
  assert.equal(result.answered, 1_200);
  for (const row of result.rows) {
    assert.ok(Math.abs(row.deviation) < 0.08, `${row.name}: ${row.reportedMs} ms for ${row.truthMs} ms`);
  }
  // What only the sends show: 50 connections were stuck, and nobody else ever waited.
  assert.ok((result.rows[0]?.serviceMs ?? 1_000) < 600);
});
