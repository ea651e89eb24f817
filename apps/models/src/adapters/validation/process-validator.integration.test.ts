import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import fc from "fast-check";
import { ELEMENT, type Graph, writeOnnx } from "../../../training/onnx/model.ts";
import { bytes, concat, integer, message } from "../../../training/onnx/protobuf.ts";
import { batchDependentModel, scalingModel, slowModel } from "../../testing/models.ts";
import type { Confinement } from "../confined/confined-task.ts";
import { createProcessValidator } from "./process-validator.ts";

const MIB = 1_048_576;
const bounds: Confinement = { timeoutMs: 20_000, maxMemory: 1_024 * MIB, maxOutput: MIB };
const card = { title: "Test" };

function golden(x: number, y: number) {
  const tensor = { datatype: "FP32" as const, shape: [1, 1] };
  return {
    tolerance: 1e-6,
    cases: [{ inputs: [{ name: "x", ...tensor, data: [x] }], outputs: [{ name: "y", ...tensor, data: [y] }] }],
  };
}

test("a model is tried out: signature, golden case and whether rows can be joined", async () => {
  const inspection = await createProcessValidator(bounds).validate(scalingModel(3), card);

  assert.deepEqual(inspection.signature.inputs, [{ name: "x", datatype: "FP32", shape: [-1, 1] }]);
  assert.equal(inspection.batchable, true);
  assert.deepEqual(inspection.golden.cases[0]?.outputs[0]?.data, [3]);
});

test("a model whose rows influence each other is served without joining, and may not claim otherwise", async () => {
  const validator = createProcessValidator(bounds);

  assert.equal((await validator.validate(batchDependentModel(), card)).batchable, false);
  await assert.rejects(validator.validate(batchDependentModel(), { ...card, batchable: true }), /rows that are joined/);
});

test("golden cases of the author decide", async () => {
  const validator = createProcessValidator(bounds);

  assert.deepEqual((await validator.validate(scalingModel(3), { ...card, golden: golden(2, 6) })).golden, golden(2, 6));
  await assert.rejects(validator.validate(scalingModel(3), { ...card, golden: golden(2, 7) }), {
    code: "model-invalid",
    message: /golden case 1: output "y" has 6 at 0, expected 7/,
  });
});

test("bytes that are no model are refused", async () => {
  const validator = createProcessValidator(bounds);
  const whole = scalingModel(3);

  for (const damaged of [
    new Uint8Array(),
    whole.slice(0, 40),
    Buffer.from("not a model"),
    new Uint8Array(100_000).fill(255),
  ]) {
    await assert.rejects(validator.validate(damaged, card), { code: "model-invalid" });
  }
});

test("a model that is damaged anywhere is refused or computes, and never ends this process", async () => {
  const validator = createProcessValidator({ ...bounds, timeoutMs: 5_000 });
  const whole = await readFile(new URL("../../../models/penguins/model.onnx", import.meta.url));
  const damage = fc.record({
    at: fc.nat(whole.length - 1),
    bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.constant(new Uint8Array(5).fill(255))),
    kept: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.double({ min: 0.1, max: 1, noNaN: true })),
  });

  for (const { at, bytes: wrong, kept } of fc.sample(damage, { numRuns: 8, seed: 20_261_122 })) {
    const damaged = new Uint8Array(whole.subarray(0, Math.ceil(whole.length * kept)));
    damaged.set(wrong.subarray(0, Math.max(0, damaged.length - at)), Math.min(at, damaged.length));
    await validator.validate(damaged, card).catch((error: unknown) => {
      assert.ok(error instanceof MusterError && error.code === "model-invalid", String(error));
      assert.doesNotMatch(error.message, /\/tmp|node_modules|\.ts/);
    });
  }
});

test("a graph that is made to do harm is refused", async () => {
  const validator = createProcessValidator({ ...bounds, timeoutMs: 5_000, maxMemory: 512 * MIB });
  const x = { name: "x", element: ELEMENT.FLOAT, shape: ["batch", 1] };
  const graph = { name: "hostile", inputs: [x], outputs: [{ ...x, name: "y" }], weights: [] };
  const huge = { name: "size", shape: [2], values: [2 ** 14, 2 ** 14] };
  const hostile: Readonly<Record<string, Graph>> = {
    "asks for more memory than it may have": {
      ...graph,
      integers: [huge],
      nodes: [
        { op: "ReduceMax", inputs: ["x"], outputs: ["cell"] },
        { op: "Expand", inputs: ["cell", "size"], outputs: ["matrix"] },
        { op: "MatMul", inputs: ["matrix", "matrix"], outputs: ["y"] },
      ],
    },
    "has an operator that nobody knows": { ...graph, nodes: [{ op: "Shell", inputs: ["x"], outputs: ["y"] }] },
    "has an operator of another house": {
      ...graph,
      nodes: [{ op: "PyOp", domain: "ai.onnx.contrib", inputs: ["x"], outputs: ["y"] }],
    },
    "runs in a circle": {
      ...graph,
      nodes: [
        { op: "Add", inputs: ["x", "b"], outputs: ["a"] },
        { op: "Add", inputs: ["a", "x"], outputs: ["b"] },
        { op: "Identity", inputs: ["b"], outputs: ["y"] },
      ],
    },
    "promises what it does not make": { ...graph, nodes: [] },
    "makes one thing twice": {
      ...graph,
      nodes: [
        { op: "Neg", inputs: ["x"], outputs: ["y"] },
        { op: "Abs", inputs: ["x"], outputs: ["y"] },
      ],
    },
    "lies about its weights": {
      ...graph,
      weights: [{ name: "factor", shape: [2 ** 30, 2 ** 20], values: [1] }],
      nodes: [{ op: "Mul", inputs: ["x", "factor"], outputs: ["y"] }],
    },
  };

  for (const [what, each] of Object.entries(hostile)) {
    await assert.rejects(validator.validate(writeOnnx(each), card), { code: "model-invalid" }, what);
  }
});

test("a model that names another file is not opened", async () => {
  // TensorProto with data_location = EXTERNAL, within graph.initializer.
  const external = message(7, [message(5, [bytes(8, "w"), integer(14, 1)])]);

  await assert.rejects(createProcessValidator(bounds).validate(concat([scalingModel(3), external]), card), {
    code: "model-invalid",
    message: /tensor "w" is kept in another file/,
  });
});

test("a model that computes for too long is killed with its process", async () => {
  const begun = performance.now();

  await assert.rejects(createProcessValidator({ ...bounds, timeoutMs: 1_500 }).validate(slowModel(), card), {
    code: "model-invalid",
    message: /longer than 1.5 s/,
  });
  assert.ok(performance.now() - begun < 5_000);
});

test("a model that needs too much memory is killed with its process", async () => {
  await assert.rejects(createProcessValidator({ ...bounds, maxMemory: 100 * MIB }).validate(slowModel(), card), {
    code: "model-invalid",
    message: /more than 100 MiB/,
  });
});
