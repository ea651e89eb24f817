import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { throttle } from "./throttle.ts";

describe("a throttled piece of work", () => {
  test("is done at once, then at most once an interval, and the last request is never lost", () => {
    let done = 0;
    const ends: (() => void)[] = [];
    const ask = throttle(
      () => {
        done += 1;
      },
      500,
      (_, callback) => {
        ends.push(callback);
        return () => undefined;
      },
    );

    ask();
    const atOnce = done;
    for (let index = 0; index < 10; index += 1) ask();
    const during = done;
    ends.shift()?.();
    const afterwards = done;
    ends.shift()?.();

    assert.deepEqual([atOnce, during, afterwards, done, ends.length], [1, 1, 2, 2, 0]);
  });
});
