import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DURATION_PATTERN, durationMs, humanDuration, toInstant } from "./clock.ts";

describe("instants and durations", () => {
  test("an instant is ISO 8601 in UTC with milliseconds", () => {
    assert.equal(toInstant(0), "1970-01-01T00:00:00.000Z");
    assert.equal(toInstant(Date.UTC(2026, 2, 14, 9, 26, 53, 589)), "2026-03-14T09:26:53.589Z");
  });

  for (const [text, ms] of [
    ["1ms", 1],
    ["30s", 30_000],
    ["15m", 900_000],
    ["24h", 86_400_000],
    ["90d", 7_776_000_000],
  ] as const) {
    test(`${text} is ${ms} milliseconds`, () => {
      assert.equal(durationMs(text), ms);
    });
  }

  for (const text of ["", "5", "s", "0s", "01s", "-1s", "1.5s", "1 s", "1w", "1S", "1s ", "9999999999s"]) {
    test(`"${text}" is no duration`, () => {
      assert.throws(() => durationMs(text), RangeError);
    });
  }

  test("the pattern for schemas takes exactly what can be read", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{1,10}(ms|s|m|h|d|w)?$/)), (text) => {
        const readable = new RegExp(DURATION_PATTERN, "u").test(text);

        if (readable) assert.ok(durationMs(text) > 0);
        else assert.throws(() => durationMs(text), RangeError);
      }),
      { numRuns: 500 },
    );
  });

  for (const [ms, text] of [
    [0, "0 ms"],
    [999, "999 ms"],
    [1_000, "1.0 s"],
    [4_230, "4.2 s"],
    [99_000, "99 s"],
    [100_000, "2 min"],
    [7_199_999, "120 min"],
    [7_200_000, "2 h"],
    [172_800_000, "2 days"],
    [-30_000, "30 s"],
  ] as const) {
    test(`people read ${ms} milliseconds as ${text}`, () => {
      assert.equal(humanDuration(ms), text);
    });
  }
});
