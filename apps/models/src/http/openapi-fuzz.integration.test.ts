import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { problemsOf } from "@muster/contract";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import fc from "fast-check";
import { buildSchema, getIntrospectionQuery, getNamedType, type GraphQLOutputType, isObjectType } from "graphql";
import type { TSchema } from "typebox";
import { createClient, signInFirstAdmin } from "../testing/client.ts";
import { type Frame, openRawSocket } from "../testing/raw-socket.ts";
import { type RunningService, startProcess } from "../testing/running-service.ts";
import { type JsonSchema, mutated, valuesOf } from "../testing/schema-values.ts";
import { GRAPHQL_SDL } from "./graphql/sdl.ts";

/** A long campaign asks for more, and for others: FUZZ_REQUESTS=10000 FUZZ_SEED=7. */
const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 1_500);
const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_121);
const TIMEOUT_MS = 10_000;
/** More at once would only wait for each other. */
const AT_ONCE = 8;
/** Where callers write SQL of their own, they are told what is wrong with it. */
const ASKED_IN_SQL = /^\/v1\/(?:queries|drift)/;
const LONGEST_PARAMETER = 128;
const TOLD_FAILURES = 10;
const MAX_BODY_BYTES = 65_536;
/** What an answer may never tell of. */
const INSIDE = /node_modules|\.ts:\d+|\n {4}at |\/proc\/|argon2|\/tmp\/|mercurius/;

let postgres: TemporaryPostgres;
let folder: string;
let service: RunningService | undefined;
let url: string;
let key: string;
let description: Description;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-fuzz-"));
  const often = "1000000";
  service = await startProcess({
    DATABASE_URL: postgres.ownerUrl.reveal(),
    DATA_FOLDER: folder,
    MAX_BODY_BYTES: String(MAX_BODY_BYTES),
    RATE_READ: often,
    RATE_WRITE: often,
    RATE_LOGIN: often,
    RATE_PREDICT: often,
    QUERY_TIMEOUT_MS: "2000",
  });
  ({ url } = service);
  key = await signInFirstAdmin(service);
  await addDataset();
  description = (await (await fetch(`${url}/openapi.json`)).json()) as Description;
});
after(async () => {
  await service?.stop();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
  const inside = service?.log.filter((entry) => entry["level"] === "error");
  assert.deepEqual(inside, []);
});

/** So that some questions about data can be answered. */
async function addDataset(): Promise<void> {
  const sent = await fetch(`${url}/v1/datasets/birds/uploads`, {
    method: "POST",
    headers: { "content-type": "text/csv", authorization: `Bearer ${key}` },
    body: "id,mass\n1,3425\n2,3800\n",
  });
  const { id: upload } = (await sent.json()) as { id: string };
  await createClient(url)("/v1/datasets/birds/versions", { token: key, body: { upload } });
}

interface Description {
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationDescription>>>>;
}

interface OperationDescription {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: JsonSchema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>;
  readonly security?: readonly object[];
}

interface Operation extends OperationDescription {
  readonly path: string;
  readonly method: string;
}

function operations(): readonly Operation[] {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
}

test("the document is valid OpenAPI 3.1 and says of every operation what it does, answers and asks for", async () => {
  const validator = new Validator();

  const { valid, errors } = await validator.validate({ ...structuredClone(description) });

  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, "3.1");
  const ids = operations().map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { path, method, summary, responses, security } of operations()) {
    const statuses = Object.keys(responses);
    assert.ok(summary !== undefined && security !== undefined, `${method} ${path}`);
    assert.ok(
      statuses.some((status) => /^(2|101)/.test(status)),
      `${method} ${path}: ${statuses.join()}`,
    );
    if (security.length > 0) assert.ok(statuses.includes("4XX") && statuses.includes("5XX"), `${method} ${path}`);
  }
  assert.ok(ids.length > 50 && ids.includes("post_v1_graphql") && ids.includes("get_v1_predict"));
});

