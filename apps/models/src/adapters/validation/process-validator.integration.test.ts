import assert from "node:assert/strict";
import { test } from "node:test";
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
