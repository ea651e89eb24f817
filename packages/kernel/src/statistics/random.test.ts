import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRandom } from "./random.ts";

test("the same seed gives the same numbers, another seed others", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const first = createRandom(seed);
      const again = createRandom(seed);
      const other = createRandom(seed + 1);

      const drawn = Array.from({ length: 20 }, first);

      assert.deepEqual(Array.from({ length: 20 }, again), drawn);
      assert.notDeepEqual(Array.from({ length: 20 }, other), drawn);
    }),
  );
});

test("numbers lie in [0, 1) and spread evenly", () => {
  const random = createRandom(7);
  const tenths = Array.from({ length: 10 }, () => 0);

  for (let drawn = 0; drawn < 100_000; drawn += 1) {
    const number = random();
    assert.ok(number >= 0 && number < 1);
    const tenth = Math.floor(number * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }

  // Five standard deviations of a tenth of 100,000 draws are 474.
  for (const drawn of tenths) assert.ok(Math.abs(drawn - 10_000) < 474, `${drawn}`);
});
