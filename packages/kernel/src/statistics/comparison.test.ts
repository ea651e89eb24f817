import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fisherExact, mannWhitney, medianOf, normalTail, ratioInterval } from "./comparison.ts";
import { createRandom, type Random } from "./random.ts";

const near = (seen: number, expected: number, within: number): void =>
  assert.ok(Math.abs(seen - expected) <= within, `${seen}, not ${expected}`);

/** Values around 100, as block medians of a latency are. */
const sample = (random: Random, size: number, centre = 100): number[] =>
  Array.from({ length: size }, () => centre * (1 + (random() + random() + random() - 1.5) * 0.1));

test("Mann–Whitney gives the textbook values", () => {
  // All of one below all of the other: 2 of the 70 orders of 4 and 4.
  near(mannWhitney([1, 2, 3, 4], [5, 6, 7, 8]), 2 / 70, 1e-12);
  near(mannWhitney([1, 2, 4], [3, 5, 6]), 0.2, 1e-12);
  // By hand: U = 4 of 25, variance 22.36 with three values tied, z = 8 / 4.729 = 1.692.
  near(mannWhitney([1, 2, 2, 3, 5], [2, 4, 6, 7, 8]), 0.0907, 5e-4);
  assert.equal(mannWhitney([], [1]), 1);
  assert.equal(mannWhitney([1, 1], [1, 1]), 1);
});

test("Mann–Whitney does not care which sample comes first", () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const p = mannWhitney(a, b);

      assert.ok(p >= 0 && p <= 1);
      near(mannWhitney(b, a), p, 1e-9);
    }),
  );
});

test("Mann–Whitney cries wolf as often as it says, exact and approximated", () => {
  const random = createRandom(3);
  for (const size of [12, 50]) {
    let wolves = 0;
    for (let run = 0; run < 1_000; run += 1) {
      if (mannWhitney(sample(random, size), sample(random, size)) < 0.05) wolves += 1;
    }
    // 50 of 1,000 are due; four standard deviations are 28.
    assert.ok(wolves > 22 && wolves < 78, `${wolves} of 1000 at ${size}`);
  }
});

test("Fisher's test gives the textbook values", () => {
  // The lady tasting tea: 3 of 4 right on both sides.
  near(fisherExact(3, 4, 1, 4), 34 / 70, 1e-9);
  near(fisherExact(4, 4, 0, 4), 2 / 70, 1e-9);
  // The whales and sharks of SciPy's manual, fisher_exact([[8, 2], [1, 5]]): 0.03497.
  near(fisherExact(8, 10, 1, 6), 0.03497, 1e-5);
  assert.equal(fisherExact(0, 1_000, 0, 1_000), 1);
  assert.ok(fisherExact(10, 100_000, 60, 100_000) < 1e-6);
});

test("the tail of the normal distribution is the one of the tables", () => {
  near(normalTail(0), 0.5, 1e-7);
  near(normalTail(1.959964), 0.025, 1e-7);
  near(normalTail(3), 0.0013499, 1e-7);
});

test("the interval of a ratio holds the ratio", () => {
  const random = createRandom(5);
  let held = 0;
  for (let run = 0; run < 100; run += 1) {
    const { low, high } = ratioInterval(sample(random, 30), sample(random, 30, 110), 0.95, random, 300);
    assert.ok(low <= high);
    if (low <= 1.1 && high >= 1.1) held += 1;
  }

  assert.ok(held >= 88, `${held} of 100`);
  assert.throws(() => ratioInterval([], [1], 0.95, random), RangeError);
});

test("the median is the middle", () => {
  assert.equal(medianOf([]), undefined);
  assert.equal(medianOf([3, 1, 2]), 2);
  assert.equal(medianOf([4, 1, 2, 3]), 2.5);
});
