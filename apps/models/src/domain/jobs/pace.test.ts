import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "./pace.ts";

test("while callers come they get four times as long as a job, and a job alone does not wait", async () => {
  let now = 0;
  let asked = 0;
  let turns = 0;
  const pauses: number[] = [];
  const pace = createPace({
    asked: () => asked,
    now: () => now,
    turn: () => Promise.resolve(void (turns += 1)),
    pause: (ms) => Promise.resolve(void pauses.push(ms)),
  });
  const step = (ms: number) => pace.step(() => Promise.resolve(void (now += ms)));

  await step(3);
  assert.deepEqual(pauses, []);
  asked += 1;
  await step(3);
  asked += 1;
  await step(1_000);
  await step(3);

  assert.deepEqual(pauses, [12, 250]);
  assert.equal(turns, 4);
});
