import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { type Answer, createClient } from "../../testing/client.ts";
import { firstAdminKey, userKey } from "../../testing/platform-keys.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";

const ADELIE = [38.1, 17.6, 187, 3_425];
const GENTOO = [48.4, 14.4, 203, 4_625];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PENGUINS = "/v1/models/penguins";

let postgres: TemporaryPostgres;
let folder: string;
let service: RunningService;
let call: ReturnType<typeof createClient>;
let admin: string;
let viewer: string;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-monitoring-"));
  service = await startProcess({ DATABASE_URL: postgres.ownerUrl.reveal(), DATA_FOLDER: folder });
  call = createClient(service.url);
  admin = await firstAdminKey(service);
  viewer = await userKey(service.url, admin, { name: "vera", role: "viewer" });
});
after(async () => {
  await service.stop();
  await postgres.close();
  await rm(folder, { recursive: true });
  assert.deepEqual(
    service.log.filter((entry) => entry["level"] === "error"),
    [],
  );
});

/** Changes what is watched of a model, whatever its revision is. */
async function watch(model: string, body: unknown): Promise<Answer> {
  const path = `/v1/models/${model}/monitoring`;
  const now = await call(path, { token: admin });
  return call(path, { method: "PUT", token: admin, headers: { "if-match": now.headers.get("etag") ?? "" }, body });
}

function infer(rows: readonly (readonly number[])[]): Promise<Answer> {
  const data = rows.flat();
  const inputs = [{ name: "measurements", datatype: "FP32", shape: [rows.length, 4], data }];
  return call("/v2/models/penguins/infer", { token: viewer, body: { inputs } });
}

function idOf(answer: Answer): string {
  return answer.headers.get("muster-prediction-id") ?? "";
}