const hostile = fc.constantFrom(
  "penguins",
  "birds",
  "champion",
  "challenger",
  "1",
  "0",
  "-1",
  "99999999999999999999",
  "..",
  "../../etc/passwd",
  "%00",
  "\0",
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
/** What there is, so that a request gets further than its address. */
const known: Readonly<Record<string, fc.Arbitrary<string>>> = {
  model: fc.constant("penguins"),
  name: fc.constant("penguins"),
  version: fc.constant("1"),
  dataset: fc.constant("birds"),
  alias: fc.constantFrom("champion", "challenger"),
};

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
const anyBody = fc.oneof(
  near.map((value) => JSON.stringify(value)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom("", "{", JSON.stringify(bird), "[".repeat(20_000), '{"a":1e999}', "\0\0\0\0", "x".repeat(70_000)),
  fc.constantFrom('{"__proto__":{"a":1}}', '{"constructor":{"prototype":{}}}', `{"a":${"9".repeat(30_000)}}`, "\ud800"),
);
const anyType = fc.constantFrom(
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
    "if-range",
    "inference-header-content-length",
    "cache-control",
    "content-encoding",
    "muster-on-behalf-of",
    "cookie",
    "origin",
    "x-api-key",
    "range",
    "accept",
  ),
  fc.constantFrom(
    '"1"',
    '"0"',
    "*",
    "0",
    "-1",
    "1e9",
    "muster_models_session=ms_x",
    "https://evil.example",
    "no-cache",
    "bytes=0-1",
    "bytes=-99999999999999999999",
    "bytes=999999999-",
  ),
  { maxKeys: 3 },
);

interface Generated {
  readonly operation: Operation;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly type: string;
  readonly keyed: boolean;
}

/** A request to an operation: as the document says, with something of it changed, or with something else altogether. */
function requestTo(operation: Operation): fc.Arbitrary<Generated> {
  const parameters = operation.parameters ?? [];
  const places = parameters
    .filter((each) => each.in === "path")
    .map(({ name, schema }) => {
      const documented = valuesOf(schema).map(String);
      return [name, fc.oneof({ weight: 3, arbitrary: known[name] ?? documented }, documented, word)] as const;
    });
  const queries = parameters
    .filter((each) => each.in === "query")
    .map(({ name, schema }) => [name, fc.oneof(valuesOf(schema).map(String), word)] as const);
  const [[documentedType, { schema = {} }] = ["application/json", {}]] = Object.entries(
    operation.requestBody?.content ?? {},
  );
  const documentedBody = valuesOf(schema);
  const bodies = fc.oneof(
    documentedBody.map((value) => JSON.stringify(value) ?? ""),
    documentedBody.chain(mutated).map((value) => JSON.stringify(value) ?? ""),
    anyBody,
  );
  return fc
    .record({
      values: fc.record(Object.fromEntries(places)),
      query: fc.record(Object.fromEntries(queries), { requiredKeys: [] }),
      surplus: fc.array(fc.tuple(fc.constantFrom("limit", "before", "pattern", "model", "x"), word), { maxLength: 1 }),
      headers,
      body: bodies,
      type: fc.oneof({ weight: 4, arbitrary: fc.constant(documentedType) }, anyType),
      // Mostly with a key, because without one everything ends at the door.
      keyed: fc.integer({ min: 0, max: 9 }).map((number) => number > 0),
    })
    .map(({ values, query, surplus, ...rest }) => {
      const path = operation.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) =>
        encodeURIComponent((values[name] ?? "").toWellFormed()),
      );
      const search = new URLSearchParams([...Object.entries(query), ...surplus] as [string, string][]);
      return { operation, path: `${path}?${search.toString()}`, ...rest };
    });
}

/** Runs work on all of a list, some at a time, and tells of what failed when all is done. */
async function forAll<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  const queue = list.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of queue) await work(item).catch((error: unknown) => failures.push((error as Error).message));
    }),
  );
  assert.deepEqual(failures.slice(0, TOLD_FAILURES), [], `${failures.length} of ${list.length} failed`);
}

/** What the document says of an answer's body, or undefined where it says nothing of such an answer. */
function documentedAnswer({ responses }: Operation, status: number, type: string): object | undefined {
  const answer = responses[String(status)] ?? responses[`${String(status)[0]}XX`];
  const schema = answer?.content?.[type]?.schema;
  if (schema === undefined || !("$ref" in schema)) return schema;
  return description.components.schemas[String(schema.$ref).split("/").at(-1) ?? ""];
}

/** Whether an operation is met at all: dots lead elsewhere, and a name that is too long leads nowhere. */
function isMet(path: string): boolean {
  const [place = ""] = path.split("?", 1);
  return new URL(url + path).pathname === place && place.split("/").every((part) => part.length <= LONGEST_PARAMETER);
}

