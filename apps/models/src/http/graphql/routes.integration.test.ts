import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openPool } from "@muster/adapters";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { ERRORS, type ErrorCode } from "@muster/kernel";
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  getNamedType,
  type GraphQLObjectType,
  type IntrospectionQuery,
  isIntrospectionType,
  isObjectType,
} from "graphql";
import { includesRole, ROLES, type Role } from "../../domain/access/role.ts";
import type { WindowResult } from "../../domain/monitoring/monitoring-store.ts";
import { judgeColumn } from "../../domain/monitoring/verdict.ts";
import { createClient } from "../../testing/client.ts";
import { scalingModel } from "../../testing/models.ts";
import { firstAdminKey, userKey } from "../../testing/platform-keys.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";
import { fieldNeeds } from "./field-access.ts";
import { GRAPHQL_SDL } from "./sdl.ts";

let postgres: TemporaryPostgres;
let folder: string;
let service: RunningService;
let call: ReturnType<typeof createClient>;
const keys = new Map<Role, string>();
let jobId: string;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-graphql-"));
  service = await startProcess({
    DATABASE_URL: postgres.ownerUrl.reveal(),
    DATA_FOLDER: folder,
    RATE_READ: "100000",
    RATE_LOGIN: "1000",
  });
  call = createClient(service.url);
  const admin = await firstAdminKey(service);
  keys.set("admin", admin);
  for (const role of ROLES.slice(0, 3)) keys.set(role, await userKey(service.url, admin, { name: role, role }));
  await fill(admin);
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

/** A model with two versions and a challenger in the shadow, and a dataset. */
async function fill(token: string): Promise<void> {
  for (const factor of [2, 3]) {
    const form = new FormData();
    form.set("card", JSON.stringify({ title: `Times ${factor}`, metrics: { error: factor / 10 } }));
    form.set("model", new Blob([Buffer.from(scalingModel(factor))]), "model.onnx");
    assert.equal((await call("/v1/models/scale/versions", { token, body: form })).status, 201);
  }
  const create = { token, method: "PUT", headers: { "if-none-match": "*" } };
  await call("/v1/models/scale/aliases/challenger", { ...create, body: { version: "2" } });
  await call("/v1/models/scale/traffic", { ...create, body: { canaryPercent: 0, shadowPercent: 100 } });
  const x = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [1] }] };
  await call("/v2/models/scale/infer", { token, body: x });
  const uploaded = await fetch(`${service.url}/v1/datasets/birds/uploads`, {
    method: "POST",
    headers: { "content-type": "text/csv", authorization: `Bearer ${token}` },
    body: "id,mass\n1,3425\n2,\n",
  });
  const { id } = (await uploaded.json()) as { id: string };
  const columns = [
    { name: "id", type: "BIGINT", rules: { unique: true } },
    { name: "mass", type: "BIGINT", rules: { required: true, action: "warn" } },
  ];
  const made = await call("/v1/datasets/birds/versions", { token, body: { upload: id, columns } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { measurements } = { measurements: ["id", "mass", "id", "mass"] };
  const job = { model: "penguins", dataset: "birds", inputs: { measurements } };
  const submitted = await call("/v1/jobs", { token: keys.get("scientist") ?? "", body: job });
  assert.equal(submitted.status, 201, JSON.stringify(submitted.body));
  jobId = String(submitted.body["id"]);
  await writeDrift();
}

/** A window that was judged and the alarm that it raised, as if time had passed. */
async function writeDrift(): Promise<void> {
  const counts = { rows: 100, nulls: 0 };
  const column = judgeColumn(
    "input",
    { column: "mass", kind: "numeric", reference: counts, current: counts, bins: [], ksDistance: 0.9 },
    { minimumRows: 1, warnPsi: 0.1, alarmPsi: 0.25 },
  );
  const result: WindowResult = {
    verdict: "alarm",
    reason: null,
    version: "1",
    rows: 100,
    otherRows: 0,
    columns: [{ ...column, ks: { statistic: 0.9, pValue: 0 } }],
  };
  const pool = openPool(postgres.ownerUrl);
  await pool.query(
    `insert into models.drift_window values
       ('penguins', '2026-01-01', '2026-01-02', gen_random_uuid(), '2026-01-02', 1, '2026-01-02', $1)`,
    [JSON.stringify(result)],
  );
  await pool.query(
    `insert into models.alarm (model, side, "column", state, reason, raised_at, changed_at)
     values ('penguins', 'input', 'mass', 'raised', 'it moved', '2026-01-02', '2026-01-02')`,
  );
  await pool.end();
}

interface Reply {
  readonly status: number;
  readonly data: Record<string, unknown>;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly unknown[];
    readonly extensions: { readonly code: ErrorCode };
  }[];
}