/** Asks until it holds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, "it did not come about");
    await delay(50);
  }
}

async function tell(truths: readonly unknown[]): Promise<Record<string, unknown>> {
  return (await call(`${PENGUINS}/truth`, { token: admin, body: { truths } })).body;
}

test("nothing is recorded before somebody says so, and an answer that is not recorded has no id", async () => {
  const settings = await call(`${PENGUINS}/monitoring`, { token: viewer });
  const answer = await infer([ADELIE]);

  assert.deepEqual([settings.status, settings.headers.get("etag")], [200, '"0"']);
  assert.deepEqual([settings.body["samplePercent"], settings.body["reference"]], [0, null]);
  assert.equal(idOf(answer), "");
});

test("settings that do not hold are refused, each with its reason", async () => {
  const cases: readonly (readonly [unknown, number, RegExp])[] = [
    [{ window: "500ms" }, 400, /window: must be from 1s to 31d/],
    [{ window: "soon" }, 400, /window/],
    [{ warnPsi: 0.5, alarmPsi: 0.3 }, 400, /alarmPsi: must be at least warnPsi/],
    [{ exclude: ["wing"] }, 400, /"wing" is none of beak_length/],
    [{ truth: { output: "colour", kind: "class" } }, 400, /"colour" is none of the predictions: probabilities.Adelie/],
    [{ truth: { output: "species", kind: "number" } }, 400, /is a text, whose truth is a class/],
    [{ samplePercent: 101 }, 400, /samplePercent/],
    [{ reference: { dataset: "nowhere" } }, 404, /nowhere/],
    [{ reference: { card: true } }, 409, /no dataset has the digest of/],
    [
      { exclude: ["body_mass"], reference: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" } },
      400,
      /what is recorded has not every column of any input/,
    ],
    [
      { reference: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" } },
      409,
      /nothing of "penguins" was recorded/,
    ],
    [{ colour: "red" }, 400, /colour|additional/],
  ];

  for (const [body, status, sentence] of cases) {
    const answer = await watch("penguins", body);
    assert.equal(answer.status, status, JSON.stringify([body, answer.body]));
    assert.match(`${String(answer.body["detail"])} ${JSON.stringify(answer.body["problems"])}`, sentence);
  }
  const unknown = await call("/v1/models/walrus/monitoring", { token: admin });
  const blind = await call(`${PENGUINS}/monitoring`, { method: "PUT", token: admin, body: {} });
  const stale = await call(`${PENGUINS}/monitoring`, {
    method: "PUT",
    token: admin,
    headers: { "if-match": '"7"' },
    body: { samplePercent: 1 },
  });
  const forbidden = await call(`${PENGUINS}/monitoring`, {
    method: "PUT",
    token: viewer,
    headers: { "if-match": '"0"' },
    body: { samplePercent: 1 },
  });
  assert.deepEqual([unknown.status, blind.status, stale.status, forbidden.status], [404, 428, 412, 403]);
});

test("truths are told by the id of the answer, and become accuracy", async () => {
  await watch("penguins", { samplePercent: 100, exclude: ["body_mass"], window: "1h" });

  const single = idOf(await infer([ADELIE]));
  const several = idOf(await infer([ADELIE, GENTOO, GENTOO]));
  const rows = await call(`${PENGUINS}:predict`, { token: viewer, body: { instances: [GENTOO] } });
  const frame = await call("/invocations?model=penguins", { token: viewer, body: { instances: [ADELIE] } });
  for (const id of [single, several, idOf(rows), idOf(frame)]) assert.match(id, UUID);
  const truths = [
    { id: single, value: "Adelie" },
    { id: several, row: 0, value: 0 },
    { id: several, row: 1, value: "Gentoo" },
    { id: several, row: 2, value: "Chinstrap" },
    { id: idOf(rows), value: "Gentoo" },
    { id: idOf(frame), value: "Adelie" },
  ];

  const told = await tell(truths);

  const again = await tell(truths);
  const others = await call(`${PENGUINS}/truth`, {
    token: admin,
    body: {
      truths: [
        { id: single, value: "Gentoo" },
        { id: several, value: "Gentoo" },
        { id: several, row: 3, value: "Gentoo" },
        { id: crypto.randomUUID(), value: "Gentoo" },
        { id: "not an id", value: "Gentoo" },
      ],
    },
  });
  const accuracy = await call(`${PENGUINS}/accuracy`, { token: viewer });

  assert.deepEqual([told["accepted"], told["refused"]], [6, 0]);
  assert.deepEqual(again, { accepted: 0, repeated: 6, late: 0, refused: 0, refusals: [] });
  assert.deepEqual(
    (others.body["refusals"] as { why: string }[]).map(({ why }) => why),
    ["row", "row", "unknown", "unknown", "contradiction"],
  );
  const windows = accuracy.body["windows"] as {
    version: string;
    recorded: number;
    told: number;
    figures: { kind: string; accuracy: Record<string, number>; confusion: unknown };
  }[];
  const [window] = windows;
  assert.ok(window && windows.length === 1, "an hour may end just now; then there are two windows");
  assert.deepEqual([window.version, window.recorded, window.told], ["1", 6, 6]);
  assert.equal(window.figures.kind, "class");
  assert.deepEqual([window.figures.accuracy["hits"], window.figures.accuracy["total"]], [5, 6]);
  assert.deepEqual(window.figures.confusion, {
    labels: ["Adelie", "Chinstrap", "Gentoo"],
    counts: [
      [3, 0, 0],
      [0, 0, 1],
      [0, 0, 2],
    ],
  });
});

test("truths come as CSV too, and what does not hold is named and takes nothing", async () => {
  await watch("penguins", { samplePercent: 100 });
  const id = idOf(await infer([GENTOO, ADELIE]));
  const csv = (text: string): Promise<Response> =>
    fetch(`${service.url}${PENGUINS}/truth`, {
      method: "POST",
      headers: { "content-type": "text/csv", authorization: `Bearer ${admin}` },
      body: text,
    });

  const taken = await csv(`id,row,value,remark\n${id},0,Gentoo,seen twice\n${id},1,Adelie,\n`);
  const ragged = await csv(`id,value\n${id}\n`);
  const nameless = await csv(`prediction,value\n${id},Gentoo\n`);
  const wrong = await call(`${PENGUINS}/truth`, {
    token: admin,
    body: { truths: [{ id, row: 0, value: "Walrus" }] },
  });
  const forbidden = await call(`${PENGUINS}/truth`, { token: viewer, body: { truths: [{ id, value: "Adelie" }] } });
  const mute = await call("/v1/models/flight-delay/truth", { token: admin, body: { truths: [{ id, value: 1 }] } });

  assert.deepEqual(await taken.json(), { accepted: 2, repeated: 0, late: 0, refused: 0, refusals: [] });
  assert.deepEqual(
    [ragged.status, nameless.status, wrong.status, forbidden.status, mute.status],
    [400, 400, 400, 403, 409],
  );
  assert.match(await ragged.text(), /1 cells where there are 2 columns/);
  assert.match(JSON.stringify(wrong.body["problems"]), /one of Adelie, Chinstrap, Gentoo/);
});

test("truths about another output are figures of their own", async () => {
  await watch("penguins", { samplePercent: 100, truth: { output: "probabilities.Gentoo", kind: "probability" } });
  const id = idOf(await infer([GENTOO]));

  const empty = await call(`${PENGUINS}/accuracy`, { token: viewer });
  const told = await tell([{ id, value: true }]);
  const probability = await call(`${PENGUINS}/accuracy`, { token: viewer });
  await watch("penguins", { truth: { output: "species", kind: "class" } });
  const asClass = await tell([{ id, value: "Gentoo" }]);

  const figures = ({ body }: Answer): unknown =>
    (body["windows"] as { told: number; figures: { kind: string } | null }[]).map((window) => [
      window.told,
      window.figures?.kind,
    ])[0];
  assert.deepEqual(figures(empty), [0, undefined]);
  assert.deepEqual([told["accepted"], asClass["accepted"]], [1, 1]);
  assert.deepEqual(figures(probability), [1, "probability"]);
});

test("over a WebSocket the id is a parameter of the answer", async () => {
  await watch("penguins", { samplePercent: 100 });
  const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/predict`, {
    headers: { authorization: `Bearer ${viewer}` },
  });
  await once(socket, "open");
  const inputs = [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: ADELIE }];
  socket.send(JSON.stringify({ id: "mine", model: "penguins", inputs }));
  const [message] = (await once(socket, "message")) as [MessageEvent];
  socket.close();

  const reply = JSON.parse(String(message.data)) as { id: string; parameters: { muster_prediction_id: string } };

  assert.equal(reply.id, "mine");
  const told = await tell([{ id: reply.parameters.muster_prediction_id, value: "Adelie" }]);
  assert.equal(told["accepted"], 1);
});

test("what moves away raises an alarm that says why, which is told, measured and acknowledged", async () => {
  const made = await watch("sensor-anomaly", {
    samplePercent: 100,
    window: "1s",
    minimumRows: 20,
    reference: { card: true },
  });
  assert.deepEqual(made.body["reference"], { dataset: "sensor_anomaly_reference", version: 1 });
  assert.deepEqual(made.body["truth"], { output: "anomaly_probability", kind: "probability" });
  const rows = Array.from({ length: 60 }, (_, index) => [38 + (index % 7) / 3, 32 + (index % 5) / 2]);
  const inputs = [{ name: "reading", datatype: "FP32", shape: [60, 2], data: rows.flat() }];
  await call("/v2/models/sensor-anomaly/infer", { token: viewer, body: { inputs } });

  let alarms: Record<string, unknown>[] = [];
  await until(async () => {
    const answer = await call("/v1/alarms?model=sensor-anomaly", { token: viewer });
    alarms = answer.body["alarms"] as Record<string, unknown>[];
    return alarms.length > 0;
  });
  const temperature = alarms.find((alarm) => alarm["column"] === "temperature");
  const drift = await call("/v1/models/sensor-anomaly/drift?column=temperature&bins=true", { token: viewer });
  const acknowledged = await call(`/v1/alarms/${String(temperature?.["id"])}/acknowledge`, {
    token: admin,
    body: { note: "moved outdoors" },
  });
  const again = await call(`/v1/alarms/${String(temperature?.["id"])}/acknowledge`, { token: admin, method: "POST" });
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const first = await call("/v1/alarms?limit=1", { token: viewer });
  const second = await call(`/v1/alarms?limit=1&after=${String(first.body["next"])}`, { token: viewer });
  const refused = await call("/v1/datasets/sensor_anomaly_reference", { method: "DELETE", token: admin });

  assert.match(
    String(temperature?.["reason"]),
    /^column temperature: PSI [\d.]+ over 0\.25, mean moved from 27\.7 to 33$/,
  );
  assert.equal(temperature?.["state"], "raised");
  const judged = (drift.body["windows"] as { verdict: string; columns: { column: string; bins: unknown[] }[] }[]).find(
    ({ verdict }) => verdict === "alarm",
  );
  assert.deepEqual(
    judged?.columns.map(({ column }) => column),
    ["temperature"],
  );
  assert.ok((judged?.columns[0]?.bins.length ?? 0) >= 2);
  assert.deepEqual([acknowledged.body["acknowledgedBy"], acknowledged.body["note"]], ["admin", "moved outdoors"]);
  assert.deepEqual(again.body, acknowledged.body);
  assert.match(metrics, /muster_models_drift_alarms\{model="sensor-anomaly"\} [1-3]/);
  assert.match(metrics, /muster_models_recorded_rows_total\{model="sensor-anomaly"\} 60/);
  const ids = [first, second].map(({ body }) => (body["alarms"] as { id: string }[])[0]?.id);
  assert.ok(ids[0] !== undefined && ids[1] !== undefined && ids[0] !== ids[1]);
  assert.deepEqual([refused.status, refused.body["code"]], [409, "conflict"]);
  assert.match(String(refused.body["detail"]), /is what "sensor-anomaly" is compared with/);
});

test("what was recorded becomes a reference, and is deleted when asked", async () => {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  await watch("penguins", { samplePercent: 100, exclude: [] });
  await tell([{ id: idOf(await infer([ADELIE])), value: "Adelie" }]);

  const answer = await watch("penguins", {
    reference: { from, to: new Date(Date.now() + 1_000).toISOString() },
  });
  const dataset = await call("/v1/datasets/penguins_traffic/versions/1", { token: viewer });
  const forbidden = await call(`${PENGUINS}/predictions`, { method: "DELETE", token: viewer });
  const none = await call(`${PENGUINS}/predictions?before=2020-01-01T00:00:00Z`, { method: "DELETE", token: admin });
  const deleted = await call(`${PENGUINS}/predictions`, { method: "DELETE", token: admin });
  const accuracy = await call(`${PENGUINS}/accuracy`, { token: viewer });

  assert.deepEqual(answer.body["reference"], { dataset: "penguins_traffic", version: 1 });
  assert.deepEqual(
    (dataset.body["columns"] as { name: string }[]).map(({ name }) => name),
    ["beak_length", "beak_depth", "flipper_length", "body_mass"],
  );
  assert.deepEqual([forbidden.status, none.body["deleted"]], [403, 0]);
  assert.ok(Number(deleted.body["deleted"]) > 0);
  // The figures stay; how many were recorded is not known any more.
  const [window] = accuracy.body["windows"] as { recorded: number | null; told: number }[];
  assert.equal(window?.recorded, null);
  assert.ok((window?.told ?? 0) > 0);
});
