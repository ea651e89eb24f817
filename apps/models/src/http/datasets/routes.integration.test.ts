import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { problemsOf, ProblemSchema } from "@muster/contract";
import { type Answer, type Call, createClient } from "../../testing/client.ts";
import { firstAdminKey, userKey } from "../../testing/platform-keys.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";

const MIB = 1_048_576;
const CSV = "id,name,born\n1,ann,1990-01-01\n2,bob,unknown\n3,cyd,1992-03-03\n4,dan,1993-04-04\n";

let postgres: TemporaryPostgres;
let folder: string;
let service: RunningService;
let call: ReturnType<typeof createClient>;
let scientist: string;
let otherScientist: string;
let viewer: string;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-datasets-"));
  service = await startProcess({
    DATABASE_URL: postgres.ownerUrl.reveal(),
    DATA_FOLDER: folder,
    MAX_DATASET_MB: "128",
    QUERY_TIMEOUT_MS: "3000",
    QUERY_SLOTS: "3",
  });
  call = createClient(service.url);
  const admin = await firstAdminKey(service);
  scientist = await userKey(service.url, admin, { name: "sid", role: "scientist" });
  otherScientist = await userKey(service.url, admin, { name: "sue", role: "scientist" });
  viewer = await userKey(service.url, admin, { name: "vi", role: "viewer" });
});
after(async () => {
  await service.stop();
  await postgres.close();
  await rm(folder, { recursive: true });
  // Nothing that the tests asked for may have gone wrong inside.
  assert.deepEqual(
    service.log.filter((entry) => entry["level"] === "error"),
    [],
  );
});