async function ask(query: string, role: Role = "viewer", more: object = {}): Promise<Reply> {
  const token = keys.get(role) ?? "";
  const { status, body } = await call("/v1/graphql", { token, body: { query, ...more } });
  return { status, data: (body["data"] ?? {}) as Reply["data"], errors: (body["errors"] ?? []) as Reply["errors"] };
}

test("one question reads models, data and the caller, as REST gives them", async () => {
  const { status, data, errors } = await ask(`{
    me { user role via }
    model(name: "scale") {
      name aliases { alias version revision } traffic { canaryPercent shadowPercent revision }
      versions(first: 1) { next nodes { version batchable card { title metrics { name value } } inputs { name datatype shape } } }
    }
    dataset(name: "birds") {
      current count versions { next nodes { version quality { passed rows rules { column rule action failed } } columns { name type rules } } }
    }
    cache { hitRate maxBytes }
  }`);
  const version = await call("/v1/models/scale/versions/2", { token: keys.get("viewer") ?? "" });

  assert.deepEqual([status, errors], [200, []]);
  assert.deepEqual(data["me"], { user: "viewer", role: "viewer", via: "key" });
  const tensor = { name: "x", datatype: "FP32", shape: [-1, 1] };
  assert.deepEqual((version.body["signature"] as { inputs: unknown }).inputs, [tensor]);
  assert.deepEqual(data["model"], {
    name: "scale",
    aliases: [
      { alias: "champion", version: "1", revision: 1 },
      { alias: "challenger", version: "2", revision: 1 },
    ],
    traffic: { canaryPercent: 0, shadowPercent: 100, revision: 1 },
    versions: {
      next: 2,
      nodes: [
        {
          version: "2",
          batchable: true,
          card: { title: "Times 3", metrics: [{ name: "error", value: 0.3 }] },
          inputs: [tensor],
        },
      ],
    },
  });
  assert.deepEqual(data["dataset"], {
    current: 1,
    count: 1,
    versions: {
      next: null,
      nodes: [
        {
          version: 1,
          quality: {
            passed: true,
            rows: 2,
            rules: [
              { column: "id", rule: "unique", action: "reject", failed: 0 },
              { column: "mass", rule: "required", action: "warn", failed: 1 },
            ],
          },
          columns: [
            { name: "id", type: "BIGINT", rules: { unique: true } },
            { name: "mass", type: "BIGINT", rules: { required: true, action: "warn" } },
          ],
        },
      ],
    },
  });
  assert.deepEqual(data["cache"], { hitRate: 0, maxBytes: 64 * 1_048_576 });
});

