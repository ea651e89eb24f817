import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type TestContext, test } from "node:test";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { ModelSession } from "../../domain/model/runtime.ts";
import { allocate, type Tensors } from "../../domain/tensor/tensor.ts";
import { batchDependentModel, identityModel, scalingModel, slowModel } from "../../testing/models.ts";
import { createProcessRuntime } from "./process-runtime.ts";

const runtime = createProcessRuntime({ threads: 1 });

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

test("a model in a process of its own computes as in this one", async (context) => {
  const session = await load(context, scalingModel(3));

  const answers = await Promise.all([session.run(x(1)), session.run(x(2, 4))]);

  assert.deepEqual(session.signature.inputs, [{ name: "x", datatype: "FP32", shape: [-1, 1] }]);
  assert.deepEqual(answers.map(y), [[3], [6, 12]]);
  await session.close();
});

test("what was accepted is answered before the process ends", async (context) => {
  const session = await load(context, slowModel(300));

  const answers = [session.run(x(1)), session.run(x(2))];
  await session.close();

  assert.equal((await Promise.all(answers)).length, 2);
  await assert.rejects(session.run(x(1)), { code: "overloaded" });
});

test("bytes that are no model are refused, and leave no process", async () => {
  await assert.rejects(runtime.load(Buffer.from("no model")), { code: "model-invalid" });
});

test("a model that computes for long does not hold up this process", async (context) => {
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

/** A runtime whose processes can be killed, and for which as much time passes as the test says. */
function mortal() {
  const children: ChildProcess[] = [];
  const deaths: string[] = [];
  let now = 0;
  const fragile = createProcessRuntime({
    threads: 1,
    onStart: (child) => children.push(child),
    onDeath: (how) => deaths.push(how),
    now: () => now,
  });
  return {
    fragile,
    children,
    deaths,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    async killLast() {
      const child = children.at(-1);
      child?.kill("SIGKILL");
      if (child) await once(child, "exit");
    },
  };
}

test("what a process was computing when it was killed is refused, and the next run starts it again", async (context) => {
  const { fragile, children, deaths, pass, killLast } = mortal();
  const session = await fragile.load(slowModel(300));
  context.after(() => session.close());
  const running = [session.run(x(1)), session.run(x(2))];
  pass(1_000);

  await killLast();

  for (const each of await Promise.allSettled(running)) {
    assert.equal(each.status === "rejected" && (each.reason as { code: string }).code, "overloaded");
  }
  assert.equal(y(await session.run(x(1))).length, 1);
  assert.deepEqual([children.length, deaths], [2, ["SIGKILL"]]);
});

test("callers who come while the process is started again share one start", async (context) => {
  const { fragile, children, pass, killLast } = mortal();
  const session = await fragile.load(scalingModel(2));
  context.after(() => session.close());
  pass(1_000);
  await killLast();

  const answers = await Promise.all([1, 2, 3].map((value) => session.run(x(value))));

  assert.deepEqual(answers.map(y), [[2], [4], [6]]);
  assert.equal(children.length, 2);
});

test("a model that ends its process again and again is started once a second", async (context) => {
  const { fragile, children, pass, killLast } = mortal();
  const session = await fragile.load(scalingModel(2));
  context.after(() => session.close());

  await killLast();
  await assert.rejects(session.run(x(1)), { code: "overloaded" });
  await assert.rejects(session.run(x(1)), { code: "overloaded" });
  assert.equal(children.length, 1);

  pass(1_000);
  assert.deepEqual(y(await session.run(x(1))), [2]);
});

test("a session that is closed while its process is started again leaves none behind", async () => {
  const { fragile, children, deaths, pass, killLast } = mortal();
  const session = await fragile.load(scalingModel(2));
  pass(1_000);
  await killLast();

  const answer = session.run(x(1));
  await session.close();

  await answer.catch(() => undefined);
  assert.equal(children[1]?.exitCode, 0);
  assert.deepEqual(deaths, ["SIGKILL"]);
});

test("a signal to the whole group does not cut off what a model computes", async (context) => {
  const { fragile, children } = mortal();
  const session = await fragile.load(slowModel(300));
  context.after(() => session.close());

  const answer = session.run(x(1));
  for (const signal of ["SIGINT", "SIGTERM"] as const) children[0]?.kill(signal);

  assert.equal(y(await answer).length, 1);
});

test("when the service is killed, the processes of its models end too, without a word", async () => {
  const [runtimeModule, models] = ["./process-runtime.ts", "../../testing/models.ts"].map((path) =>
    import.meta.resolve(path),
  );
  const program = `
    import { createProcessRuntime } from ${JSON.stringify(runtimeModule)};
    import { slowModel } from ${JSON.stringify(models)};
    const session = await createProcessRuntime({ threads: 1 }).load(slowModel(300));
    void session.run(new Map([["x", { datatype: "FP32", shape: [1, 1], data: new Float32Array([1]) }]]));
    process.kill(process.pid, "SIGKILL");
  `;
  const service = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  service.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));

  // The process of the model has the same stderr, which closes when both have ended.
  const [code, signal] = (await once(service, "close")) as [number | null, string | null];

  assert.deepEqual([code, signal, said], [null, "SIGKILL", ""]);
});

for (const datatype of ["BOOL", "INT64", "UINT8", "FP16", "FP64", "BYTES"] as const) {
  test(`${datatype} comes back as it was sent`, async (context) => {
    const session = await load(context, identityModel(datatype));
    const data = datatype === "BYTES" ? ["a", "ü"] : allocate(datatype, 2);
    const inputs: Tensors = new Map([["x", { datatype, shape: [1, 2], data }]]);

    const { data: answer } = (await session.run(inputs)).get("y") ?? {};

    assert.deepEqual(answer, data);
  });
}
