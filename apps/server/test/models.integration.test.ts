import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  nodeSha256,
  openPool,
  openServiceDatabase,
  postgresIdentity,
  postgresLedger,
  postgresLiveEvents,
  postgresLoadTests,
  postgresRuns,
} from "@muster/adapters";
import { temporaryPostgres } from "@muster/adapters/testing";
import { createCatalog } from "@muster/catalog";
import { type Configuration, ModelPlatformsSchema, ProblemSchema, problemsOf } from "@muster/contract";
import { MusterError, type Role, toInstant } from "@muster/kernel";
import { runConstantRate } from "@muster/load";
import { pino } from "pino";
import { type App, createApp } from "../src/http/app.ts";
import { createServices } from "../src/service/services.ts";

const ROOT = join(import.meta.dirname, "../../..");

const configuration: Configuration = {
  service: { name: "models", title: "Model platform", owner: "platform team" },
  environments: {
    staging: {
      process: {
        command: ["node", "apps/models/src/main.ts"],
        env: { PORT: "{port}", DATA_FOLDER: "{data}" },
        database: "models",
      },
      models: {},
      allow: [],
    },
    elsewhere: { url: "http://127.0.0.1:1", models: { key: "KEY_ELSEWHERE" }, allow: [] },
    shop: { url: "http://127.0.0.1:1", allow: [] },
    broken: {
      process: { command: ["node", "-e", "console.error('what the log says'); process.exit(3)"] },
      models: {},
      allow: [],
    },
  },
  checks: [{ check: "latency-p95", with: { maximumMs: 300 } }],
  controls: [{ id: "latency", title: "It is quick", checks: ["latency-p95"] }],
  gates: { production: { environment: "staging", controls: "all" } },
};

