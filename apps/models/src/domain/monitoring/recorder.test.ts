import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ServedModel } from "../serving/served-model.ts";
import type { Tensors } from "../tensor/tensor.ts";
import type { NamedEntry } from "./prediction-log.ts";
import { createRecorder, type DropReason } from "./recorder.ts";

const MODEL: ServedModel = {
  name: "doubling",
  version: "3",
  digest: "d".repeat(64),
  card: { title: "Test" },
  batchable: true,
  runMs: undefined,
  signature: {
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
  },
  compute: () => Promise.reject(new Error("not asked here")),
  close: () => Promise.resolve(),
};

function numbers(name: string, values: readonly number[]): Tensors {
  return new Map([[name, { datatype: "FP32", shape: [values.length, 1], data: Float32Array.from(values) }]]);
}

function stage(append: (entries: readonly NamedEntry[]) => Promise<void> = () => Promise.resolve()) {
  const written: NamedEntry[] = [];
  const dropped: [rows: number, reason: DropReason][] = [];
  const scheduled: (() => void)[] = [];
  const recorder = createRecorder({
    async append(entries) {
      await append(entries);
      written.push(...entries);
    },
    now: () => 1_000,
    schedule: (write) => void scheduled.push(write),
    onWritten: () => undefined,
    onDropped: (_model, rows, reason) => void dropped.push([rows, reason]),
  });
  const take = (id: string, values: readonly number[] = [1]): boolean =>
    recorder.take(MODEL, { id, caller: "anna" }, numbers("x", values), numbers("y", values), values.length);
  return { recorder, take, written, dropped, scheduled };
}

const ALL = [{ model: "doubling", samplePercent: 100, exclude: [] }];

describe("the recorder", () => {
  test("takes nothing of a model that is not watched, or no longer", async () => {
    const { recorder, take, written } = stage();

    const before = take("a");
    recorder.follow([{ model: "doubling", samplePercent: 0, exclude: [] }]);
    const unwatched = take("b");
    recorder.follow(ALL);
    const watched = take("c");
    recorder.follow([]);
    await recorder.flush();

    assert.deepEqual([before, unwatched, watched], [false, false, true]);
    // What waited when the recording was switched off is not written either.
    assert.deepEqual(written, []);
  });

  test("takes a share by the id alone: the same ones again, and with a larger share only more", () => {
    const taken = (percent: number): string[] => {
      const { recorder, take } = stage();
      recorder.follow([{ model: "doubling", samplePercent: percent, exclude: [] }]);
      return Array.from({ length: 2_000 }, (_, index) => `request ${index}`).filter((id) => take(id));
    };

    const [ten, again, twenty] = [taken(10), taken(10), taken(20)];

    assert.ok(ten.length > 140 && ten.length < 260, `${ten.length} of 2,000`);
    assert.deepEqual(again, ten);
    assert.ok(ten.every((id) => twenty.includes(id)) && twenty.length > ten.length);
  });

  test("writes what was asked and answered, without the columns that are excluded", async () => {
    const { recorder, take, written } = stage();
    recorder.follow([{ model: "doubling", samplePercent: 100, exclude: ["x"] }]);

    take("a", [3, 4]);
    await recorder.flush();

    assert.deepEqual(written, [
      {
        id: "a",
        callerName: "anna",
        model: "doubling",
        version: "3",
        at: 1_000,
        rows: 2,
        cells: { "prediction:y": [3, 4] },
      },
    ]);
  });

  test("drops and counts what is more than may wait, and takes again once it is written", async () => {
    const { recorder, take, dropped, written } = stage();
    recorder.follow(ALL);
    const large = Array.from({ length: 400_000 }, () => 1);

    const taken = ["a", "b", "c"].map((id) => take(id, large));
    await recorder.flush();
    const after = take("d");

    assert.deepEqual(taken, [true, true, false]);
    assert.deepEqual(dropped, [[400_000, "queue"]]);
    assert.equal(written.length, 2);
    assert.equal(after, true);
  });

  test("counts long texts by their length", () => {
    const { recorder, dropped } = stage();
    recorder.follow(ALL);
    const long: Tensors = new Map([["x", { datatype: "BYTES", shape: [1, 1], data: ["x".repeat(4_000_000)] }]]);

    const taken = ["a", "b", "c", "d", "e"].map((id) =>
      recorder.take(MODEL, { id, caller: "anna" }, long, new Map(), 1),
    );

    assert.deepEqual(taken, [true, true, true, false, false]);
    assert.deepEqual(dropped, [
      [1, "queue"],
      [1, "queue"],
    ]);
  });

  test("drops and counts what the database does not take, and does not fail", async () => {
    const { recorder, take, dropped } = stage(() => Promise.reject(new Error("gone")));
    recorder.follow(ALL);

    take("a", [1, 2]);
    await recorder.flush();
    await recorder.flush();

    assert.deepEqual(dropped, [[2, "database"]]);
  });

  test("begins to write by itself when much waits, once", async () => {
    const { recorder, take, scheduled, written } = stage();
    recorder.follow(ALL);

    for (let index = 0; index < 700; index += 1) take(`request ${index}`);
    const asked = scheduled.length;
    scheduled[0]?.();
    await recorder.flush();

    assert.equal(asked, 1);
    assert.equal(written.length, 700);
  });
});
