import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import type { ServedModel } from "../serving/served-model.ts";
import type { Tensors } from "../tensor/tensor.ts";
import type { JobPlan } from "./job.ts";
import { predictSlice } from "./predict-slice.ts";

const PLAN: JobPlan = {
  inputs: [{ input: "x", datatype: "FP32", rowShape: [2], columns: ["a", "b"] }],
  outputs: [
    { output: "sum", datatype: "FP32", isList: false, column: "sum" },
    { output: "both", datatype: "FP32", isList: true, column: "both" },
  ],
  carry: [],
  errorColumn: "prediction_error",
  format: "csv",
};

/** A model that adds up, and cannot compute with a negative number; it tells how many rows each run had. */
function adding(batchable = true) {
  const runs: number[] = [];
  const model = {
    batchable,
    signature: { inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }], outputs: [] },
    async compute(inputs: Tensors, rows: number): Promise<Tensors> {
      runs.push(rows);
      const { data, shape } = inputs.get("x") ?? assert.fail();
      assert.deepEqual(shape, [rows, 2]);
      const numbers = data as Float32Array;
      if (numbers.some((value) => value < 0)) throw new MusterError("invalid-request", "a negative number");
      const sums = Float32Array.from(
        { length: rows },
        (_, row) => (numbers[2 * row] ?? 0) + (numbers[2 * row + 1] ?? 0),
      );
      return Promise.resolve(
        new Map([
          ["sum", { datatype: "FP32", shape: [rows], data: sums }],
          ["both", { datatype: "FP32", shape, data: numbers }],
        ] as const),
      );
    },
  } as unknown as ServedModel;
  return { model, runs };
}

function slice(a: readonly unknown[], b: readonly unknown[]) {
  return { read: a.length, rows: a.length, columns: [a, b] };
}

const comeBack = (): Promise<void> => Promise.resolve();

test("the rows of a slice are predicted in one run, and what JSON cannot carry travels as text", async () => {
  const { model, runs } = adding();

  const answer = await predictSlice(PLAN, slice([1, 2, "Infinity"], [10, "NaN", 0]), {
    model: () => Promise.resolve(model),
    comeBack,
  });

  assert.deepEqual(answer, {
    outputs: [
      [11, "NaN", "Infinity"],
      [
        [1, 10],
        [2, "NaN"],
        ["Infinity", 0],
      ],
    ],
    failed: [],
  });
  assert.deepEqual(runs, [3]);
});

test("rows that the model cannot compute with are found by halving, and the others are predicted", async () => {
  const { model } = adding();
  const a = Array.from({ length: 16 }, (_, row) => (row === 5 || row === 6 ? -1 : row));

  const { outputs, failed } = await predictSlice(PLAN, slice(a, a), { model: () => Promise.resolve(model), comeBack });

  assert.deepEqual(failed, [
    { row: 5, reason: "a negative number" },
    { row: 6, reason: "a negative number" },
  ]);
  assert.deepEqual(
    outputs[0],
    a.map((value, row) => (row === 5 || row === 6 ? null : 2 * value)),
  );
});

test("a model whose rows influence each other gets them one by one", async () => {
  const { model, runs } = adding(false);

  await predictSlice(PLAN, slice([1, 2, 3], [1, 2, 3]), { model: () => Promise.resolve(model), comeBack });

  assert.deepEqual(runs, [1, 1, 1]);
});

test("a model that has too much to do is asked again, and another failure is not blamed on a row", async () => {
  const { model } = adding();
  let times = 0;
  const busy = {
    ...model,
    compute(inputs: Tensors, rows: number) {
      times += 1;
      return times < 3 ? Promise.reject(new MusterError("overloaded", "too much")) : model.compute(inputs, rows);
    },
  };
  const broken = { ...model, compute: () => Promise.reject(new MusterError("internal", "broken")) };

  const { outputs } = await predictSlice(PLAN, slice([1], [2]), { model: () => Promise.resolve(busy), comeBack });

  assert.deepEqual([outputs[0], times], [[3], 3]);
  await assert.rejects(predictSlice(PLAN, slice([1], [2]), { model: () => Promise.resolve(broken), comeBack }), {
    code: "internal",
  });
});

test("a row that the model's process dies of stands alone in the end, and the others are predicted", async () => {
  const { model } = adding();
  const deadly = {
    ...model,
    compute(inputs: Tensors, rows: number) {
      const dies = (inputs.get("x") ?? assert.fail()).data.includes(13 as never);
      return dies ? Promise.reject(new MusterError("overloaded", "the process ended")) : model.compute(inputs, rows);
    },
  };
  const waits: number[] = [];

  const { outputs, failed } = await predictSlice(PLAN, slice([1, 13, 3, 4], [0, 0, 0, 0]), {
    model: () => Promise.resolve(deadly),
    comeBack: (times) => Promise.resolve(void waits.push(times)),
  });

  assert.deepEqual(outputs[0], [1, null, 3, 4]);
  assert.deepEqual(failed, [{ row: 1, reason: "the process ended" }]);
  assert.equal(Math.max(...waits), 30);
});
