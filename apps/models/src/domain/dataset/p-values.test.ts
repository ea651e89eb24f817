import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chiSquareTail, kolmogorovTail } from "./p-values.ts";

/** Equal to ten significant digits. */
function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= Math.abs(expected) * 1e-10, `${actual} is not ${expected}`);
}

test("chi-square probabilities equal those of a computation with forty digits", () => {
  // mpmath 1.3: gammainc(k/2, x/2, inf, regularized=True) with mp.dps = 40.
  const cases = [
    [3.8414588206941, 1, 0.05],
    [0.001, 1, 0.97477287936996],
    [0.001, 7, 0.99999999999976],
    [18.3070380532751, 10, 0.05],
    [9.3, 10, 0.50388885462811],
    [1851.063, 228, 9.0557119730728e-252],
    [228, 228, 0.48754461562655],
    [100, 228, 0.99999999999999],
    [1100.5, 999, 0.013452522797596],
    [700, 3, 2.0991308534204e-151],
  ] as const;

  for (const [statistic, degrees, expected] of cases) assertClose(chiSquareTail(statistic, degrees), expected);
});

test("Kolmogorov's probabilities equal those of a computation with forty digits", () => {
  // mpmath 1.3, the alternating series; scipy.special.kolmogorov gives the same.
  const cases = [
    [0.2, 0.99999999999949],
    [0.4, 0.9971923267773],
    [0.5, 0.96394524366488],
    [0.8, 0.5441424115742],
    [1, 0.26999967167735],
    [1.17, 0.12939004218562],
    [1.18, 0.12345380942977],
    [1.5, 0.022217962616525],
    [2, 0.0006709252557797],
    [3, 3.0459959489425e-8],
    [5, 3.8574996959278e-22],
  ] as const;

  for (const [lambda, expected] of cases) assertClose(kolmogorovTail(lambda), expected);
});

test("with two degrees of freedom the probability is an exponential, whatever the statistic", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 600, noNaN: true }), (statistic) => {
      assertClose(chiSquareTail(statistic, 2), Math.exp(-statistic / 2));
    }),
  );
});

test("no difference is no surprise, and an impossible one has no probability", () => {
  assert.deepEqual([chiSquareTail(0, 3), kolmogorovTail(0)], [1, 1]);
  assert.ok(Number.isNaN(chiSquareTail(1, 0)));
  assert.equal(chiSquareTail(1e6, 3), 0);
});
