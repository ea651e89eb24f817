import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nextAlarm } from "./alarm.ts";
import type { Verdict } from "./verdict.ts";

/** What an alarm does over some windows: its state after each. */
function states(verdicts: readonly Verdict[]): string[] {
  let open: { readonly calm: number } | undefined;
  return verdicts.map((verdict) => {
    const next = nextAlarm(open, { verdict, reason: "because" });
    if (next.change === "raise" || next.change === "continue") open = { calm: 0 };
    if (next.change === "calm") open = { calm: next.calm };
    if (next.change === "clear") open = undefined;
    return next.change;
  });
}

describe("an alarm", () => {
  test("is raised by the upper bound alone", () => {
    assert.deepEqual(states(["good", "warn", "alarm"]), ["none", "none", "raise"]);
  });

  test("is kept by the lower bound, so that it does not flutter", () => {
    assert.deepEqual(states(["alarm", "warn", "alarm", "warn"]), ["raise", "continue", "continue", "continue"]);
  });

  test("is cleared by two good windows in a row", () => {
    assert.deepEqual(states(["alarm", "good", "warn", "good", "good", "good"]), [
      "raise",
      "calm",
      "continue",
      "calm",
      "clear",
      "none",
    ]);
  });

  test("is left as it is by a window that says nothing", () => {
    assert.deepEqual(states(["unknown", "alarm", "unknown", "good", "unknown", "good"]), [
      "none",
      "raise",
      "none",
      "calm",
      "none",
      "clear",
    ]);
  });
});
