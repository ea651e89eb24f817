import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { createClient } from "../../testing/client.ts";
import { scalingModel } from "../../testing/models.ts";
import { firstAdminKey, userKey } from "../../testing/platform-keys.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";

const ROWS = 20_000;

let postgres: TemporaryPostgres;
let folder: string;
let service: RunningService;
let admin: string;
let viewer: string;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-delivery-"));
  service = await startProcess({ DATABASE_URL: postgres.ownerUrl.reveal(), DATA_FOLDER: folder, RATE_READ: "100000" });
  admin = await firstAdminKey(service);
  viewer = await userKey(service.url, admin, { name: "vi", role: "viewer" });
  await addModel(2);
  await addDataset();
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

async function addModel(factor: number): Promise<void> {
  const form = new FormData();
  form.set("card", '{"title":"Scale"}');
  form.set("model", new Blob([Buffer.from(scalingModel(factor))]), "model.onnx");
  const { status } = await createClient(service.url)("/v1/models/scale/versions", { token: admin, body: form });
  assert.equal(status, 201);
}

async function addDataset(): Promise<void> {
  const lines = Array.from(
    { length: ROWS },
    (_, index) => `${index},name ${index % 97},${index % 1_000 === 0 ? "x" : index / 7}`,
  );
  const uploaded = await fetch(`${service.url}/v1/datasets/birds/uploads`, {
    method: "POST",
    headers: { "content-type": "text/csv", authorization: `Bearer ${admin}` },
    body: `id,name,mass\n${lines.join("\n")}\n`,
  });
  const { id } = (await uploaded.json()) as { id: string };
  const columns = [
    { name: "id", type: "BIGINT" },
    { name: "name", type: "VARCHAR" },
    { name: "mass", type: "DOUBLE" },
  ];
  const made = await createClient(service.url)("/v1/datasets/birds/versions", {
    token: admin,
    body: { upload: id, columns },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

async function ask(path: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Answer> {
  const response = await fetch(service.url + path, {
    method,
    headers: { authorization: `Bearer ${admin}`, ...headers },
  });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

test("what can be read again is kept by the caller alone and asked for anew, without being sent again", async () => {
  const paths = [
    "/v1/models",
    "/v1/models/scale/versions",
    "/v1/models/scale/versions/1",
    "/v1/models/scale/aliases/champion",
    "/v1/models/scale/aliases/champion/history",
    "/v1/models/scale/traffic",
    "/v1/datasets",
    "/v1/datasets/birds/versions",
    "/v1/datasets/birds/versions/1",
  ];
  for (const path of paths) {
    const first = await ask(path);
    const tag = first.headers.get("etag") ?? "";
    assert.equal(first.status, 200, path);
    assert.match(tag, /^"[\w-]+"$/, path);
    assert.equal(first.headers.get("cache-control"), "private, no-cache", path);

    const again = await ask(path, { "if-none-match": `"other", W/${tag}` });
    const other = await ask(path, { "if-none-match": '"other"' });
    const head = await ask(path, {}, "HEAD");
    const unchanged = await ask(path, { "if-none-match": tag }, "HEAD");

    assert.deepEqual([again.status, again.body.length, again.headers.get("etag")], [304, 0, tag], path);
    assert.equal(again.headers.get("cache-control"), "private, no-cache");
    assert.deepEqual([other.status, other.body], [200, first.body], path);
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(first.body.length)], path);
    assert.deepEqual([head.headers.get("etag"), unchanged.status], [tag, 304], path);
  }
});

test("a change changes the tag", async () => {
  const paths = ["/v1/models", "/v1/models/scale/versions"];
  const earlier = await Promise.all(paths.map((path) => ask(path)));
  await addModel(3);
  const answers = await Promise.all(
    paths.map((path, index) => ask(path, { "if-none-match": earlier[index]?.headers.get("etag") ?? "" })),
  );

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
});

test("the API's description may be kept by anybody", async () => {
  const first = await fetch(`${service.url}/openapi.json`);
  await first.arrayBuffer();
  const again = await ask("/openapi.json", { "if-none-match": first.headers.get("etag") ?? "" });

  assert.equal(first.headers.get("cache-control"), "public, no-cache");
  assert.equal(again.status, 304);
});

test("nothing of users, sessions, predictions or errors is kept", async () => {
  const paths = [
    "/v1/session",
    "/v1/sessions",
    "/v1/keys",
    "/v1/users",
    "/v1/audit",
    "/v1/usage",
    "/v1/cache",
    "/v1/models/walrus/versions",
  ];
  for (const path of [...paths, "/v2/models/penguins"]) {
    const answer = await ask(path, { "if-none-match": "*" });
    assert.equal(answer.headers.get("cache-control"), "no-store", path);
    assert.equal(answer.headers.has("etag"), false, path);
    assert.notEqual(answer.status, 304, path);
  }
});

test("a change of an alias or of traffic needs the newest revision", async () => {
  const change = (path: string, body: object, headers: Readonly<Record<string, string>>) =>
    createClient(service.url)(path, { token: admin, method: "PUT", headers, body });
  const traffic = { canaryPercent: 1, shadowPercent: 0 };
  for (const [path, body] of [
    ["/v1/models/scale/aliases/champion", { version: "1" }],
    ["/v1/models/scale/traffic", traffic],
  ] as const) {
    const statuses: number[] = [];
    for (const tag of ['"999"', 'W/"1"', '"1", "2"', '"x"', "*"]) {
      statuses.push((await change(path, body, { "if-match": tag })).status);
    }
    statuses.push((await change(path, body, {})).status);
    assert.deepEqual(statuses, [412, 412, 412, 412, 428, 428], path);
  }
  const tag = (await ask("/v1/models/scale/traffic")).headers.get("etag") ?? "";
  const changed = await change("/v1/models/scale/traffic", traffic, { "if-match": tag });
  const late = await change("/v1/models/scale/traffic", traffic, { "if-match": tag });

  assert.deepEqual([changed.status, late.status], [200, 412]);
  assert.notEqual(changed.headers.get("etag"), tag);
});

async function artefact(): Promise<{ path: string; bytes: Buffer }> {
  const bytes = Buffer.from(scalingModel(2));
  return Promise.resolve({ path: `/v1/artefacts/${createHash("sha256").update(bytes).digest("hex")}`, bytes });
}

test("an artefact is downloaded by its digest, never changes, and goes on where it broke off", async () => {
  const { path, bytes } = await artefact();
  const middle = Math.floor(bytes.length / 2);

  const whole = await ask(path);
  const front = await ask(path, { range: `bytes=0-${middle - 1}` });
  const rest = await ask(path, { range: `bytes=${middle}-`, "if-range": whole.headers.get("etag") ?? "" });
  const last = await ask(path, { range: "bytes=-1" });

  assert.deepEqual([whole.status, whole.body], [200, bytes]);
  assert.equal(whole.headers.get("cache-control"), "private, max-age=31536000, immutable");
  assert.equal(whole.headers.get("accept-ranges"), "bytes");
  assert.match(whole.headers.get("content-disposition") ?? "", /^attachment; filename="[0-9a-f]{12}\.onnx"$/);
  assert.deepEqual([front.status, rest.status, last.status], [206, 206, 206]);
  assert.deepEqual(Buffer.concat([front.body, rest.body]), bytes);
  assert.equal(rest.headers.get("content-range"), `bytes ${middle}-${bytes.length - 1}/${bytes.length}`);
  assert.deepEqual(last.body, bytes.subarray(-1));
});

test("a part of a file that has changed, of another unit or beyond the end is no part", async () => {
  const { path, bytes } = await artefact();

  const changed = await ask(path, { range: "bytes=1-2", "if-range": '"other"' });
  const unit = await ask(path, { range: "rows=1-2" });
  const many = await ask(path, { range: "bytes=0-1,3-4" });
  const beyond = await ask(path, { range: `bytes=${bytes.length}-` });
  const unchanged = await ask(path, { "if-none-match": changed.headers.get("etag") ?? "" });
  const head = await ask(path, { range: "bytes=0-0" }, "HEAD");

  for (const answer of [changed, unit, many]) assert.deepEqual([answer.status, answer.body], [200, bytes]);
  assert.deepEqual([beyond.status, beyond.headers.get("content-range")], [416, `bytes */${bytes.length}`]);
  assert.equal((JSON.parse(beyond.body.toString()) as { code: string }).code, "range-invalid");
  assert.deepEqual([beyond.headers.get("cache-control"), beyond.headers.has("etag")], ["no-store", false]);
  assert.deepEqual([unchanged.status, unchanged.body.length], [304, 0]);
  assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(bytes.length)]);
});

test("an artefact that no version has, or that one may not have, is not given", async () => {
  const { path } = await artefact();

  const unknown = await ask(`/v1/artefacts/${"0".repeat(64)}`);
  const hostile = await ask("/v1/artefacts/..%2f..%2fetc%2fpasswd");
  const forbidden = await ask(path, { authorization: `Bearer ${viewer}` });
  const nobody = await fetch(service.url + path);

  assert.deepEqual([unknown.status, hostile.status, forbidden.status, nobody.status], [404, 400, 403, 401]);
});

test(
  "an export is the same each time, goes on where it broke off, and leaves nothing behind",
  { timeout: 60_000 },
  async () => {
    for (const path of ["rows", "rows?format=parquet", "rejected", "rejected?format=parquet"]) {
      const address = `/v1/datasets/birds/versions/1/${path}`;
      const whole = await ask(address);
      const tag = whole.headers.get("etag") ?? "";
      const middle = Math.floor(whole.body.length / 2);
      const rest = await ask(address, { range: `bytes=${middle}-`, "if-range": tag });
      const unchanged = await ask(address, { "if-none-match": tag });
      const head = await ask(address, {}, "HEAD");

      assert.equal(whole.status, 200, path);
      assert.equal(whole.headers.get("cache-control"), "private, no-cache");
      assert.equal(rest.status, 206, path);
      assert.ok(Buffer.concat([whole.body.subarray(0, middle), rest.body]).equals(whole.body), path);
      assert.deepEqual([unchanged.status, unchanged.body.length], [304, 0], path);
      assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(whole.body.length)], path);
    }
    const csv = (await ask("/v1/datasets/birds/versions/1/rows")).body.toString();
    assert.equal(csv.trim().split("\n").length, 1 + ROWS - ROWS / 1_000);
    const beyond = await ask("/v1/datasets/birds/versions/1/rows", { range: "bytes=99999999-" });
    assert.equal(beyond.status, 416);
    // The last file goes when its answer is out, which may be after its reader has it. For ever is a failure by time.
    while ((await readdir(join(folder, "datasets", "work"))).length > 0) await setImmediate();
  },
);
