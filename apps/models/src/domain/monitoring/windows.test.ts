import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dueWindows, windowStart } from "./windows.ts";

const HOUR = 3_600_000;

describe("windows that are due", () => {
  test("start at whole multiples, are over, and come oldest first", () => {
    const due = dueWindows(10 * HOUR, HOUR, 12 * HOUR + 60_000);

    assert.deepEqual(due, [
      { from: 10 * HOUR, to: 11 * HOUR },
      { from: 11 * HOUR, to: 12 * HOUR },
    ]);
  });

  test("wait a moment for the last records of a window", () => {
    assert.deepEqual(dueWindows(11 * HOUR, HOUR, 12 * HOUR + 2_999), []);
    assert.equal(dueWindows(11 * HOUR, HOUR, 12 * HOUR + 3_000).length, 1);
  });

  test("none is due when the clock went back", () => {
    assert.deepEqual(dueWindows(12 * HOUR, HOUR, 9 * HOUR), []);
  });

  test("after a long stop only the last ones are made up for", () => {
    const due = dueWindows(0, HOUR, 1_000 * HOUR + 60_000);

    assert.equal(due.length, 48);
    assert.deepEqual(due.at(-1), { from: 999 * HOUR, to: 1_000 * HOUR });
  });

  test("a window of which a part was judged with another size is left out", () => {
    assert.deepEqual(dueWindows(windowStart(10.5 * HOUR, HOUR / 2), HOUR, 12.1 * HOUR), [
      { from: 11 * HOUR, to: 12 * HOUR },
    ]);
  });
});
