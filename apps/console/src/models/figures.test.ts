import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesText, cellText, millisecondsText, shareText } from "./figures.ts";

describe("figures", () => {
  test("carry the unit that fits", () => {
    assert.deepEqual([0, 999, 52_400, 1_400_000, 250_000_000].map(bytesText), [
      "0 B",
      "999 B",
      "52.4 kB",
      "1.4 MB",
      "250 MB",
    ]);
    assert.deepEqual([0.4217, 12.34, 250.6, 1_234].map(millisecondsText), ["0.422 ms", "12.3 ms", "251 ms", "1.2 s"]);
  });

  test("a share is all or nothing only when it is", () => {
    assert.deepEqual([0, 0.0001, 0.5, 0.9999, 1].map(shareText), ["0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100 %"]);
  });

  test("values of tables are shown as they are", () => {
    assert.deepEqual([null, 3, 0.1 + 0.2, 0.0000069638208, "x", true, [1]].map(cellText), [
      "null",
      "3",
      "0.3",
      "6.964e-6",
      "x",
      "true",
      "[1]",
    ]);
  });
});
