import assert from "node:assert/strict";
import { test } from "node:test";
import { type LoadTarget, Unavailable } from "@muster/contract";
import { loaded } from "../../testing/facts.ts";
import { createLoadRun } from "./index.ts";

const base = { url: new URL("http://localhost/"), paths: { readiness: "/", metrics: "/" } };
const load: LoadTarget = { method: "GET", path: "/", ratePerSecond: 10, durationMs: 1_000 };

test("the engine that was passed in runs the configured load, and its result is the facts", async () => {
  const asked: LoadTarget[] = [];
  const result = loaded()["load-run"];
  const collector = createLoadRun((_base, wanted) => {
    asked.push(wanted);
    return Promise.resolve(result);
  });

  const facts = await collector.collect({ ...base, load }, { signal: new AbortController().signal });

  assert.deepEqual(asked, [load]);
  assert.equal(facts, result);
});

test("cancelling reaches the engine", async () => {
  const cancel = new AbortController();
  const collector = createLoadRun((_base, _load, signal) => {
    cancel.abort(new Error("enough"));
    return Promise.reject(signal.reason);
  });

  await assert.rejects(collector.collect({ ...base, load }, { signal: cancel.signal }), /enough/);
});

test("without a configured load there is nothing to look at", async () => {
  const collector = createLoadRun(() => Promise.reject(new Error("never called")));

  await assert.rejects(collector.collect(base, { signal: new AbortController().signal }), Unavailable);
  assert.equal(collector.permission, "load");
});
