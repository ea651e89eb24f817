import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { type Answer, createClient } from "./testing/client.ts";
import { scalingModel } from "./testing/models.ts";
import { firstAdminKey } from "./testing/platform-keys.ts";
import { type RunningService, startProcess } from "./testing/running-service.ts";
import { temporaryS3, type TemporaryS3 } from "./testing/s3.ts";

let postgres: TemporaryPostgres;
let s3: TemporaryS3;
let folder: string;
let key: string;
/** Two that share PostgreSQL and object storage, and no disk. */
let a: Replica;
let b: Replica;

interface Replica {
  readonly service: RunningService;
  readonly call: (path: string, options?: Parameters<ReturnType<typeof createClient>>[1]) => Promise<Answer>;
}

before(async () => {
  postgres = await temporaryPostgres();
  s3 = await temporaryS3();
  folder = await mkdtemp(join(tmpdir(), "muster-storage-"));
  const first = await start("a");
  key = await firstAdminKey(first);
  a = replicaOf(first);
  b = replicaOf(await start("b"));
});
after(async () => {
  await Promise.all([a.service.stop(), b.service.stop()]);
  await postgres.close();
  await s3.close();
  await rm(folder, { recursive: true });
});

function start(
  name: string,
  env: Readonly<Record<string, string>> = {},
  context?: TestContext,
): Promise<RunningService> {
  const common = { DATABASE_URL: postgres.ownerUrl.reveal(), DATA_FOLDER: join(folder, name), ...s3.env };
  return startProcess({ ...common, ...env }, context);
}

function replicaOf(service: RunningService): Replica {
  const call = createClient(service.url);
  return { service, call: (path, options) => call(path, { token: key, ...options }) };
}

function upload(replica: Replica, model: string, factor: number): Promise<Answer> {
  const form = new FormData();
  form.set("card", '{"title":"Test"}');
  form.set("model", new Blob([Buffer.from(scalingModel(factor))]), "model.onnx");
  return replica.call(`/v1/models/${model}/versions`, { body: form });
}

async function predicted(replica: Replica, model: string): Promise<readonly [number, unknown]> {
  const inputs = [{ name: "x", datatype: "FP32", shape: [1, 1], data: [5] }];
  const answer = await replica.call(`/v2/models/${model}/infer`, { body: { inputs } });
  return [answer.status, (answer.body["outputs"] as { data: number[] }[] | undefined)?.[0]?.data[0]];
}

/** Replicas hear of changes a moment later. */
async function until(what: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await what())) {
    assert.ok(Date.now() < deadline, `not within 15 s: ${what.toString()}`);
    await delay(20);
  }
}

async function sendCsv(replica: Replica, dataset: string): Promise<string> {
  const answer = await fetch(`${replica.service.url}/v1/datasets/${dataset}/uploads`, {
    method: "POST",
    headers: { "content-type": "text/csv", authorization: `Bearer ${key}` },
    body: "id,name\n1,ann\n2,bob\n",
  });
  assert.equal(answer.status, 201);
  return ((await answer.json()) as { id: string }).id;
}

