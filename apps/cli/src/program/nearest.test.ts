import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { editDistance, nearest } from "./nearest.ts";

describe("the nearest word", () => {
  const cases: readonly (readonly [typed: string, expected: string | undefined])[] = [
    ["chek", "check"],
    ["chekc", "check"],
    ["evidnce", "evidence"],
    ["read", "readiness"],
    ["up", "up"],
    ["xyz", undefined],
    ["", undefined],
  ];
  for (const [typed, expected] of cases) {
    it(`to "${typed}" is ${expected ?? "none"}`, () => {
      assert.equal(nearest(typed, ["check", "evidence", "readiness", "up"]), expected);
    });
  }

  it("is measured the same in both directions, and is 0 only for the same word", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        assert.equal(editDistance(a, b), editDistance(b, a));
        assert.equal(editDistance(a, b) === 0, a === b);
        assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
      }),
    );
  });
});