describe("the way to a model platform that Muster starts", { concurrency: false }, () => {
  let app: App;
  let folder: string;
  let pool: ReturnType<typeof openPool>;
  const cookies = new Map<Role, string>();
  const closing = new AsyncDisposableStack();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-models-"));
    closing.defer(() => rm(folder, { recursive: true, force: true }));
    const postgres = await temporaryPostgres();
    closing.defer(() => postgres.close());
    pool = openPool(postgres.url);
    closing.defer(() => pool.end());
    const live = await postgresLiveEvents({ url: postgres.url, pool });
    closing.defer(() => live.close());
    const clock = { now: () => Date.now() };
    const identity = postgresIdentity(pool);
    const services = createServices({
      configuration,
      cwd: ROOT,
      folder,
      env: {},
      openDatabase: (name) => openServiceDatabase(postgres.ownerUrl, name),
      clock,
      onNotice: () => {},
      signal: new AbortController().signal,
    });
    closing.defer(() => services.stop());
    app = await createApp(
      {
        configuration,
        catalog: createCatalog({ load: runConstantRate }),
        ledger: postgresLedger(pool),
        runs: postgresRuns(pool),
        loadTests: postgresLoadTests(pool),
        identity,
        live,
        clock,
        sha256: nodeSha256,
        randomToken: () => randomBytes(32).toString("base64url"),
        async startRun() {
          throw new MusterError("run-active", "a run goes on");
        },
        modelPlatform: (environment) => services.modelPlatform(environment),
        async ping() {},
        consoleFolder: "no-such-folder",
      },
      pino({ level: "silent" }),
    );
    closing.defer(() => app.close());
    for (const role of ["viewer", "responder", "operator"] as const) {
      const [link, session] = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
      const user = await identity.ensureUser({ name: `a-${role}`, role });
      const [now, later] = [toInstant(clock.now()), toInstant(clock.now() + 3_600_000)];
      await identity.createLink(nodeSha256(link), user.name, later);
      await identity.redeemLink(nodeSha256(link), { hash: nodeSha256(session), expiresAt: later }, now);
      cookies.set(role, `muster_session=${session}`);
    }
  });
  after(() => closing.disposeAsync());

  async function ask(
    role: Role,
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    more: { readonly headers?: Record<string, string>; readonly payload?: string | object } = {},
  ) {
    return app.inject({
      method,
      url: `/api/v1/models${path}`,
      headers: { cookie: cookies.get(role) ?? "", ...more.headers },
      ...(more.payload === undefined ? {} : { payload: more.payload }),
    });
  }

  it("lists the environments that have one, with the limit that their charts are held against", async () => {
    const answer = await ask("viewer", "GET", "");

    assert.deepEqual(problemsOf(ModelPlatformsSchema, answer.json()), []);
    assert.deepEqual(answer.json(), [
      { environment: "staging", latencyLimitMs: 300 },
      { environment: "elsewhere", latencyLimitMs: 300 },
      { environment: "broken", latencyLimitMs: 300 },
    ]);
  });

  it("needs no manual step: a fresh platform has its database, its models, and knows Muster's key", async () => {
    const answer = await ask("viewer", "GET", "/staging/models");

    assert.deepEqual(
      answer.json<{ name: string }[]>().map(({ name }) => name),
      ["flight-delay", "penguins", "sensor-anomaly"],
    );
    assert.ok((await readdir(folder)).includes("models-staging-data"), "its files are in Muster's data folder");
  });

  it("lets a viewer try a prediction, and says in Muster's own form what does not fit", async () => {
    const right = { inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [39, 18, 181, 3750] }] };

    const good = await ask("viewer", "POST", "/staging/models/penguins/versions/1/infer", { payload: right });
    const bad = await ask("viewer", "POST", "/staging/models/penguins/versions/1/infer", { payload: { inputs: [] } });

    assert.equal(good.statusCode, 200);
    assert.match(String(good.headers["cache-status"]), /^muster; /);
    assert.equal(bad.statusCode, 400);
    assert.deepEqual(problemsOf(ProblemSchema, bad.json()), []);
    assert.match(bad.json().detail, /measurements: is missing/);
  });

  it("lets an operator set an alias by compare-and-set, once, and writes down who did", async () => {
    const set = { payload: { version: "1" }, headers: { "if-none-match": "*" } };

    const first = await ask("operator", "PUT", "/staging/models/penguins/aliases/challenger", set);
    const second = await ask("operator", "PUT", "/staging/models/penguins/aliases/challenger", set);
    const viewer = await ask("viewer", "PUT", "/staging/models/penguins/aliases/challenger", set);

    assert.deepEqual([first.statusCode, first.headers["etag"], first.json().changedBy], [200, '"1"', "operator key"]);
    assert.ok(second.statusCode === 409 || second.statusCode === 412, String(second.statusCode));
    assert.equal(viewer.statusCode, 403);
    const { rows } = await pool.query("select actor, detail from audit_log where action = 'models.alias-set'");
    assert.deepEqual(rows, [
      { actor: "a-operator", detail: { environment: "staging", model: "penguins", alias: "challenger" } },
    ]);
  });

  it("says that a platform does not start, and nothing of what stands in its log", async () => {
    const answer = await ask("operator", "GET", "/broken/models");

    assert.equal(answer.statusCode, 503);
    assert.equal(answer.json().code, "platform-unreachable");
    assert.doesNotMatch(answer.payload, /what the log says|services/);
  });

  it("takes a file through, makes a version of it, asks it, and hands results out as files", async () => {
    const rows = `city,degrees\n${"Oslo,4\nRome,19\n".repeat(20_000)}`;

    const upload = await ask("operator", "POST", "/staging/datasets/weather/uploads?format=csv", {
      headers: { "content-type": "text/csv" },
      payload: rows,
    });
    const version = await ask("operator", "POST", "/staging/datasets/weather/versions", {
      payload: { upload: upload.json().id },
    });
    const sql = "select city, avg(degrees) as mean from weather group by city order by city";
    const result = await ask("responder", "POST", "/staging/queries", {
      payload: { sql, datasets: [{ dataset: "weather" }] },
    });
    const file = await ask("responder", "GET", `/staging/queries/${result.json().id}/export?format=csv`);
    const refused = await ask("viewer", "POST", "/staging/queries", { payload: { sql, datasets: [] } });

    assert.equal(version.json().report.rows, 40_000);
    assert.deepEqual(result.json().rows, [
      ["Oslo", 4],
      ["Rome", 19],
    ]);
    assert.match(file.payload, /^city,mean\nOslo,4/);
    assert.match(String(file.headers["content-disposition"]), /^attachment/);
    assert.equal(refused.statusCode, 403);
  });

  it("forwards nothing that is not on the list", async () => {
    for (const path of [
      "/staging/users",
      "/staging/keys",
      "/staging/audit",
      "/staging/models/..%2f..%2fusers/versions",
    ]) {
      assert.ok([400, 404].includes((await ask("operator", "GET", path)).statusCode), path);
    }
  });

  it("says which environment has no platform, and where a key is missing", async () => {
    const none = await ask("viewer", "GET", "/shop/models");
    const inherited = await ask("viewer", "GET", "/constructor/models");
    const keyless = await ask("viewer", "GET", "/elsewhere/models");

    assert.deepEqual([none.statusCode, inherited.statusCode], [404, 404]);
    assert.equal(keyless.statusCode, 502);
    assert.match(keyless.json().detail, /KEY_ELSEWHERE is not set/);
  });
});
