import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@muster/kernel";
import fc from "fast-check";
import type { StepOutcome } from "@muster/contract";
import { DEFAULT_CAPACITY, findCapacity } from "./capacity-search.ts";

/** A service that can do so much, give or take; a step that is told wrong with the given probability. */
function service(limit: number, random: () => number, noise = 0, wrong = 0): (rate: number) => Promise<StepOutcome> {
  return (rate) => {
    const able = limit * (1 + (random() - 0.5) * noise);
    const truth = rate <= able;
    return Promise.resolve({
      holds: random() < wrong ? !truth : truth,
      goodPerSecond: Math.min(rate, able),
      summary: "",
    });
  };
}

test("any limit is found within the precision, in few steps", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 20, max: 90_000 }), fc.integer(), async (limit, seed) => {
      const found = await findCapacity(service(limit, createRandom(seed)));

      assert.equal(found.settled, true);
      assert.ok((found.holdsAt ?? 0) <= limit && (found.breaksAt ?? 0) > limit);
      assert.ok((found.breaksAt ?? 0) - (found.holdsAt ?? 0) <= Math.max(1.5, (found.holdsAt ?? 0) * 0.03));
      assert.ok(found.steps.length <= 25, `${found.steps.length} steps`);
      assert.deepEqual(found.tries, { holds: 3, breaks: 3 });
    }),
  );
});

test("a service that is not the same in every step is found within 5 %, nearly always", async () => {
  let within = 0;
  for (let seed = 0; seed < 200; seed += 1) {
    const found = await findCapacity(service(3_000, createRandom(seed), 0.04, 0.02));
    if (Math.abs((found.holdsAt ?? 0) / 3_000 - 1) <= 0.05) within += 1;
  }

  assert.ok(within >= 194, `${within} of 200`);
});

test("a service that never holds, or never breaks, is said to be so", async () => {
  const never = await findCapacity(service(0, createRandom(1)));
  const always = await findCapacity(service(1e9, createRandom(1)));

  assert.equal(never.holdsAt, undefined);
  assert.equal(never.settled, false);
  assert.equal(always.breaksAt, undefined);
  assert.equal(always.holdsAt, DEFAULT_CAPACITY.maxPerSecond);
});

test("a search that finds no end stops at its bound", async () => {
  const random = createRandom(9);
  const coin = (): Promise<StepOutcome> => Promise.resolve({ holds: random() < 0.5, goodPerSecond: 0, summary: "" });

  const found = await findCapacity(coin, { ...DEFAULT_CAPACITY, confirmations: 100 });

  assert.equal(found.steps.length, DEFAULT_CAPACITY.maxSteps);
  assert.equal(found.settled, false);
});