test("no generated request to any documented operation fails inside, hangs, or is answered against the document", async () => {
  const requests = fc.sample(fc.oneof(...operations().map(requestTo)), { numRuns: REQUESTS, seed: SEED });
  const statuses = new Map<number, number>();

  await forAll(requests, async (request) => {
    const { operation, path } = request;
    const bodied = operation.method !== "GET" && operation.method !== "HEAD";
    const response = await fetch(`${url}${path}`, {
      method: operation.method,
      headers: {
        ...request.headers,
        ...(bodied ? { "content-type": request.type } : {}),
        ...(request.keyed ? { authorization: `Bearer ${key}` } : {}),
      },
      ...(bodied ? { body: request.body } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const { status } = response;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const shown = `${operation.method} ${path} ${request.type} ${JSON.stringify(request.headers)} ${request.body.slice(0, 300)} → ${status} ${text.slice(0, 300)}`;
    assert.ok(status < 500, shown);
    assert.doesNotMatch(text, INSIDE, shown);
    if (!ASKED_IN_SQL.test(path)) assert.doesNotMatch(text, /syntax error at/, shown);
    const type = response.headers.get("content-type")?.split(";", 1)[0] ?? "";
    // Addresses that do not decode, and methods in the way of others, are met before any operation.
    if (!type.endsWith("json") || text === "" || status === 404 || status === 405 || !isMet(path)) return;
    const schema = documentedAnswer(operation, status, type);
    assert.ok(schema, `not in the document: ${type} ${shown}`);
    assert.deepEqual(problemsOf(schema as TSchema, JSON.parse(text)), [], shown);
  });

  assert.ok((statuses.get(200) ?? 0) > REQUESTS / 20, JSON.stringify(Object.fromEntries(statuses)));
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
});

const schema = buildSchema(GRAPHQL_SDL);
const pageSize = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("1", "3", "50") },
  fc.constantFrom("0", "101", "1e3"),
);
const nearName = fc.oneof({ weight: 4, arbitrary: fc.constantFrom("penguins", "birds") }, word);
const literal = fc.oneof(
  fc.constantFrom("0", "-1", "101", "2147483648", "1e3", "null", "$n", "[]", "{}", "ENUM", '"""x"""'),
  nearName.map((text) => JSON.stringify(text)),
);

/** Mostly what the argument takes. */
function argumentOf(type: string): fc.Arbitrary<string> {
  const fitting = type.startsWith("Int") ? pageSize : nearName.map((text) => JSON.stringify(text));
  return fc.oneof({ weight: 8, arbitrary: fitting }, literal);
}

/** What is asked of a type: some of its fields, with some of their arguments, down to a depth. */
function selectionOf(type: GraphQLOutputType, depth: number): fc.Arbitrary<string> {
  const object = getNamedType(type);
  if (!isObjectType(object)) return fc.constant("");
  const fields = Object.values(object.getFields()).filter(
    (field) => depth > 0 || !isObjectType(getNamedType(field.type)),
  );
  if (fields.length === 0) return fc.constant("{ __typename }");
  const field = fc.constantFrom(...fields).chain((chosen) => {
    const given = fc.record(
      Object.fromEntries(chosen.args.map((each) => [each.name, argumentOf(each.type.toString())])),
      {
        requiredKeys: chosen.args.filter((argument) => argument.type.toString().endsWith("!")).map(({ name }) => name),
      },
    );
    return fc
      .tuple(fc.constantFrom("", "", "", "", "", "a", "b"), given, selectionOf(chosen.type, depth - 1))
      .map(([alias, values, inner]) => {
        const list = Object.entries(values).map(([name, value]) => `${name}: ${value}`);
        return `${alias === "" ? "" : `${alias}: `}${chosen.name}${list.length > 0 ? `(${list.join(", ")})` : ""} ${inner}`;
      });
  });
  return fc.array(field, { minLength: 1, maxLength: 4 }).map((parts) => `{ ${parts.join(" ")} }`);
}

const question = selectionOf(schema.getQueryType()!, 4);
const query = fc.oneof(
  { weight: 6, arbitrary: question },
  // Something in it is left out or put in.
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        question,
        fc.nat(),
        fc.nat(8),
        fc.constantFrom("", "{", "}", "(", '"', "...", "@skip(if: true)", "$", "#", "\0"),
      )
      .map(
        ([text, at, length, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + length),
      ),
  },
  fc.constantFrom(
    getIntrospectionQuery(),
    `{ ${"me { ".repeat(500)}user${" }".repeat(500)} }`,
    `{ ${Array.from({ length: 300 }, (_, index) => `a${index}: models(first: 100) { next }`).join(" ")} }`,
    `{ ${"me { user } ".repeat(450)} }`,
    `{ ${"__schema { types { name fields { name } } } ".repeat(20)} }`,
    "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "query($n: Int = 99999999999) { models(first: $n) { next } }",
    "{ models(first: 100) { nodes { versions(first: 100) { nodes { card { inputs { columns { name } } } } } } } }",
    '{"kind":"Document","definitions":[]}',
    "null",
    "mutation { deleteModel }",
    "subscription { models { next } }",
    "[".repeat(60_000),
    "\ufeff{ me { user } }",
  ),
  word,
);
const operationName = fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, word);
const variables = fc.oneof(
  { weight: 9, arbitrary: fc.constant({}) },
  fc.constant({}),
  fc.record({ n: fc.oneof(fc.integer(), fc.jsonValue()) }),
  fc.jsonValue(),
);

