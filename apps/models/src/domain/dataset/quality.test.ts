import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "./column.ts";
import { judgeQuality, type Measures } from "./quality.ts";

const NOW = Date.parse("2026-03-14T12:00:00Z");

const GATE = { maxRejectedShare: 0.05, now: NOW };

function measured(overrides: Partial<Measures> = {}): Measures {
  return { columns: [], newest: [], failed: [], rows: 100, rejected: 0, ...overrides };
}

test("a version passes up to the share of rejected rows that is allowed, and not above it", () => {
  const atLimit = judgeQuality(measured({ rows: 95, rejected: 5 }), [], GATE);
  const above = judgeQuality(measured({ rows: 94, rejected: 6 }), [], GATE);

  assert.equal(atLimit.passed, true);
  assert.deepEqual(above.failures, ["6 % of the rows were rejected; at most 5 % may be"]);
});

test("a version without a row does not pass", () => {
  assert.deepEqual(judgeQuality(measured({ rows: 0 }), [], GATE).failures, ["no row is left"]);
});

test("the newest value decides on freshness, unless the rule only warns", () => {
  const column = (action: "reject" | "warn"): Column => ({
    name: "at",
    type: "TIMESTAMP",
    rules: { maxAge: "24h", action },
  });
  const report = (action: "reject" | "warn", newest: number | null) => {
    const shape = [{ name: "at", type: "TIMESTAMP", nulls: 0, min: null, max: null }];
    return judgeQuality(measured({ columns: shape, newest: [newest], failed: [0] }), [column(action)], GATE);
  };

  assert.equal(report("reject", NOW - 86_400_000).passed, true);
  assert.deepEqual(report("reject", NOW - 90_000_000).failures, [
    "at: the newest value is 25 h old; at most 24h is allowed",
  ]);
  assert.deepEqual(report("reject", null).failures, ["at: there is no value"]);
  const warned = report("warn", NOW - 90_000_000);
  assert.deepEqual([warned.passed, warned.rules[0]?.failed], [true, 1]);
});
