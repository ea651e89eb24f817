import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createThroughput } from "./throughput.ts";

test("it is the guess until there is experience, and then the speed, however the time is cut", () => {
  const cut = fc.double({ min: 0.01, max: 500, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(cut, { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      (cuts, speed) => {
        const throughput = createThroughput(10, 100);
        assert.equal(throughput.perMs(), 10);

        throughput.add(2_000 * speed, 2_000);
        for (const took of cuts) throughput.add(took * speed, took);

        assert.ok(Math.abs(throughput.perMs() - speed) <= speed * 0.01 + 1e-6);
      },
    ),
  );
});

test("a change shows within a few of its memories, and a moment hardly counts", () => {
  const throughput = createThroughput(10, 100);
  throughput.add(1_000, 1_000);

  throughput.add(0, 0.1);
  assert.ok(Math.abs(throughput.perMs() - 1) < 0.01);

  throughput.add(2_000, 500);
  assert.ok(Math.abs(throughput.perMs() - 4) < 0.05);
});
