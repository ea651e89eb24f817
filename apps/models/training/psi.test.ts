import assert from "node:assert/strict";
import { test } from "node:test";
import { stabilityIndex } from "./psi.ts";

test("the index is 0 for the same values and known for shares that have moved", () => {
  const reference = [1, 2, 3, 4];

  const same = stabilityIndex(reference, [4, 3, 2, 1], 2);
  const moved = stabilityIndex(reference, [1, 4, 4, 4], 2);

  // The edge is 3: three quarters lie at or below it, later one quarter.
  assert.equal(same, 0);
  assert.ok(Math.abs(moved - Math.log(3)) < 1e-12);
});