test("a model that one replica was sent is served by the other, and downloaded from it", async () => {
  const sent = await upload(a, "scale", 3);
  assert.equal(sent.status, 201, JSON.stringify(sent.body));

  await until(async () => (await predicted(b, "scale"))[0] === 200);

  assert.deepEqual(await predicted(b, "scale"), [200, 15]);
  const file = await fetch(`${b.service.url}/v1/artefacts/${String(sent.body["digest"])}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.deepEqual(Buffer.from(await file.arrayBuffer()), Buffer.from(scalingModel(3)));
});

test("a data set that one replica was sent is made a version by the other; results are paged and exported by both", async () => {
  const id = await sendCsv(a, "people");
  const made = await b.call("/v1/datasets/people/versions", { body: { upload: id } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const query = { sql: "select * from people order by id", datasets: [{ dataset: "people" }] };

  const asked = await a.call("/v1/queries", { body: query });
  const page = await b.call(`/v1/queries/${String(asked.body["id"])}?offset=1`);
  const rows = await fetch(`${a.service.url}/v1/datasets/people/versions/1/rows`, {
    headers: { authorization: `Bearer ${key}` },
  });

  assert.equal(asked.status, 201, JSON.stringify(asked.body));
  assert.deepEqual(page.body["rows"], [["2", "bob"]]);
  assert.equal(await rows.text(), "id,name\n1,ann\n2,bob\n");
  assert.equal((await b.call("/v1/datasets/people/versions/1", { method: "DELETE" })).status, 204);
  assert.equal((await a.call("/v1/queries", { body: query })).status, 404);
  const objects = await readdir(join(s3.folder, "muster-test", "here", "datasets", "tables"));
  // The result is left, until it expires.
  assert.deepEqual([...new Set(objects.map((name) => name.slice(0, 36)))], [asked.body["id"]]);
});

test("a job that one replica was given is done by either, and its result is downloaded from the other", async () => {
  await until(async () => (await predicted(b, "scale"))[0] === 200);
  const sent = await fetch(`${a.service.url}/v1/datasets/numbers/uploads`, {
    method: "POST",
    headers: { "content-type": "text/csv", authorization: `Bearer ${key}` },
    body: "x\n1\n2.5\n",
  });
  const { id } = (await sent.json()) as { id: string };
  await a.call("/v1/datasets/numbers/versions", { body: { upload: id } });

  const job = await a.call("/v1/jobs", { body: { model: "scale", dataset: "numbers", format: "csv" } });
  assert.ok(job.status < 300, JSON.stringify(job.body));
  const path = `/v1/jobs/${String(job.body["id"])}`;
  await until(async () => (await b.call(path)).body["state"] === "finished");

  for (const { service } of [a, b]) {
    const result = await fetch(`${service.url}${path}/result`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(result.status, 200);
    assert.match(await result.text(), /^x,.*\n1(\.0)?,3(\.0)?.*\n2\.5,7\.5/);
  }
});

test("a replica that starts with an empty disk serves everything", async (context) => {
  const late = replicaOf(await start("late", {}, context));

  assert.deepEqual(await predicted(late, "scale"), [200, 15]);

  assert.equal(await late.service.stop(), 0);
});

test("while the storage is gone predictions go on, what needs it is refused and nothing half is seen; then all is well again", async () => {
  await s3.stop();

  assert.deepEqual(await predicted(a, "scale"), [200, 15]);
  const refused = await upload(a, "later", 2);
  assert.deepEqual([refused.status, refused.body["code"]], [503, "storage-unreachable"], JSON.stringify(refused.body));
  assert.doesNotMatch(JSON.stringify(refused.body), /127\.0\.0\.1|S3RVER|tmp/);
  assert.equal((await a.call("/v1/models/later")).status, 404);
  const ready = await a.call("/readyz");
  assert.equal(ready.status, 200);
  assert.match(String(ready.body["degraded"]), /storage: the object storage does not answer/);
  assert.match(
    await (await fetch(`${a.service.url}/metrics`)).text(),
    /models_storage_requests_total\{result="failed"\} 1\n/,
  );
  await s3.start();

  assert.equal((await upload(a, "later", 2)).status, 201);
  assert.equal((await a.call("/readyz")).body["degraded"], undefined);
  await until(async () => (await predicted(b, "later"))[0] === 200);
});

test("wrong credentials end the start with a sentence that says so", async () => {
  const starting = start("wrong", { AWS_ACCESS_KEY_ID: "nobody", AWS_SECRET_ACCESS_KEY: "hunter2" });

  await assert.rejects(starting, (error: Error) => {
    assert.match(error.message, /storage-unreachable.*refuses the credentials/);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
});
