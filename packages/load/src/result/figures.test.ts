import assert from "node:assert/strict";
import { test } from "node:test";
import { createSeries, recordAnswer, recordFailure } from "../metrics/series.ts";
import { requestFigures } from "./figures.ts";

const at = (ms: number): { intendedAt: number; sentAt: number; firstByteAt: number } => ({
  intendedAt: 0,
  sentAt: 0.1,
  firstByteAt: ms,
});

test("Apdex counts the satisfied whole, the tolerating half, and the rest and the failed not at all", () => {
  const series = createSeries();
  for (const ms of [10, 20, 50, 90]) recordAnswer(series, at(ms), ms, 200, 1, 1);
  for (const ms of [150, 390]) recordAnswer(series, at(ms), ms, 200, 1, 1);
  recordAnswer(series, at(900), 900, 200, 1, 1);
  recordFailure(series, { intendedAt: 0, sentAt: 0, firstByteAt: 0 }, 5, "connect", 1);
  recordAnswer(series, at(1), 1, 500, 1, 1);

  const { apdex } = requestFigures("all", series, { elapsedMs: 1_000, satisfiedMs: 100 });

  // Four satisfied and two tolerating of nine.
  assert.equal(apdex, 5 / 9);
});

test("without a time that satisfies there is no Apdex", () => {
  assert.equal(requestFigures("all", createSeries(), { elapsedMs: 1_000, satisfiedMs: 100 }).apdex, undefined);
  const series = createSeries();
  recordAnswer(series, at(1), 1, 200, 1, 1);
  assert.equal(requestFigures("all", series, { elapsedMs: 1_000, satisfiedMs: undefined }).apdex, undefined);
});
