import assert from "node:assert/strict";
import { test } from "node:test";
import { stabilityIndex } from "./psi.ts";

test("the index is 0 for the same values and known for shares that have moved", () => {
  const reference = Array.from({ length: 100 }, (_, index) => index);

  const same = stabilityIndex(reference, reference.toReversed());
  // The lowest tenth of the reference becomes two tenths, and the second one none.
  const moved = stabilityIndex(
    reference,
    reference.map((value) => (value < 20 ? 0 : value)),
  );

  assert.equal(same, 0);
  const expected = (0.2 - 0.1) * Math.log(0.2 / 0.1) + (0.0001 - 0.1) * Math.log(0.0001 / 0.1);
  assert.ok(Math.abs(moved - expected) < 1e-12);
});
