import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { applyStepChange, RUN_STEPS, waitingSteps } from "./run.ts";

describe("the steps of a run", () => {
  test("all wait before anything happened", () => {
    const steps = waitingSteps();

    assert.deepEqual(
      steps.map(({ id }) => id),
      RUN_STEPS.map(({ id }) => id),
    );
    assert.ok(steps.every(({ state }) => state === "waiting"));
  });

  test("take news of one of them and leave the others and the old list alone", () => {
    const before = waitingSteps();

    const after = applyStepChange(before, { step: "health", state: "done", ms: 12, note: "7 checks" });

    assert.deepEqual(
      after.find(({ id }) => id === "health"),
      { id: "health", title: "Health", state: "done", ms: 12, note: "7 checks" },
    );
    assert.deepEqual(
      after.filter(({ id }) => id !== "health"),
      before.filter(({ id }) => id !== "health"),
    );
    assert.ok(before.every(({ state }) => state === "waiting"));
  });

  test("keep what earlier news said and later news does not repeat", () => {
    const running = applyStepChange(waitingSteps(), { step: "load", state: "running", note: "50 requests/s" });

    const done = applyStepChange(running, { step: "load", state: "done", ms: 5_000 });

    assert.equal(done.find(({ id }) => id === "load")?.note, "50 requests/s");
  });
});
