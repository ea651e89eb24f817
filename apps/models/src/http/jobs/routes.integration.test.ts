import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import type { Datatype } from "../../domain/tensor/tensor.ts";
import { type Answer, createClient } from "../../testing/client.ts";
import { identityModel, scalingModel, slowModel } from "../../testing/models.ts";
import { firstAdminKey, userKey } from "../../testing/platform-keys.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";

const PART_ROWS = 100;

let postgres: TemporaryPostgres;
let folder: string;
let env: Record<string, string>;
let service: RunningService;
let call: ReturnType<typeof createClient>;
let admin: string;
let scientist: string;
let events: WebSocket;
/** What jobs have told, by id. */
const told = new Map<string, { state: string; rowsDone: number }[]>();
const something = new EventTarget();

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-jobs-"));
  env = {
    DATABASE_URL: postgres.ownerUrl.reveal(),
    DATA_FOLDER: folder,
    JOB_PART_ROWS: String(PART_ROWS),
    JOBS_OPEN: "3",
    PROCESS_ABOVE_MS: "1",
    RATE_READ: "100000",
  };
  service = await startProcess(env);
  call = createClient(service.url);
  admin = await firstAdminKey(service);
  scientist = await userKey(service.url, admin, { name: "sam", role: "scientist" });
  events = new WebSocket(`${service.url.replace("http", "ws")}/v1/events?topics=job`, {
    headers: { authorization: `Bearer ${admin}` },
  });
  events.addEventListener("message", ({ data }) => {
    const event = JSON.parse(String(data)) as { job?: string; state: string; rowsDone: number };
    if (event.job !== undefined) told.set(event.job, [...(told.get(event.job) ?? []), event]);
    something.dispatchEvent(new Event("event"));
  });
  await once(events, "open");
  await publish("double", scalingModel(2));
  await publish("slow", slowModel(300));
  await addDataset("numbers", ["x,note", ...Array.from({ length: 350 }, (_, row) => `${row},n${row}`)]);
});
after(async () => {
  events.close();
  assert.equal(await service.stop(), 0);
  await postgres.close();
  await rm(folder, { recursive: true });
  assert.deepEqual(
    service.log.filter((entry) => entry["level"] === "error"),
    [],
  );
});

async function publish(model: string, artefact: Uint8Array): Promise<void> {
  const form = new FormData();
  form.set("card", JSON.stringify({ title: model }));
  form.set("model", new Blob([Buffer.from(artefact)]), "model.onnx");
  const { status, body } = await call(`/v1/models/${model}/versions`, { token: admin, body: form });
  assert.equal(status, 201, JSON.stringify(body));
}

