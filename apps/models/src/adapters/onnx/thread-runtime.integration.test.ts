import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type TestContext, test } from "node:test";
import type { ModelSession } from "../../domain/model/runtime.ts";
import type { Tensors } from "../../domain/tensor/tensor.ts";
import { batchDependentModel, scalingModel, slowModel } from "../../testing/models.ts";
import { createThreadRuntime } from "./thread-runtime.ts";

const runtime = createThreadRuntime({ threads: 1 });

/** A session that is closed when the test ends, however it ends. */
async function load(context: TestContext, artefact: Uint8Array): Promise<ModelSession> {
  const session = await runtime.load(artefact);
  context.after(() => session.close());
  return session;
}

function x(...values: number[]): Tensors {
  return new Map([["x", { datatype: "FP32", shape: [values.length, 1], data: Float32Array.from(values) }]]);
}

function y(outputs: Tensors): number[] {
  return Array.from(outputs.get("y")?.data as Float32Array);
}

test("a model on a thread computes as in the process", async (context) => {
  const session = await load(context, scalingModel(3));

  const answers = await Promise.all([session.run(x(1)), session.run(x(2, 4))]);

  assert.deepEqual(session.signature.inputs, [{ name: "x", datatype: "FP32", shape: [-1, 1] }]);
  assert.deepEqual(answers.map(y), [[3], [6, 12]]);
  await session.close();
});

test("what was accepted is answered before the thread ends", async (context) => {
  const session = await load(context, slowModel(300));

  const answers = [session.run(x(1)), session.run(x(2))];
  await session.close();

  assert.equal((await Promise.all(answers)).length, 2);
  await assert.rejects(session.run(x(1)), { code: "overloaded" });
});

test("bytes that are no model are refused, and leave no thread", async () => {
  await assert.rejects(runtime.load(Buffer.from("no model")), { code: "model-invalid" });
});

test("a model that computes for long does not hold up the process", async (context) => {
  const session = await load(context, slowModel(600));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const begun = performance.now();
  delay.enable();

  await session.run(x(1));

  delay.disable();
  const took = performance.now() - begun;
  assert.ok(took > 50, `the model took only ${took} ms`);
  assert.ok(delay.max / 1e6 < took / 2, `the event loop waited ${delay.max / 1e6} ms of ${took} ms`);
  await session.close();
});

test("values that the graph refuses are the caller's, and the next one is answered", async (context) => {
  const session = await load(context, batchDependentModel());
  const wrong: Tensors = new Map([["x", { datatype: "FP32", shape: [1, 7], data: new Float32Array(7) }]]);

  await assert.rejects(session.run(wrong), { code: "invalid-request" });

  assert.deepEqual(y(await session.run(x(1))), [1]);
  await session.close();
});
