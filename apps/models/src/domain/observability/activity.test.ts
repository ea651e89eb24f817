import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import type { Prediction } from "../serving/predictor.ts";
import type { ServedModel } from "../serving/served-model.ts";
import { countingPredictions, createActivity, WINDOW_MS } from "./activity.ts";

const START = 1_000 * WINDOW_MS;

test("complete windows are told, each version for itself, with zeros where nothing was asked", () => {
  let now = START;
  const activity = createActivity(() => now);
  activity.record("m", "1", { outcome: "answered", rows: 3, ms: 2, cached: false });
  activity.record("m", "1", { outcome: "answered", rows: 1, ms: 4, cached: true });
  activity.record("other", "1", { outcome: "answered", rows: 9, ms: 9, cached: false });
  now += 2 * WINDOW_MS;
  activity.record("m", "2", { outcome: "failed" });
  now += WINDOW_MS;

  const [first, second] = activity.windows("m", 10);

  assert.deepEqual(
    first?.windows.map(({ at, answered, rows, cached, max }) => [at - START, answered, rows, cached, max]),
    [
      [0, 2, 4, 1, 4],
      [WINDOW_MS, 0, 0, 0, undefined],
      [2 * WINDOW_MS, 0, 0, 0, undefined],
    ],
  );
  assert.deepEqual([second?.version, second?.windows.map(({ failed }) => failed)], ["2", [0, 0, 1]]);
});

test("a window that goes on is not told yet, and one that began before the start never", () => {
  let now = START + 1;
  const activity = createActivity(() => now);
  activity.record("m", "1", { outcome: "refused" });
  now = START + WINDOW_MS;
  activity.record("m", "1", { outcome: "refused" });

  assert.deepEqual(activity.windows("m", 10), [{ version: "1", windows: [] }]);
  now += WINDOW_MS;
  assert.deepEqual(
    activity.windows("m", 10)[0]?.windows.map(({ at, refused }) => [at, refused]),
    [[START + WINDOW_MS, 1]],
  );
});

test("what was long ago is forgotten, however busy it was", () => {
  let now = START;
  const activity = createActivity(() => now);
  for (let index = 0; index < 1_000; index += 1) {
    activity.record("m", "1", { outcome: "answered", rows: 1, ms: 1, cached: false });
    now += WINDOW_MS;
  }

  assert.equal(activity.windows("m", 10)[0]?.windows.length, 60);
  now += 31 * 60_000;
  assert.deepEqual(activity.windows("m", 30), []);
});

test("a prediction is counted as answered, refused or failed, and its error still reaches the caller", async () => {
  let now = START;
  let answer = (): Promise<Prediction> => Promise.resolve({ outputs: new Map(), rows: 5 });
  const activity = createActivity(() => now);
  const predictor = countingPredictions({ predict: () => answer() }, activity, () => 7);
  const model = { name: "m", version: "1" } as ServedModel;

  await predictor.predict(model, { inputs: new Map() });
  answer = () => Promise.reject(new MusterError("invalid-request", "it does not fit"));
  await assert.rejects(predictor.predict(model, { inputs: new Map() }), /does not fit/);
  answer = () => Promise.reject(new MusterError("overloaded", "too much waits"));
  await assert.rejects(predictor.predict(model, { inputs: new Map() }), /too much waits/);
  now += WINDOW_MS;

  const [window] = activity.windows("m", 1)[0]?.windows ?? [];
  assert.deepEqual([window?.answered, window?.rows, window?.refused, window?.failed], [1, 5, 1, 1]);
});
