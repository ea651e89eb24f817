import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServerClock } from "./server-clock.ts";

function played() {
  let local = 1_000_000;
  let ticking: (() => void) | undefined;
  const clock = createServerClock({
    now: () => local,
    every(_, callback) {
      ticking = callback;
      return () => {
        ticking = undefined;
      };
    },
  });
  return {
    clock,
    pass(milliseconds: number): void {
      local += milliseconds;
      ticking?.();
    },
    get ticks() {
      return ticking !== undefined;
    },
  };
}

describe("the server's clock", () => {
  test("is this machine's until an answer says otherwise", () => {
    assert.equal(played().clock.now(), 1_000_000);
  });

  test("follows the server where the machines differ, and not where they only seem to", () => {
    const { clock } = played();

    clock.learn(1_002_000);
    const near = clock.now();
    clock.learn(1_300_000);
    const far = clock.now();

    assert.deepEqual([near, far], [1_000_000, 1_300_000]);
  });

  test("ticks only while somebody listens, and stands still between ticks", () => {
    const stage = played();
    const { clock, pass } = stage;
    const seen: number[] = [];

    const stop = clock.subscribe(() => seen.push(clock.now()));
    pass(1_000);
    pass(1_000);
    stop();

    assert.deepEqual(seen, [1_001_000, 1_002_000]);
    assert.equal(stage.ticks, false);
  });
});