async function addFile(dataset: string, type: string, content: Uint8Array | string, columns?: unknown): Promise<void> {
  const sent = await fetch(
    `${service.url}/v1/datasets/${dataset}/uploads?${type === "text/csv" ? "header=true" : ""}`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${admin}`, "content-type": type },
      body: content,
    },
  );
  const upload = (await sent.json()) as { id: string };
  const made = await call(`/v1/datasets/${dataset}/versions`, { token: admin, body: { upload: upload.id, columns } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
}

function addDataset(dataset: string, lines: readonly string[], columns?: unknown): Promise<void> {
  return addFile(dataset, "text/csv", `${lines.join("\n")}\n`, columns);
}

function submit(body: Record<string, unknown>, token = scientist): Promise<Answer> {
  return call("/v1/jobs", { token, body });
}

/** Waits until events have told that a job is in a state. */
async function until(id: unknown, state: string): Promise<void> {
  while (told.get(String(id))?.some((event) => event.state === state) !== true) await once(something, "event");
}

async function finished(body: Record<string, unknown>): Promise<Answer["body"]> {
  const { status, body: job } = await submit(body);
  assert.equal(status, 201, JSON.stringify(job));
  await until(job["id"], "finished");
  return (await call(`/v1/jobs/${String(job["id"])}`, { token: scientist })).body;
}

function download(id: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const authorization = `Bearer ${scientist}`;
  return fetch(`${service.url}/v1/jobs/${String(id)}/result`, { headers: { authorization, ...headers } });
}

async function linesOf(id: unknown): Promise<readonly string[]> {
  return (await (await download(id)).text()).trimEnd().split("\n");
}

test("every row gets its prediction, in the order of the dataset, with the columns beside it", async () => {
  const job = await finished({ model: "double", dataset: "numbers", format: "csv" });

  assert.deepEqual(
    [job["version"], job["datasetVersion"], job["rowsDone"], job["rowsFailed"], job["state"]],
    ["1", 1, 350, 0, "finished"],
  );
  assert.deepEqual(await linesOf(job["id"]), [
    "x,note,y,prediction_error",
    ...Array.from({ length: 350 }, (_, row) => `${row},n${row},${2 * row}.0,`),
  ]);
  const states = told.get(String(job["id"]))?.map(({ state }) => state) ?? [];
  assert.deepEqual([states[0], states[1], states.at(-1)], ["queued", "running", "finished"]);
  const progress = told.get(String(job["id"]))?.map(({ rowsDone }) => rowsDone) ?? [];
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
  );
});

test("a result is downloaded once, as what it is", async () => {
  const job = await finished({ model: "double", dataset: "numbers", carry: [] });

  const answer = await download(job["id"]);
  const tag = answer.headers.get("etag") ?? "";

  assert.equal(answer.headers.get("content-type"), "application/vnd.apache.parquet");
  assert.match(answer.headers.get("content-disposition") ?? "", /^attachment; filename="numbers-double-.*\.parquet"$/);
  assert.equal((await answer.arrayBuffer()).byteLength, Number(answer.headers.get("content-length")));
  assert.equal((await download(job["id"], { "if-none-match": tag })).status, 304);
});

test("a row that cannot be predicted has the reason in its place, and does not fail the job", async () => {
  await addDataset(
    "holes",
    ["x,row", "1,a", ",b", "1e300,c", "many,d", "0.5,e"],
    [
      { name: "x", type: "VARCHAR" },
      { name: "row", type: "VARCHAR" },
    ],
  );

  const job = await finished({ model: "double", dataset: "holes", carry: ["row"], format: "csv" });

  assert.deepEqual(await linesOf(job["id"]), [
    "row,y,prediction_error",
    "a,2.0,",
    "b,,x is missing",
    "c,,x: 1e300 is no FP32",
    "d,,x: many is no FP32",
    "e,1.0,",
  ]);
  assert.deepEqual([job["rowsDone"], job["rowsFailed"]], [5, 3]);
});

test("values of every datatype come out as they went in, and go back into a dataset", async () => {
  const cases: readonly (readonly [Datatype, string, readonly [string, string], string])[] = [
    ["INT64", "BIGINT", ["9007199254740993", "-1"], "[9007199254740993, -1]"],
    ["FP64", "DOUBLE", ["0.1", "-inf"], "[0.1, -inf]"],
    ["FP16", "DOUBLE", ["0.5", "2"], "[0.5, 2.0]"],
    ["BOOL", "BOOLEAN", ["true", "false"], "[true, false]"],
    ["UINT8", "BIGINT", ["255", "0"], "[255, 0]"],
    ["BYTES", "VARCHAR", ["a", "b; c"], "[a, b; c]"],
  ];
  const columns = cases.flatMap(([datatype, type]) => [0, 1].map((index) => ({ name: `${datatype}_${index}`, type })));
  const header = columns.map(({ name }) => name).join(",");
  await addDataset("kinds", [header, cases.flatMap(([, , values]) => values).join(",")], columns);
  for (const [datatype, , , expected] of cases) {
    const model = `identity-${datatype.toLowerCase()}`;
    await publish(model, identityModel(datatype));
    const inputs = { x: [`${datatype}_0`, `${datatype}_1`] };
    const job = await finished({ model, dataset: "kinds", inputs, carry: [], format: "csv" });
    assert.deepEqual(await linesOf(job["id"]), ["y,prediction_error", `"${expected}",`]);
  }

  const inputs = { x: ["INT64_0", "INT64_1"] };
  const job = await finished({ model: "identity-int64", dataset: "kinds", inputs, carry: [] });
  await addFile(
    "results",
    "application/vnd.apache.parquet",
    new Uint8Array(await (await download(job["id"])).arrayBuffer()),
    [
      { name: "y", type: "VARCHAR" },
      { name: "prediction_error", type: "VARCHAR" },
    ],
  );
  const query = { sql: "select * from results", datasets: [{ dataset: "results" }] };
  const asked = await call("/v1/queries", { token: admin, body: query });
  assert.deepEqual(asked.body["rows"], [["[9007199254740993, -1]", null]]);
});

test("what cannot be done is refused at once, with what to correct", async () => {
  await addDataset("words", ["x,day", "one,2026-01-01", "two,2026-01-02"]);
  const cases: readonly (readonly [Record<string, unknown>, number, RegExp])[] = [
    [{ model: "nothing", dataset: "numbers" }, 404, /no model is called "nothing"/],
    [{ model: "double", version: "7", dataset: "numbers" }, 404, /no version "7"/],
    [{ model: "double", dataset: "nothing" }, 404, /dataset "nothing" has no version/],
    [{ model: "penguins", dataset: "numbers" }, 400, /inputs.measurements: the dataset has no "/],
    [{ model: "double", dataset: "words", inputs: { x: ["day"] } }, 400, /"day" is DATE, which is no FP32/],
    [
      { model: "double", dataset: "words" },
      400,
      /none of its first 2 rows can be predicted; the first: x: one is no FP32/,
    ],
    [{ model: "double", dataset: "numbers", format: "excel" }, 400, /format/],
  ];

  for (const [body, status, sentence] of cases) {
    const refused = await submit(body);
    assert.equal(refused.status, status, JSON.stringify(refused.body));
    assert.match(String(refused.body["detail"]), sentence);
  }
});

test("a dry run tells the columns, which can be corrected, and submits nothing", async () => {
  const earlier = await call("/v1/jobs", { token: scientist });
  await addDataset("renamed", ["first,second", "1,2"]);

  const dry = await submit({ model: "double", dataset: "renamed", inputs: { x: ["second"] }, dryRun: true });

  assert.equal(dry.status, 200);
  assert.deepEqual(dry.body["inputs"], [{ input: "x", datatype: "FP32", columns: ["second"] }]);
  assert.equal((await call("/v1/jobs", { token: scientist })).body["total"], earlier.body["total"]);
});

test("a running job holds what it needs, is cancelled in the middle of a part, and lets the next one run", async () => {
  const { body: job } = await submit({ model: "slow", dataset: "numbers" });
  const id = String(job["id"]);
  await until(id, "running");
  const { body: next } = await submit({ model: "double", dataset: "numbers" });

  const model = await call("/v1/models/slow/versions/1", { method: "DELETE", token: admin });
  const dataset = await call("/v1/datasets/numbers", { method: "DELETE", token: admin });
  assert.deepEqual([model.status, dataset.status], [409, 409]);
  assert.match(String(dataset.body["detail"]), /predicts version 1 of "numbers"; cancel it/);
  assert.equal((await download(id)).status, 409);

  const cancelled = await call(`/v1/jobs/${id}/cancel`, { method: "POST", token: scientist });
  assert.deepEqual([cancelled.status, cancelled.body["state"]], [200, "cancelled"]);
  assert.equal((await call(`/v1/jobs/${id}/cancel`, { method: "POST", token: scientist })).status, 409);
  await until(next["id"], "finished");
  assert.equal((await call(`/v1/jobs/${id}`, { token: scientist })).body["state"], "cancelled");
});

test("a user has so many jobs at once, and deletes them", async () => {
  const jobs = [];
  for (let number = 0; number < 3; number += 1) jobs.push((await submit({ model: "slow", dataset: "numbers" })).body);

  const refused = await submit({ model: "slow", dataset: "numbers" });

  assert.deepEqual([refused.status, refused.body["code"]], [429, "quota-reached"]);
  for (const { id } of jobs) {
    assert.equal((await call(`/v1/jobs/${String(id)}`, { method: "DELETE", token: scientist })).status, 204);
    assert.equal((await call(`/v1/jobs/${String(id)}`, { token: scientist })).status, 404);
  }
  const finishedOne = await finished({ model: "double", dataset: "numbers" });
  await call(`/v1/jobs/${String(finishedOne["id"])}`, { method: "DELETE", token: scientist });
  assert.equal((await download(finishedOne["id"])).status, 404);
});

test("jobs are listed by page and filter, to those whose they are and to operators", async () => {
  const stranger = await userKey(service.url, admin, { name: "strange", role: "scientist" });
  const viewer = await userKey(service.url, admin, { name: "look", role: "viewer" });
  const job = await finished({ model: "double", dataset: "numbers" });
  const path = `/v1/jobs/${String(job["id"])}`;

  const page = await call("/v1/jobs?limit=1&state=finished&dataset=numbers", { token: scientist });
  const [newest] = page.body["jobs"] as Record<string, unknown>[];
  assert.deepEqual([newest?.["id"], (page.body["total"] as number) > 1], [job["id"], true]);
  assert.equal((await call("/v1/jobs?user=sam&limit=1", { token: admin })).body["total"] === 0, false);
  assert.equal((await call("/v1/jobs?user=sam", { token: stranger })).body["total"], 0);
  assert.equal((await call(path, { token: stranger })).status, 404);
  assert.equal((await call(path, { method: "DELETE", token: stranger })).status, 404);
  assert.equal((await call(path, { token: admin })).status, 200);
  assert.equal((await call(path, { token: viewer })).status, 403);
  const audit = (await call("/v1/audit", { token: admin })).body["entries"] as {
    action: string;
    detail: { job?: string };
  }[];
  assert.ok(audit.some(({ action, detail }) => action === "job.submitted" && detail.job === job["id"]));
});

test("a download that is under way when the platform stops is finished, and then the platform ends", async (context) => {
  const stopping = await startProcess({ ...env, JOBS_RUNNING: "0" }, context);
  await addDataset("wide", ["x,text", ...Array.from({ length: 300 }, (_, row) => `${row},${"t".repeat(40_000)}`)]);
  const job = await finished({ model: "double", dataset: "wide", format: "csv" });
  const { port, hostname } = new URL(stopping.url);
  const agent = new Agent({ keepAlive: true });
  context.after(() => agent.destroy());
  const request = get({
    agent,
    port,
    hostname,
    path: `/v1/jobs/${String(job["id"])}/result`,
    headers: { authorization: `Bearer ${scientist}` },
  });
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  assert.equal(answer.headers.connection, "keep-alive");

  // Nothing of the body is read before the platform is told to stop, and all of it is more than sockets hold.
  const ended = stopping.stop();
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) bytes += chunk.length;

  assert.equal(bytes, Number(answer.headers["content-length"]));
  assert.ok(bytes > 12_000_000);
  assert.equal(await ended, 0);
});

test("after kill -9 another replica goes on from the last part, and no row is there twice", async () => {
  const rows = 120;
  await addDataset("long", ["x", ...Array.from({ length: rows }, (_, row) => String(row))]);
  const doomed = await startProcess({ ...env, JOB_PART_ROWS: "10" });
  // From here on only the doomed one takes jobs.
  await service.stop();
  const here = createClient(doomed.url);
  const { body: job } = await here("/v1/jobs", {
    token: scientist,
    body: { model: "slow", dataset: "long", format: "csv" },
  });
  const path = `/v1/jobs/${String(job["id"])}`;
  while (Number((await here(path, { token: scientist })).body["rowsDone"]) < 20);
  const ended = once(doomed.process, "exit");
  doomed.process.kill("SIGKILL");
  await ended;

  service = await startProcess(env);
  call = createClient(service.url);
  const first = await call(path, { token: scientist });
  let last = first;
  while (last.body["state"] === "running") last = await call(path, { token: scientist });

  // Twenty rows were done, so the part before the last one is kept at least.
  assert.ok(Number(first.body["rowsDone"]) >= 10, "what was done is done");
  assert.equal(last.body["state"], "finished");
  const lines = (await linesOf(job["id"])).slice(1);
  assert.deepEqual(
    lines.map((line) => line.split(",")[0]),
    Array.from({ length: rows }, (_, row) => String(row)),
  );
  assert.ok(
    lines.every((line) => line.endsWith(",")),
    "and each has its prediction",
  );
});
