import assert from "node:assert/strict";
import { test } from "node:test";
import { markOfTest, markOfThreshold } from "./marks.ts";
import { usedOf } from "./headroom.ts";

const headroom = { holdsAt: 1_000, objective: ["p95 < 100ms"], test: "t", at: "2026-11-21T12:00:00Z" };

test("what a service can take is said against what it was offered", () => {
  assert.deepEqual(usedOf({ perSecond: 250 }, headroom), {
    share: 0.25,
    sentence: '"p95 < 100ms" holds up to 1,000/s: 4 times as much as this test offered',
  });
  assert.match(usedOf({ perSecond: 1_500 }, headroom).sentence, /this test offered 1\.5 times as much$/);
  assert.equal(usedOf({ perSecond: 0 }, headroom).sentence, '"p95 < 100ms" holds up to 1,000/s');
});

test("a test that goes on, or was lost, has no verdict", () => {
  const passed = { kind: "run", verdict: "passed" } as const;

  assert.equal(markOfTest({ ...passed, state: "running" }).word, "running");
  assert.deepEqual(markOfTest({ ...passed, state: "lost" }), { shape: "ring", tone: "unknown", word: "lost" });
  assert.equal(markOfTest({ ...passed, state: "finished" }).word, "passed");
  assert.equal(markOfTest({ kind: "capacity", verdict: "passed", state: "finished" }).word, "found");
});

test("a threshold of a run that is not valid is neither met nor broken", () => {
  assert.equal(markOfThreshold({ ok: true }, { state: "finished", verdict: "invalid" }).tone, "unknown");
  assert.equal(markOfThreshold({ ok: true }, { state: "running", verdict: "passed" }).word, "holds so far");
});
