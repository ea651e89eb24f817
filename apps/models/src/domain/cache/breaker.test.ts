import assert from "node:assert/strict";
import { test } from "node:test";
import { createBreaker } from "./breaker.ts";

function setUp() {
  let now = 1_000;
  const breaker = createBreaker({ failures: 3, pauseMs: 100, maxPauseMs: 400, now: () => now });
  const fail = (times: number): void => {
    for (let time = 0; time < times; time += 1) breaker.failed();
  };
  return { breaker, fail, pass: (ms: number) => (now += ms) };
}

test("failures in a row stop everything but one trial after a pause; a success in between starts the count anew", () => {
  const { breaker, fail, pass } = setUp();
  fail(2);
  breaker.succeeded();
  fail(2);
  assert.equal(breaker.admit(), "yes");

  fail(1);

  assert.deepEqual([breaker.admit(), breaker.openSince()], ["no", 1_000]);
  pass(100);
  assert.deepEqual([breaker.admit(), breaker.admit()], ["trial", "no"]);
});

test("pauses grow with trials that fail, up to a bound, and not with what failed together", () => {
  const { breaker, fail, pass } = setUp();
  fail(60);
  pass(100);
  assert.equal(breaker.admit(), "trial");
  fail(60);

  pass(199);
  assert.equal(breaker.admit(), "no");
  pass(1);
  assert.equal(breaker.admit(), "trial");
  for (const pause of [400, 400, 400]) {
    fail(1);
    pass(pause - 1);
    assert.equal(breaker.admit(), "no");
    pass(1);
    assert.equal(breaker.admit(), "trial");
  }
});

test("a trial that succeeds ends it, and the next pause is short again", () => {
  const { breaker, fail, pass } = setUp();
  fail(3);
  pass(100);
  breaker.admit();
  breaker.failed();
  pass(200);
  breaker.admit();
  breaker.succeeded();
  assert.deepEqual([breaker.admit(), breaker.openSince()], ["yes", undefined]);

  fail(3);
  pass(100);

  assert.equal(breaker.admit(), "trial");
});

test("a trial of which nothing is heard does not end the trying", () => {
  const { breaker, fail, pass } = setUp();
  fail(3);
  pass(100);
  assert.equal(breaker.admit(), "trial");

  pass(100);

  assert.equal(breaker.admit(), "trial");
});
