import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import fc from "fast-check";
import { signInFirstAdmin } from "../testing/client.ts";
import { type RunningService, startProcess } from "../testing/running-service.ts";

/** A long campaign asks for more, and for others: FUZZ_REQUESTS=10000 FUZZ_SEED=7. */
const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 1_500);
const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_121);
const TIMEOUT_MS = 10_000;

let postgres: TemporaryPostgres;
let folder: string;
let service: RunningService | undefined;
let key: string;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-fuzz-"));
  const often = "1000000";
  service = await startProcess({
    DATABASE_URL: postgres.ownerUrl.reveal(),
    DATA_FOLDER: folder,
    MAX_BODY_BYTES: "65536",
    RATE_READ: often,
    RATE_WRITE: often,
    RATE_LOGIN: often,
  });
  key = await signInFirstAdmin(service);
});
after(async () => {
  await service?.stop();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
  const inside = service?.log.filter((entry) => entry["level"] === "error");
  assert.deepEqual(inside, []);
});

interface Operation {
  readonly path: string;
  readonly method: string;
}

interface Generated {
  readonly operation: Operation;
  readonly parts: readonly string[];
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly type: string;
  readonly keyed: boolean;
}

const hostile = fc.constantFrom(
  "penguins",
  "champion",
  "challenger",
  "1",
  "0",
  "-1",
  "99999999999999999999",
  "..",
  "../../etc/passwd",
  "%00",
  "a".repeat(300),
  "'; drop table models.model; --",
  "{{7*7}}",
  "__proto__",
  "constructor",
  "ünïcödé",
  "00000000-0000-0000-0000-000000000000",
);
const word = fc.oneof(
  { weight: 3, arbitrary: hostile },
  fc.string({ minLength: 1 }),
  fc.string({ unit: "binary", minLength: 1 }),
);

const bird = { inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] }] };
const near = fc.record(
  {
    inputs: fc.oneof(fc.constant(bird.inputs), fc.jsonValue()),
    outputs: fc.jsonValue(),
    parameters: fc.jsonValue(),
    instances: fc.jsonValue(),
    dataframe_split: fc.jsonValue(),
    user: fc.jsonValue(),
    password: fc.jsonValue(),
    token: fc.jsonValue(),
    name: fc.jsonValue(),
    role: fc.jsonValue(),
    scopes: fc.jsonValue(),
    days: fc.jsonValue(),
    version: fc.jsonValue(),
    canaryPercent: fc.jsonValue(),
    shadowPercent: fc.jsonValue(),
    sql: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  near.map((value) => JSON.stringify(value)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom("", "{", JSON.stringify(bird), "[".repeat(20_000), '{"a":1e999}', "\0\0\0\0", "x".repeat(70_000)),
);
const type = fc.constantFrom(
  "application/json",
  "application/json; charset=utf-16",
  "text/csv",
  "text/plain",
  "multipart/form-data",
  "multipart/form-data; boundary=b",
  "application/octet-stream",
  "x",
);
const headers = fc.dictionary(
  fc.constantFrom(
    "if-match",
    "if-none-match",
    "inference-header-content-length",
    "cache-control",
    "muster-on-behalf-of",
    "cookie",
    "origin",
    "x-api-key",
    "range",
    "accept",
  ),
  fc.constantFrom(
    '"1"',
    "*",
    "0",
    "-1",
    "1e9",
    "muster_models_session=ms_x",
    "https://evil.example",
    "no-cache",
    "bytes=0-1",
  ),
  { maxKeys: 3 },
);

function generated(operations: readonly Operation[]): fc.Arbitrary<Generated> {
  return fc.record({
    operation: fc.constantFrom(...operations),
    parts: fc.array(word, { minLength: 3, maxLength: 3 }),
    query: fc.array(fc.tuple(fc.constantFrom("limit", "before", "pattern", "tag", "key", "model", "x"), word), {
      maxLength: 2,
    }),
    headers,
    body,
    type,
    // Mostly with a key, because without one everything ends at the door.
    keyed: fc.integer({ min: 0, max: 9 }).map((number) => number > 0),
  });
}

test("no generated request to any documented operation fails inside, hangs, or tells of the inside", async () => {
  const url = service?.url ?? "";
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  );
  assert.ok(operations.length > 30);
  const requests = fc.sample(generated(operations), { numRuns: REQUESTS, seed: SEED });
  const statuses = new Map<number, number>();

  async function send(request: Generated): Promise<void> {
    let part = 0;
    const path = request.operation.path.replaceAll(/\{[^}]+\}/g, () =>
      encodeURIComponent(request.parts[part++]?.toWellFormed() ?? ""),
    );
    const query = new URLSearchParams(request.query.map(([name, value]) => [name, value]));
    const bodied = request.operation.method !== "GET" && request.operation.method !== "HEAD";
    const response = await fetch(`${url}${path}?${query.toString()}`, {
      method: request.operation.method,
      headers: {
        ...request.headers,
        ...(bodied ? { "content-type": request.type } : {}),
        ...(request.keyed ? { authorization: `Bearer ${key}` } : {}),
      },
      ...(bodied ? { body: request.body } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    const shown = `${request.operation.method} ${path} ${request.type} ${request.body.slice(0, 200)} → ${response.status} ${text.slice(0, 300)}`;
    assert.ok(response.status < 500, shown);
    assert.doesNotMatch(text, /node_modules|\.ts:\d+|\n {4}at |syntax error at|\/proc\/|argon2/, shown);
  }

  // Eight at a time; more would only wait for each other.
  const queue = requests.values();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const request of queue) await send(request);
    }),
  );

  assert.ok((statuses.get(200) ?? 0) > 20, JSON.stringify(Object.fromEntries(statuses)));
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
});
