import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRateLimiter } from "./rate-limiter.ts";

test("a burst is let through, then the steady rate", () => {
  const limiter = createRateLimiter({ perSecond: 10, burst: 3 });

  assert.deepEqual(
    [0, 0, 0, 0].map((now) => limiter.take("a", now)),
    [2, 1, 0, -100],
  );
  assert.equal(limiter.take("a", 50), -50);
  assert.equal(limiter.take("a", 100), 0);
  assert.equal(limiter.take("a", 100), -100);
});

test("callers do not take from each other", () => {
  const limiter = createRateLimiter({ perSecond: 1, burst: 1 });

  assert.equal(limiter.take("a", 0), 0);
  assert.equal(limiter.take("b", 0), 0);
  assert.ok(limiter.take("a", 0) < 0);
});

test("a clock that goes back neither gives nor takes", () => {
  const limiter = createRateLimiter({ perSecond: 1_000, burst: 1 });
  limiter.take("a", 1_000);

  assert.ok(limiter.take("a", 0) < 0);
  assert.equal(limiter.take("a", 1), 0);
});

test("in no stretch of time does anybody get more than the burst and the rate", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (waits, perSecond, burst) => {
      const limiter = createRateLimiter({ perSecond, burst });
      let now = 0;
      let allowed = 0;
      for (const wait of waits) {
        now += wait;
        if (limiter.take("a", now) >= 0) allowed += 1;
      }

      assert.ok(allowed <= burst + (now / 1_000) * perSecond + 1e-6);
    }),
  );
});

test("callers that are long gone are forgotten", () => {
  const limiter = createRateLimiter({ perSecond: 1_000, burst: 1 });

  for (let index = 0; index < 50_000; index += 1) limiter.take(String(index), index);

  assert.equal(limiter.take("0", 50_000), 0);
});
