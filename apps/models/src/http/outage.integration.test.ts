import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { type Answer, createClient } from "../testing/client.ts";
import { type DatabaseDoor, openDatabaseDoor } from "../testing/database-door.ts";
import { slowModel } from "../testing/models.ts";
import { firstAdminKey } from "../testing/platform-keys.ts";
import { type RunningService, startProcess } from "../testing/running-service.ts";

const BIRDS = { inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [38.1, 17.6, 187, 3_425] }] };

let postgres: TemporaryPostgres;
let door: DatabaseDoor;
let folder: string;
let service: RunningService;
let call: ReturnType<typeof createClient>;
let key: string;
let job: string;

before(async () => {
  postgres = await temporaryPostgres();
  door = await openDatabaseDoor(postgres.ownerUrl);
  folder = await mkdtemp(join(tmpdir(), "muster-outage-"));
  service = await startProcess({
    DATABASE_URL: door.url.reveal(),
    DATA_FOLDER: folder,
    DATABASE_TIMEOUT_MS: "500",
    JOB_PART_ROWS: "20",
    RATE_READ: "100000",
  });
  call = createClient(service.url);
  key = await firstAdminKey(service);
  const form = new FormData();
  form.set("card", '{"title":"Slow"}');
  form.set("model", new Blob([Buffer.from(slowModel(150))]), "model.onnx");
  assert.equal((await call("/v1/models/slow/versions", { token: key, body: form })).status, 201);
  assert.equal((await addVersion("numbers")).status, 201);
  const submitted = await call("/v1/jobs", { token: key, body: { model: "slow", dataset: "numbers" } });
  job = String(submitted.body["id"]);
});
after(async () => {
  assert.equal(await service.stop(), 0);
  await door.close();
  await postgres.close();
  await rm(folder, { recursive: true });
});

async function upload(dataset: string): Promise<Answer> {
  const response = await fetch(`${service.url}/v1/datasets/${dataset}/uploads`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "text/csv" },
    body: `x\n${Array.from({ length: 300 }, (_, row) => row).join("\n")}\n`,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

async function addVersion(dataset: string): Promise<Answer> {
  const sent = await upload(dataset);
  return call(`/v1/datasets/${dataset}/versions`, { token: key, body: { upload: sent.body["id"] } });
}

async function predict(): Promise<number> {
  return (await call("/v2/models/penguins/infer", { token: key, body: BIRDS })).status;
}

/** Tries until the service has found its database again. */
async function until(work: () => Promise<Answer>, status: number): Promise<Answer> {
  for (;;) {
    const answer = await work();
    if (answer.status === status) return answer;
    assert.equal(answer.status, 503, JSON.stringify(answer.body));
  }
}

for (const [what, away] of [
  ["is gone", () => door.shut()],
  ["does not answer", () => Promise.resolve(door.freeze())],
] as const) {
  test(`while PostgreSQL ${what} predictions go on, uploads are told to come back, and all is well afterwards`, async () => {
    const dataset = what.replaceAll(" ", "_");
    assert.equal((await addVersion(`${dataset}_early`)).status, 201);
    const events = new WebSocket(`${service.url.replace("http", "ws")}/v1/events?topics=dataset`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const told: string[] = [];
    events.addEventListener("message", ({ data }) => told.push(String(data)));
    await once(events, "message");

    await away();

    const refused = await upload(dataset);
    assert.deepEqual([refused.status, refused.body["code"]], [503, "database-unreachable"]);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    assert.deepEqual(await Promise.all(Array.from({ length: 20 }, predict)), Array(20).fill(200));

    await door.open();

    await until(() => addVersion(dataset), 201);
    const early = await until(() => call(`/v1/datasets/${dataset}_early/versions/1`, { token: key }), 200);
    assert.equal((early.body["report"] as { rows: number }).rows, 300);
    assert.equal(await predict(), 200);
    while (!told.some((event) => event.includes(`"${dataset}"`))) await once(events, "message");
    events.close();
  });
}

test("a job that ran meanwhile is finished, with every row once", async () => {
  let state = "running";
  while (state === "queued" || state === "running") {
    state = String((await call(`/v1/jobs/${job}`, { token: key })).body["state"]);
  }

  const { body } = await call(`/v1/jobs/${job}`, { token: key });
  assert.deepEqual([body["state"], body["rowsDone"], body["rowsFailed"]], ["finished", 300, 0]);
});