test("no generated GraphQL question fails inside, hangs, or is answered in another form than GraphQL's", async () => {
  const questions = fc.sample(fc.record({ query, variables, operationName }), {
    numRuns: REQUESTS / 5,
    seed: SEED,
  });
  const statuses = new Map<number, number>();
  const operation = operations().find(({ path }) => path === "/v1/graphql");
  assert.ok(operation);

  await forAll(questions, async (body) => {
    const response = await fetch(`${url}/v1/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const { status } = response;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const shown = `${JSON.stringify(body).slice(0, 600)} → ${status} ${text.slice(0, 300)}`;
    assert.ok(status < 500, shown);
    assert.doesNotMatch(text, INSIDE, shown);
    const answer = JSON.parse(text) as { data?: unknown; errors?: unknown };
    assert.deepEqual(problemsOf(documentedAnswer(operation, status, "application/json") as TSchema, answer), [], shown);
    assert.ok(answer.data !== undefined || answer.errors !== undefined, shown);
  });

  assert.ok((statuses.get(200) ?? 0) > questions.length / 10, JSON.stringify(Object.fromEntries(statuses)));
});

const TEXT = 1;
const BINARY = 2;
const CONTINUATION = 0;

const message = fc.oneof(
  fc.constant(JSON.stringify({ id: "x", model: "penguins", ...bird })),
  near.map((value) => JSON.stringify({ id: "x", model: "penguins", ...value })),
  fc
    .constant({ id: "x", model: "penguins", ...bird })
    .chain(mutated)
    .map((value) => JSON.stringify(value)),
  fc.record({ id: fc.jsonValue(), model: word, version: word }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    "",
    "[".repeat(30_000),
    '{"id":1e999}',
    `{"id":"${"a".repeat(60_000)}"}`,
    "null",
    "\0",
    '{"__proto__":1}',
  ),
  word,
);

/** Messages that a library would send, cut into frames or not; each is answered. */
const allowed = fc.tuple(message, fc.nat(3), fc.boolean()).map(([text, cuts, ping]): readonly Frame[] => {
  const bytes = Buffer.from(text);
  const size = Math.ceil(bytes.length / (cuts + 1)) || 1;
  const parts = Array.from({ length: cuts + 1 }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  const frames = parts.map((payload, index) => ({
    opcode: index === 0 ? TEXT : CONTINUATION,
    payload,
    fin: index === cuts,
  }));
  // Control frames may come between the parts of a message.
  return ping ? frames.flatMap((frame) => [{ opcode: 9, payload: Buffer.from("?") }, frame]) : frames;
});
const binary = fc.uint8Array({ maxLength: 300 }).map((payload): readonly Frame[] => [{ opcode: BINARY, payload }]);

/** Frames that no library sends; the connection may end with them. */
const forbidden = fc.constantFrom<readonly Frame[]>(
  [{ opcode: TEXT, payload: Buffer.from("{}"), masked: false }],
  [{ opcode: TEXT, payload: Buffer.from("{}"), reserved: 7 }],
  [{ opcode: TEXT, payload: Buffer.from("{}"), reserved: 4 }],
  [{ opcode: 3, payload: Buffer.from("x") }],
  [{ opcode: 11, payload: Buffer.from("x") }],
  [{ opcode: CONTINUATION, payload: Buffer.from("{}") }],
  [
    { opcode: TEXT, payload: Buffer.from("{"), fin: false },
    { opcode: TEXT, payload: Buffer.from("}") },
  ],
  [{ opcode: TEXT, payload: Buffer.from([0xff, 0xfe, 0xc0]) }],
  [{ opcode: 9, payload: Buffer.alloc(126) }],
  [{ opcode: 9, payload: Buffer.from("x"), fin: false }],
  [{ opcode: 8, payload: Buffer.from([0]) }],
  [{ opcode: 8, payload: Buffer.from([0, 0]) }],
  [{ opcode: TEXT, payload: Buffer.alloc(0), length: 2 ** 40 }],
  [{ opcode: TEXT, payload: Buffer.alloc(MAX_BODY_BYTES + 1, "x") }],
  Array.from({ length: 40 }, (_, index) => ({
    opcode: index === 0 ? TEXT : CONTINUATION,
    payload: Buffer.alloc(4_096, "x"),
    fin: false,
  })),
);

interface SocketAnswer {
  readonly error?: string;
  readonly status?: number;
}

function holds(text: string, shown: string): SocketAnswer {
  assert.doesNotMatch(text, INSIDE, shown);
  const answer = JSON.parse(text) as SocketAnswer;
  assert.ok(answer.status === undefined || (answer.status >= 400 && answer.status < 500), shown);
  return answer;
}

test("no message over a WebSocket fails inside or hangs, and each gets one answer", { timeout: 300_000 }, async () => {
  const messages = fc.sample(fc.oneof({ weight: 8, arbitrary: allowed }, binary), {
    numRuns: REQUESTS / 5,
    seed: SEED,
  });
  let good = 0;
  const lanes = Array.from({ length: AT_ONCE }, (_, lane) => messages.filter((__, index) => index % AT_ONCE === lane));

  await forAll(lanes, async (lane) => {
    const socket = await openRawSocket(`${url}/v1/predict`, { authorization: `Bearer ${key}` });
    for (const frames of lane) {
      socket.send(...frames);
      const text = await socket.receive();
      const shown = `${Buffer.concat(frames.map(({ payload }) => payload))
        .toString()
        .slice(0, 300)} → ${text?.slice(0, 300)}`;
      assert.ok(text !== undefined, `closed: ${shown}`);
      if (holds(text, shown).error === undefined) good += 1;
    }
    socket.end();
  });

  assert.ok(good > messages.length / 20, `${good} of ${messages.length}`);
});

test("frames that are not allowed end their own connection, and no other", { timeout: 300_000 }, async () => {
  const other = await openRawSocket(`${url}/v1/predict`, { authorization: `Bearer ${key}` });
  const kinds = fc.sample(fc.tuple(forbidden, fc.constantFrom("/v1/predict", "/v1/events")), {
    numRuns: Math.max(60, REQUESTS / 50),
    seed: SEED,
  });

  await forAll(kinds, async ([frames, path]) => {
    const socket = await openRawSocket(url + path, { authorization: `Bearer ${key}` });
    socket.send(...frames);
    // A frame whose length lies waits for the rest, and so ends with its sender.
    if (frames.some(({ length }) => length !== undefined)) return socket.end();
    for (let text = await socket.receive(); text !== undefined; text = await socket.receive()) {
      if (path === "/v1/predict") holds(text, text);
    }
    socket.end();
  });

  other.send({ opcode: TEXT, payload: Buffer.from(JSON.stringify({ id: "o", model: "penguins", ...bird })) });
  assert.match((await other.receive()) ?? "", /"id":"o"/);
  other.end();
});

test("no address of a WebSocket opens one that should not be, or fails inside", async () => {
  const addresses = fc.sample(
    fc.record({
      path: fc.constantFrom("/v1/predict", "/v1/events", "/v1/models", "/v2"),
      query: fc.array(
        fc.tuple(
          fc.constantFrom("after", "topics", "x"),
          fc.oneof(word, fc.constantFrom("0", "model", "9007199254740993")),
        ),
        { maxLength: 2 },
      ),
      keyed: fc.boolean(),
      headers,
    }),
    { numRuns: Math.max(60, REQUESTS / 20), seed: SEED },
  );

  await forAll(addresses, async ({ path, query: pairs, keyed, headers: more }) => {
    const search = new URLSearchParams(pairs.map(([name, value]) => [name, value.toWellFormed()])).toString();
    // A second cookie or length would make a request that no server reads.
    const { "content-encoding": _, ...sent } = more;
    const opened = await openRawSocket(`${url}${path}?${search}`, {
      ...sent,
      ...(keyed ? { authorization: `Bearer ${key}` } : {}),
    }).catch((error: unknown) => error as Error);
    if (opened instanceof Error) {
      const status = Number(/\d+/.exec(opened.message)?.[0] ?? 0);
      assert.ok(
        (status >= 400 && status < 500) || (status === 200 && path === "/v2"),
        `${path}?${search}: ${opened.message}`,
      );
      return;
    }
    assert.ok(path === "/v1/predict" || path === "/v1/events");
    opened.end();
  });

  assert.equal((await fetch(`${url}/readyz`)).status, 200);
});