test("jobs, drift and alarms are read as REST tells them", async () => {
  const { data, errors } = await ask(
    `{
      jobs(model: "penguins") { total nodes { id user model version dataset rowsTotal inputs { input columns } } }
      drift(model: "penguins") { next nodes { from to verdict version rows columns { side column kind ks { statistic } } } }
      alarms(state: raised) { nodes { model column state reason raisedAt clearedAt } }
    }`,
    "admin",
  );
  const token = keys.get("admin") ?? "";
  const { next, windows } = (await call("/v1/models/penguins/drift", { token })).body as {
    next: unknown;
    windows: object[];
  };

  assert.deepEqual(errors, []);
  assert.deepEqual(data["jobs"], {
    total: 1,
    nodes: [
      {
        id: jobId,
        user: "scientist",
        model: "penguins",
        version: "1",
        dataset: "birds",
        rowsTotal: 2,
        inputs: [{ input: "measurements", columns: ["id", "mass", "id", "mass"] }],
      },
    ],
  });
  assert.partialDeepStrictEqual({ next, nodes: windows }, data["drift"]);
  assert.equal((data["drift"] as { nodes: object[] }).nodes.length, 1);
  assert.partialDeepStrictEqual(
    (await call("/v1/alarms", { token })).body["alarms"],
    (data["alarms"] as { nodes: object[] }).nodes,
  );
});

test("pages lead on until there are no more", async () => {
  const names: string[] = [];
  let next: unknown = null;
  do {
    const { data } = await ask(
      "query($after: String) { models(first: 3, after: $after) { nodes { name } next } }",
      "viewer",
      {
        variables: { after: next },
      },
    );
    const page = data["models"] as { nodes: { name: string }[]; next: unknown };
    names.push(...page.nodes.map(({ name }) => name));
    next = page.next;
  } while (next !== null);
  const audit = await ask("{ audit(first: 2) { nodes { action } next } }", "admin");

  assert.deepEqual(names, ["flight-delay", "penguins", "scale", "sensor-anomaly"]);
  const newest = audit.data["audit"] as { nodes: unknown[]; next: number };
  assert.equal(newest.nodes.length, 2);
  const rest = await ask(`{ audit(first: 100, before: ${newest.next}) { nodes { place } next } }`, "admin");
  assert.ok((rest.data["audit"] as { nodes: { place: number }[] }).nodes.every(({ place }) => place < newest.next));
});

/** Values of the arguments that have to be given, by name of the field. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  drift: '(model: "penguins")',
  model: '(name: "scale")',
  version: '(model: "penguins", version: "1")',
  dataset: '(name: "birds")',
  datasetVersion: '(dataset: "birds")',
};

test("every field is read by those whose role it asks for, and by nobody else", async () => {
  const schema = buildSchema(GRAPHQL_SDL);
  const query = schema.getQueryType() as GraphQLObjectType;
  // The shortest way from the top to each type.
  const ways = new Map<string, readonly string[]>([[query.name, []]]);
  const open = [query];
  for (const type of open) {
    for (const field of Object.values(type.getFields())) {
      const next = getNamedType(field.type);
      if (!isObjectType(next) || isIntrospectionType(next) || ways.has(next.name)) continue;
      ways.set(next.name, [...(ways.get(type.name) ?? []), field.name]);
      open.push(next);
    }
  }
  const needs = new Map(fieldNeeds(schema).map(({ field, role }) => [field, role]));
  const wrong: string[] = [];

  for (const [path, own] of needs) {
    const [typeName = "", fieldName = ""] = path.split(".");
    const type = schema.getType(typeName) as GraphQLObjectType;
    const field = type.getFields()[fieldName];
    const way = ways.get(typeName);
    assert.ok(field && way, `${path} is not within reach`);
    const steps = [...way, fieldName];
    const leaf = isObjectType(getNamedType(field.type)) ? " { __typename }" : "";
    const text = steps.reduceRight(
      (inner, step, place) => `{ ${step}${argumentsOf(step, place === 0)}${inner} }`,
      leaf,
    );
    // Whoever reads a field has read all that is above it.
    const needed = [own, ...needsOn(way)].reduce((a, b) => (includesRole(a, b) ? a : b));
    for (const role of ROLES) {
      const { data, errors } = await ask(text, role);
      const refused = errors.some(({ extensions }) => extensions.code === "forbidden");
      if (refused === includesRole(role, needed)) wrong.push(`${role} ${refused ? "may not" : "may"} read ${path}`);
      if (!refused && errors.length > 0) wrong.push(`${path}: ${errors[0]?.message}`);
      if (role === "admin" && valuesAt(data, steps).length === 0) wrong.push(`${path} was not reached: ${text}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(needs.size > 100);

  function needsOn(way: readonly string[]): readonly Role[] {
    const first = way[0];
    return first === undefined ? [] : [needs.get(`Query.${first}`) ?? "admin"];
  }
});

function argumentsOf(step: string, isTop: boolean): string {
  if (step === "job") return `(id: "${jobId}")`;
  return isTop ? (ARGUMENTS[step] ?? "") : "";
}

/** What there is at the end of a way, through all lists on it; null counts, because it was answered. */
function valuesAt(data: unknown, steps: readonly string[]): readonly unknown[] {
  let found: readonly unknown[] = [data];
  for (const step of steps) {
    found = found
      .flat()
      .flatMap((value) =>
        typeof value === "object" && value !== null ? [(value as Record<string, unknown>)[step]] : [],
      );
  }
  return found.filter((value) => value !== undefined);
}

