import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ChildProcess } from "node:child_process";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import pino from "pino";
import { createProcessRuntime } from "../adapters/onnx/process-runtime.ts";
import { readConfiguration } from "../configuration.ts";
import type { ModelRuntime } from "../domain/model/runtime.ts";
import { type Service, startService } from "../service.ts";
import { type Answer, createClient } from "../testing/client.ts";
import { slowModel } from "../testing/models.ts";
import { firstAdminKey } from "../testing/platform-keys.ts";

const BIRD = { inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [38.1, 17.6, 187, 3_425] }] };
const NUMBER = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [1] }] };

/** Processes of models in the order of their start. */
const children: ChildProcess[] = [];
let now = 0;
/** Called when a process has been asked something. */
let onRun: (() => void) | undefined;

let postgres: TemporaryPostgres;
let folder: string;
let service: Service;
let call: ReturnType<typeof createClient>;
let token: string;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-dead-model-"));
  const env = { PORT: "0", DATABASE_URL: postgres.ownerUrl.reveal(), DATA_FOLDER: folder, PROCESS_ABOVE_MS: "5" };
  const real = createProcessRuntime({
    threads: 1,
    onStart: (child) => children.push(child),
    now: () => (now += 10_000),
  });
  const watched: ModelRuntime = {
    async load(artefact) {
      const session = await real.load(artefact);
      return {
        ...session,
        run(inputs) {
          const answer = session.run(inputs);
          onRun?.();
          return answer;
        },
      };
    },
  };
  service = await startService(readConfiguration(env), pino({ level: "silent" }), { heavyRuntime: watched });
  call = createClient(service.url);
  token = await firstAdminKey({ url: service.url, log: [{ token: service.firstAdmin }] });
  const form = new FormData();
  form.set("card", JSON.stringify({ title: "Heavy" }));
  form.set("model", new Blob([Buffer.from(slowModel(300))]), "model.onnx");
  const uploaded = await call("/v1/models/heavy/versions", { token, body: form });
  assert.equal(uploaded.status, 201, JSON.stringify(uploaded.body));
});
after(async () => {
  await service.stop();
  await postgres.close();
  await rm(folder, { recursive: true });
});

function predict(model: string, body: object): Promise<Answer> {
  return call(`/v2/models/${model}/infer`, { token, body, headers: { "cache-control": "no-cache" } });
}

/** Kills the process that was started last as soon as it has been asked something. */
function killWhenAsked(): Promise<void> {
  return new Promise((resolve) => {
    onRun = () => {
      onRun = undefined;
      children
        .at(-1)
        ?.once("exit", () => resolve())
        .kill("SIGKILL");
    };
  });
}

test("whoever waits for a process that is killed is told so and when to come again, and then it serves as before", async () => {
  const started = children.length;
  const killed = killWhenAsked();

  const refused = await predict("heavy", NUMBER);
  await killed;
  const next = await predict("heavy", NUMBER);

  assert.equal(refused.status, 503);
  assert.deepEqual(refused.body, { error: "the process of the model ended; it is being started again" });
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal(next.status, 200);
  assert.equal(children.length, started + 1);
});

test("under load, nobody who asks for another model notices, and of the others each has an answer or a 503", async () => {
  const killed = killWhenAsked();
  const times = <T>(count: number, work: () => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, work));

  const [heavy, others] = await Promise.all([
    times(30, () => predict("heavy", NUMBER)),
    times(30, () => predict("penguins", BIRD)),
  ]);
  await killed;

  assert.deepEqual([...new Set(others.map(({ status }) => status))], [200]);
  for (const { status } of heavy) assert.ok(status === 200 || status === 503, String(status));
  assert.ok(heavy.some(({ status }) => status === 200));
  assert.equal((await predict("heavy", NUMBER)).status, 200);
});