async function send(path: string, body: string | Uint8Array, type = "text/csv", token = scientist): Promise<Answer> {
  const response = await fetch(service.url + path, {
    method: "POST",
    headers: { "content-type": type, authorization: `Bearer ${token}` },
    body: Buffer.from(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

async function download(path: string): Promise<string> {
  const response = await fetch(service.url + path, { headers: { authorization: `Bearer ${scientist}` } });
  assert.equal(response.status, 200);
  return response.text();
}

/** Uploads a file and makes a version of it. */
async function made(
  dataset: string,
  content: string | Uint8Array,
  options: { readonly type?: string; readonly columns?: unknown; readonly maxRejectedShare?: number } = {},
): Promise<Answer> {
  const upload = await send(`/v1/datasets/${dataset}/uploads`, content, options.type);
  assert.equal(upload.status, 201, JSON.stringify(upload.body));
  const { columns, maxRejectedShare = 1 } = options;
  const body = { upload: upload.body["id"], maxRejectedShare, ...(columns === undefined ? {} : { columns }) };
  const version = await call(`/v1/datasets/${dataset}/versions`, { token: scientist, body });
  assert.equal(version.status, 201, JSON.stringify(version.body));
  return version;
}

function ask(sql: string, dataset: string, more: object = {}, as: Call = { token: scientist }): Promise<Answer> {
  return call("/v1/queries", { ...as, body: { sql, datasets: [{ dataset }], ...more } });
}

test("a file goes from upload over corrected types to a version that answers questions, and away", async () => {
  const upload = await send("/v1/datasets/people/uploads", CSV);
  const detection = upload.body["detection"] as { columns: { name: string; type: string }[]; sample: unknown[] };
  assert.deepEqual(detection.columns, [
    { name: "id", type: "BIGINT" },
    { name: "name", type: "VARCHAR" },
    { name: "born", type: "VARCHAR" },
  ]);
  assert.equal(detection.sample.length, 4);

  const columns = [
    { name: "id", type: "INTEGER", rules: { unique: true } },
    { name: "born", type: "DATE", rules: { required: true } },
  ];
  const body = { upload: upload.body["id"], columns };
  const failed = await call("/v1/datasets/people/versions", { token: scientist, body });
  const report = failed.body["report"] as { passed: boolean; failures: string[] };
  assert.deepEqual([failed.status, report.passed], [201, false]);
  assert.match(report.failures[0] ?? "", /25 % of the rows were rejected/);
  assert.equal((await ask("select 1 from people", "people")).status, 404, "what did not pass is not used unnamed");

  const passed = await call("/v1/datasets/people/versions", {
    token: scientist,
    body: { ...body, maxRejectedShare: 0.25 },
  });
  assert.deepEqual([passed.body["version"], (passed.body["report"] as { passed: boolean }).passed], [2, true]);
  const listed = await call("/v1/datasets", { token: viewer });
  assert.deepEqual(listed.body, [{ name: "people", versions: 2, current: 2 }]);

  const answer = await ask("select count(*) as n, min(born) as first from people", "people");
  assert.deepEqual([answer.status, answer.body["rows"]], [201, [["3", "1990-01-01"]]]);
  const rejected = await download("/v1/datasets/people/versions/2/rejected");
  assert.match(rejected, /^line,reasons,content\n3,.*born.*unknown.*,"2,bob,unknown"\n$/s);
  assert.match(await download("/v1/datasets/people/versions/2/rows"), /^id,born\n1,1990-01-01\n/);

  assert.equal((await call("/v1/datasets/people/versions/2", { token: scientist, method: "DELETE" })).status, 204);
  assert.equal((await ask("select 1 from people", "people")).status, 404);
  assert.equal((await call("/v1/datasets/people", { token: scientist, method: "DELETE" })).status, 204);
  assert.deepEqual((await call("/v1/datasets", { token: viewer })).body, []);
});

test("a result is paged, downloaded, and seen by nobody else", async () => {
  await made("numbers", `i\n${Array.from({ length: 250 }, (_, index) => index).join("\n")}\n`);

  const first = await ask("select i, i * i as square from numbers order by i desc", "numbers", { limit: 2 });
  const id = String(first.body["id"]);
  const last = await call(`/v1/queries/${id}?offset=248&limit=10`, { token: scientist });
  const others = await call(`/v1/queries/${id}`, { token: otherScientist });

  assert.deepEqual(
    [first.body["totalRows"], first.body["rows"]],
    [
      250,
      [
        ["249", "62001"],
        ["248", "61504"],
      ],
    ],
  );
  assert.deepEqual(last.body["rows"], [
    ["1", "1"],
    ["0", "0"],
  ]);
  assert.equal(others.status, 404);
  assert.equal((await download(`/v1/queries/${id}/export`)).split("\n").length, 252);
  assert.match(await download(`/v1/queries/${id}/export?format=parquet`), /^PAR1/);
  assert.equal((await call(`/v1/queries/${id}`, { token: scientist, method: "DELETE" })).status, 204);
  assert.equal((await call(`/v1/queries/${id}`, { token: scientist })).status, 404);
});

test("each role may do what it may, and no more", async () => {
  const version = { upload: "0".repeat(36) };
  const drift = { reference: { dataset: "x" }, current: { dataset: "x" } };

  const anonymous = await call("/v1/datasets");
  const viewers = [
    await send("/v1/datasets/x/uploads", CSV, "text/csv", viewer),
    await call("/v1/datasets/x/versions", { token: viewer, body: version }),
    await call("/v1/datasets/x", { token: viewer, method: "DELETE" }),
    await ask("select 1", "x", {}, { token: viewer }),
    await call("/v1/drift", { token: viewer, body: drift }),
  ];

  assert.equal(anonymous.status, 401);
  assert.deepEqual(
    viewers.map(({ status }) => status),
    [403, 403, 403, 403, 403],
  );
  assert.equal((await call("/v1/datasets", { token: viewer })).status, 200);
});

test("questions that reach for more are refused with a problem that names no file", async () => {
  await made("secret", "x\n1\n");

  for (const [sql, status] of [
    ["select * from read_csv('/etc/passwd')", 422],
    ["copy (select 1) to '/tmp/x.csv'", 422],
    ["select * from duckdb_databases()", 422],
    ["select count(*) from range(1000000) a, range(1000000) b, range(1000) c", 422],
    ["select list(i) from range(1000000000) t(i)", 422],
    ["select nothing from secret", 422],
    ["", 400],
  ] as const) {
    const answer = await ask(sql, "secret");

    assert.equal(answer.status, status, sql);
    assert.deepEqual(problemsOf(ProblemSchema, answer.body), [], sql);
    assert.ok(!JSON.stringify(answer.body).includes(folder), sql);
    assert.match(answer.headers.get("content-type") ?? "", /problem\+json/);
  }
});

test("requests that do not hold are refused with the reason", async () => {
  const upload = String((await send("/v1/datasets/odd/uploads", CSV)).body["id"]);
  const version = (body: object) => call("/v1/datasets/odd/versions", { token: scientist, body });

  const answers = [
    await send("/v1/datasets/odd/uploads", CSV, "image/png"),
    await send("/v1/datasets/odd/uploads", CSV, "application/octet-stream"),
    await send("/v1/datasets/Not%20A%20Name/uploads", CSV),
    await send("/v1/datasets/odd/uploads", "no parquet", "application/vnd.apache.parquet"),
    await version({ upload: "00000000-0000-0000-0000-000000000000" }),
    await version({ upload, columns: [{ name: "nowhere", type: "BIGINT" }] }),
    await version({ upload, columns: [{ name: "id", type: "BIGINT); DROP TABLE x" }] }),
    await version({ upload, columns: [{ name: "id", type: "BIGINT", rules: { min: "abc" } }] }),
    await call("/v1/datasets/odd/versions/99999999999", { token: scientist }),
    await call("/v1/queries/nonsense", { token: scientist }),
  ];

  assert.deepEqual(
    answers.map(({ status }) => status),
    [415, 415, 400, 422, 404, 400, 400, 422, 400, 400],
  );
});

test("drift between two sets of rows is told with its size first", async () => {
  const rows = Array.from(
    { length: 2_000 },
    (_, index) => `${index},${index < 1_000 ? index % 100 : (index % 100) + 40},a`,
  );
  await made("signal", `id,value,kind\n${rows.join("\n")}\n`);
  const reference = { dataset: "signal", where: "id < 1000" };
  const current = { dataset: "signal", where: "id >= 1000" };

  const answer = await call("/v1/drift", {
    token: scientist,
    body: { reference, current, columns: ["value", "kind"] },
  });

  const [value, kind] = answer.body["columns"] as { verdict: string; psi: number; ks: { statistic: number } | null }[];
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.deepEqual([value?.verdict, kind?.verdict], ["strong", "none"]);
  assert.ok(Math.abs((value?.ks?.statistic ?? 0) - 0.4) < 1e-12);
});

test("an upload that breaks off leaves nothing", async () => {
  const { hostname, port } = new URL(service.url);
  const cut = request({
    hostname,
    port,
    method: "POST",
    path: "/v1/datasets/cut/uploads",
    headers: { "content-type": "text/csv", authorization: `Bearer ${scientist}`, "content-length": 10 * MIB },
  });
  cut.on("error", () => undefined);
  cut.write(Buffer.alloc(MIB, "x,y\n"));
  const incoming = join(folder, "datasets/uploads/incoming");
  await until(async () => (await readdir(incoming)).length === 1, "the upload has begun");

  cut.destroy();

  await until(async () => (await readdir(incoming)).length === 0, "nothing is left");
  const listed = await call("/v1/datasets/cut/versions", { token: scientist });
  assert.equal(listed.status, 404);
});

test("a hundred megabytes are taken as a stream", async () => {
  const { pid } = service.process;
  const peak = await forgetPeak(pid);
  const line = Buffer.from("1234567,some text that repeats,2026-03-14,0.12345678\n");
  const block = Buffer.concat(Array.from({ length: 20_000 }, () => line));
  const blocks = Math.ceil((100 * MIB) / block.length);

  const { status, bytes } = await stream("/v1/datasets/large/uploads", block, blocks);

  const grown = (await peakMemory(pid)) - peak;
  assert.deepEqual([status, bytes], [201, blocks * block.length]);
  assert.ok(grown < 90 * MIB, `${Math.round(grown / MIB)} MiB more at the peak`);
  const tooLarge = await stream("/v1/datasets/large/uploads", block, Math.ceil((129 * MIB) / block.length));
  assert.equal(tooLarge.status, 413);
});

async function stream(
  path: string,
  block: Buffer,
  blocks: number,
): Promise<{ readonly status: number | undefined; readonly bytes: unknown }> {
  const { hostname, port } = new URL(service.url);
  const headers = { "content-type": "text/csv", authorization: `Bearer ${scientist}` };
  const sent = request({ hostname, port, method: "POST", path, headers });
  const answered = once(sent, "response") as Promise<[IncomingMessage]>;
  sent.on("error", () => undefined);
  for (let index = 0; index < blocks && !sent.destroyed; index += 1) {
    if (!sent.write(block)) await Promise.race([once(sent, "drain"), answered]);
  }
  sent.end();
  const [response] = await answered;
  const chunks = await response.toArray();
  const body = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as { bytes?: number };
  return { status: response.statusCode, bytes: body.bytes };
}

/** Lets Linux forget a process's peak (proc(5), clear_refs); returns what it has now. */
async function forgetPeak(pid: number | undefined): Promise<number> {
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  return peakMemory(pid);
}

/** Largest resident memory that a process has had, in bytes. */
async function peakMemory(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(`in vain: ${what}`);
    await delay(20);
  }
}