test("what one may not read is left out and named, and the rest is answered", async () => {
  const { status, data, errors } = await ask("{ me { user } users { nodes { name } } }");

  assert.equal(status, 200);
  assert.deepEqual(data, { me: { user: "viewer" }, users: null });
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => [message, path, extensions.code]),
    [["Query.users: it needs the role admin, and you are viewer", ["users"], "forbidden"]],
  );
});

test("what does not hold is refused in GraphQL's form with a code of the catalogue", async () => {
  const cases: readonly (readonly [string, number, ErrorCode, RegExp, object?])[] = [
    ["{", 400, "invalid-request", /Syntax Error/],
    // No document of the caller's making, which mercurius would take.
    ['{"kind":"Document","definitions":[]}', 400, "invalid-request", /Syntax Error/],
    ["null", 400, "invalid-request", /Syntax Error/],
    ["{ nope }", 400, "invalid-request", /Cannot query field "nope"/],
    [`{ ${"x".repeat(10_000)} }`, 400, "invalid-request", /Cannot query field.{1,300}…$/],
    ["mutation { me { user } }", 400, "invalid-request", /mutation/],
    ["subscription { me { user } }", 400, "invalid-request", /subscription/],
    ["query A { me { user } } query B { me { role } }", 400, "invalid-request", /operation name/],
    ["{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }", 400, "invalid-request", /itself/],
    ["{ models(first: 101) { next } }", 400, "invalid-request", /first must be 1 to 100/],
    [
      "{ models(first: 100) { nodes { versions(first: 100) { nodes { digest bytes } } } } }",
      400,
      "invalid-request",
      /at most 20000 are allowed/,
    ],
    [
      `{ ${"__schema { types { fields { type { ".repeat(1)}${"ofType { ".repeat(14)} name ${"} ".repeat(18)} }`,
      400,
      "invalid-request",
      /levels deep/,
    ],
    [`{ ${"me{user}".repeat(600)} }`, 400, "invalid-request", /more that 2000 tokens|2000 tokens/],
    ['{ models(first: "x") { next } }', 400, "invalid-request", /Int cannot represent/],
    [
      "query($n: Int) { models(first: $n) { next } }",
      400,
      "invalid-request",
      /got invalid value/,
      { variables: { n: "x" } },
    ],
    ["{ usage(hours: 99) { calls } }", 200, "invalid-request", /hours: must be 1 to/],
    ["{ jobs(offset: -1) { total } }", 200, "invalid-request", /offset: must be 0 to/],
    ['{ job(id: "x") { state } }', 200, "invalid-request", /id: must be an id/],
    ['{ job(id: "00000000-0000-0000-0000-000000000000") { state } }', 200, "not-found", /no job/],
    ['{ alarms(after: "x") { next } }', 200, "invalid-request", /after: must be an id/],
    ['{ alarms(model: "\\u0000") { next } }', 200, "invalid-request", /cannot be stored/],
    ['{ drift(model: "walrus") { next } }', 200, "not-found", /walrus/],
    [
      '{ drift(model: "penguins", before: "soon") { next } }',
      200,
      "invalid-request",
      /before: must be a point in time/,
    ],
    [
      '{ drift(model: "penguins", before: { a: 1 }) { next } }',
      200,
      "invalid-request",
      /before: must be a point in time/,
    ],
    ['{ datasetVersion(dataset: "walrus") { version } }', 200, "not-found", /no version that passed/],
    ['{ datasetVersion(dataset: "\\u0000") { version } }', 200, "not-found", /no dataset has such a name/],
  ];

  for (const [query, status, code, sentence, more] of cases) {
    const reply = await ask(query, "admin", more);
    assert.equal(reply.status, status, `${query.slice(0, 80)}: ${JSON.stringify(reply)}`);
    assert.equal(reply.errors[0]?.extensions.code, code, query.slice(0, 80));
    assert.match(reply.errors[0]?.message ?? "", sentence);
    assert.ok(code in ERRORS);
    assert.doesNotMatch(JSON.stringify(reply), /\.ts|node_modules|\bat \//);
  }
  const nothing = await ask('{ version(model: "\\u0000", version: "1") { digest } }');
  assert.deepEqual([nothing.status, nothing.data, nothing.errors], [200, { version: null }, []]);
});

test("a body that is no question, or by nobody, is refused in the same form", async () => {
  const token = keys.get("viewer") ?? "";
  const codes = await Promise.all(
    [
      { token, body: {} },
      { token, body: { query: 1 } },
      { token, body: { query: "{ me { user } }", variables: [] } },
      { token, body: { query: `{ me { user } } # ${"x".repeat(70_000)}` } },
      { body: { query: "{ __schema { types { name } } }" } },
      { token, headers: { "content-type": "text/plain" }, body: { query: "{ me { user } }" } },
    ].map(async (each) => {
      const { status, body } = await call("/v1/graphql", each);
      return [status, (body["errors"] as Reply["errors"])[0]?.extensions.code];
    }),
  );

  assert.deepEqual(codes, [
    [400, "invalid-request"],
    [400, "invalid-request"],
    [400, "invalid-request"],
    [413, "too-large"],
    [401, "unauthenticated"],
    [400, "invalid-request"],
  ]);
});

test("whoever is signed in may ask for the schema, which is the documented one", async () => {
  const { data, errors } = await ask(getIntrospectionQuery());

  assert.deepEqual(errors, []);
  const told = buildClientSchema(data as unknown as IntrospectionQuery);
  const written = buildSchema(GRAPHQL_SDL);
  assert.deepEqual(Object.keys(told.getTypeMap()).toSorted(), Object.keys(written.getTypeMap()).toSorted());
  assert.ok(!told.getMutationType() && !told.getSubscriptionType());
});

test("questions count towards the rate of reading and are answered in the media type that is asked for", async () => {
  const answer = await call("/v1/graphql", {
    token: keys.get("viewer") ?? "",
    headers: { accept: "application/graphql-response+json" },
    body: { query: "{ me { user } }" },
  });
  const { data } = await ask("{ usage { route caller calls } }", "admin");

  assert.match(answer.headers.get("content-type") ?? "", /^application\/graphql-response\+json/);
  assert.match(answer.headers.get("ratelimit-policy") ?? "", /^"read"/);
  const rows = data["usage"] as { route: string; caller: string; calls: number }[];
  assert.ok(rows.some(({ route, caller, calls }) => route === "POST /v1/graphql" && caller === "viewer" && calls > 0));
});
