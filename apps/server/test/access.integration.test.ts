import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import {
  nodeSha256,
  openPool,
  postgresIdentity,
  postgresLedger,
  postgresLiveEvents,
  postgresLoadTests,
  postgresRuns,
} from "@muster/adapters";
import { temporaryPostgres } from "@muster/adapters/testing";
import { issueAdminLink } from "@muster/application";
import { createCatalog } from "@muster/catalog";
import { type Configuration, ProblemSchema, problemsOf, ReadinessSchema } from "@muster/contract";
import { includesRole, MusterError, type Role, ROLES, toInstant } from "@muster/kernel";
import { runConstantRate } from "@muster/load";
import { pino } from "pino";
import { type App, type AppSources, createApp } from "../src/http/app.ts";
import { FORWARDED_ROUTES } from "../src/models/forwarded-routes.ts";

const NOW = Date.parse("2026-11-21T12:00:00.000Z");

const configuration: Configuration = {
  service: { name: "shop", title: "Shop", owner: "shop team" },
  environments: { staging: { url: "http://127.0.0.1:1", allow: [] } },
  checks: [{ check: "http-availability" }],
  controls: [{ id: "available", title: "The shop answers", checks: ["http-availability"] }],
  gates: { production: { environment: "staging", controls: "all" } },
};

describe("the HTTP interface", () => {
  let app: App;
  let sources: AppSources;
  let now = NOW;
  const closing = new AsyncDisposableStack();

  before(async () => {
    const postgres = await temporaryPostgres();
    closing.defer(() => postgres.close());
    const pool = openPool(postgres.url);
    closing.defer(() => pool.end());
    const live = await postgresLiveEvents({ url: postgres.url, pool });
    closing.defer(() => live.close());
    sources = {
      configuration,
      catalog: createCatalog({ load: runConstantRate }),
      ledger: postgresLedger(pool),
      runs: postgresRuns(pool),
      loadTests: postgresLoadTests(pool),
      identity: postgresIdentity(pool),
      live,
      clock: { now: () => now },
      sha256: nodeSha256,
      randomToken: () => randomBytes(32).toString("base64url"),
      async startRun() {
        throw new MusterError("run-active", "a run goes on");
      },
      async modelPlatform(environment) {
        throw new MusterError("not-found", `the service of "${environment}" is no model platform`);
      },
      async ping() {},
      consoleFolder: "no-such-folder",
    };
    app = await createApp(sources, pino({ level: "silent" }));
    closing.defer(() => app.close());
    await app.ready();
  });
  after(() => closing.disposeAsync());

  /** A session of a user with a role, as a cookie header. */
  async function cookieOf(role: Role): Promise<string> {
    const { identity, sha256, randomToken } = sources;
    const [link, session] = [randomToken(), randomToken()];
    const user = await identity.ensureUser({ name: `a-${role}`, role });
    const later = toInstant(now + 3_600_000);
    await identity.createLink(sha256(link), user.name, later);
    await identity.redeemLink(sha256(link), { hash: sha256(session), expiresAt: later }, toInstant(now));
    return `muster_session=${session}`;
  }

  it("lets each role call exactly the routes that its role includes", async () => {
    const wrong: string[] = [];

    for (const route of app.guardedRoutes.filter((each) => each.method !== "HEAD")) {
      for (const role of [undefined, ...ROLES]) {
        const response = await app.inject({
          method: route.method as "GET",
          url: route.url.replace(":seq", "1").replace("*", "x"),
          headers: role ? { cookie: await cookieOf(role) } : {},
        });
        const refused = response.statusCode === 401 || response.statusCode === 403;
        const allowed = route.role === "public" || (role !== undefined && includesRole(role, route.role));
        if (refused === allowed && !(route.url === "/api/v1/session" && route.role === "public")) {
          wrong.push(`${route.method} ${route.url} as ${role ?? "nobody"}: ${response.statusCode}`);
        }
      }
    }

    assert.deepEqual(wrong, []);
    assert.ok(app.guardedRoutes.length >= 12, "the walk saw the routes");
  });

  it("refuses at start a route that names no role", async () => {
    const bare = await createApp(sources, pino({ level: "silent" }));

    assert.throws(() => bare.get("/open-by-mistake", () => "hello"), /GET \/open-by-mistake names no role/);
    await bare.close();
  });

  it("signs in with a one-time link once, and keeps the token out of reach of scripts and other sites", async () => {
    const token = await issueAdminLink(sources);

    const first = await app.inject({ method: "POST", url: "/api/v1/session", payload: { token } });
    const second = await app.inject({ method: "POST", url: "/api/v1/session", payload: { token } });

    assert.equal(first.statusCode, 201);
    assert.deepEqual(first.json(), { user: "admin", role: "admin", expiresAt: "2026-11-22T00:00:00.000Z" });
    assert.match(String(first.headers["set-cookie"]), /HttpOnly; SameSite=Strict/);
    assert.equal(second.statusCode, 401);
    assert.equal(second.json().code, "link-used");
  });

  it("refuses a link that is too old, and a session that has ended", async () => {
    const token = await issueAdminLink(sources);
    const cookie = await cookieOf("viewer");
    now = NOW + 2 * 3_600_000;

    const late = await app.inject({ method: "POST", url: "/api/v1/session", payload: { token } });
    const ended = await app.inject({ url: "/api/v1/session", headers: { cookie } });
    now = NOW;

    assert.equal(late.json().code, "link-used");
    assert.equal(ended.json().code, "unauthenticated");
  });

  it("ends a session at sign-out", async () => {
    const cookie = await cookieOf("viewer");

    const out = await app.inject({ method: "DELETE", url: "/api/v1/session", headers: { cookie } });
    const later = await app.inject({ url: "/api/v1/session", headers: { cookie } });

    assert.equal(out.statusCode, 204);
    assert.equal(later.statusCode, 401);
  });

  it("refuses a change that another site's page asks for", async () => {
    const cookie = await cookieOf("admin");

    const byFetchMetadata = await app.inject({
      method: "POST",
      url: "/api/v1/runs",
      headers: { cookie, "sec-fetch-site": "cross-site" },
      payload: {},
    });
    const byOrigin = await app.inject({
      method: "POST",
      url: "/api/v1/runs",
      headers: { cookie, origin: "https://evil.example" },
      payload: {},
    });

    assert.deepEqual([byFetchMetadata.statusCode, byOrigin.statusCode], [403, 403]);
  });

  it("answers every failure as a problem that says what to do and shows no stack", async () => {
    const cookie = await cookieOf("admin");
    const failures = await Promise.all([
      app.inject({ url: "/api/v1/nothing-here", headers: { cookie } }),
      app.inject({ url: "/api/v1/evidence?limit=1000", headers: { cookie } }),
      app.inject({ url: "/api/v1/evidence/999999", headers: { cookie } }),
      app.inject({ url: "/api/v1/readiness?gate=moon", headers: { cookie } }),
      app.inject({ method: "POST", url: "/api/v1/runs", headers: { cookie }, payload: {} }),
      app.inject({ method: "POST", url: "/api/v1/waivers", headers: { cookie }, payload: { control: "available" } }),
      app.inject({
        method: "POST",
        url: "/api/v1/session",
        headers: { "content-type": "application/json" },
        payload: '{"token": ',
      }),
    ]);

    assert.deepEqual(
      failures.map((each) => each.statusCode),
      [404, 400, 404, 404, 409, 400, 400],
    );
    for (const failure of failures) {
      assert.deepEqual(problemsOf(ProblemSchema, failure.json()), []);
      assert.match(String(failure.headers["content-type"]), /application\/problem\+json/);
      assert.doesNotMatch(failure.body, /node_modules|\.ts:\d/);
    }
  });

  it("says that nothing is ready before anybody looked, in the shape that it documents", async () => {
    const response = await app.inject({ url: "/api/v1/readiness", headers: { cookie: await cookieOf("viewer") } });

    assert.equal(response.json().verdict.sentence, "NOT READY: 0 of 1 controls met; 1 missing");
    assert.deepEqual(problemsOf(ReadinessSchema, response.json()), []);
  });

  it("waives a control for a while by name, and the verdict shows it", async () => {
    const cookie = await cookieOf("approver");
    const payload = {
      control: "available",
      environment: "staging",
      reason: "The shop is closed until the new year.",
      until: toInstant(NOW + 86_400_000),
    };

    const granted = await app.inject({ method: "POST", url: "/api/v1/waivers", headers: { cookie }, payload });
    const readiness = await app.inject({ url: "/api/v1/readiness", headers: { cookie } });
    now = NOW + 2 * 86_400_000;
    const later = await app.inject({ url: "/api/v1/readiness", headers: { cookie: await cookieOf("approver") } });
    now = NOW;

    assert.equal(granted.statusCode, 201);
    assert.equal(granted.json().evidence.actor, "a-approver");
    assert.equal(readiness.json().verdict.sentence, "READY: 0 of 1 controls met; 1 waived");
    assert.equal(later.json().verdict.sentence, "NOT READY: 0 of 1 controls met; 1 missing");
  });

  it("refuses a waiver that lies in the past, is too long, or names nothing that exists", async () => {
    const cookie = await cookieOf("approver");
    const waiver = (change: object) =>
      app.inject({
        method: "POST",
        url: "/api/v1/waivers",
        headers: { cookie },
        payload: {
          control: "available",
          environment: "staging",
          reason: "The shop is closed until the new year.",
          until: toInstant(NOW + 86_400_000),
          ...change,
        },
      });

    const answers = await Promise.all([
      waiver({ until: toInstant(NOW - 1) }),
      waiver({ until: toInstant(NOW + 91 * 86_400_000) }),
      waiver({ control: "moon" }),
      waiver({ environment: "moon" }),
    ]);

    assert.deepEqual(
      answers.map((each) => each.json().code),
      ["invalid-request", "invalid-request", "not-found", "not-found"],
    );
  });

  it("describes its routes as OpenAPI 3.1, each with its answers", async () => {
    const document = (await app.inject({ url: "/api/openapi.json" })).json();

    assert.equal(document.openapi, "3.1.0");
    assert.deepEqual(
      Object.keys(document.paths)
        .filter((path) => path.startsWith("/api/") && !path.startsWith("/api/v1/models/"))
        .sort(),
      [
        "/api/v1/evidence",
        "/api/v1/evidence/verification",
        "/api/v1/evidence/{seq}",
        "/api/v1/load-tests",
        "/api/v1/load-tests/{id}",
        "/api/v1/models",
        "/api/v1/readiness",
        "/api/v1/runs",
        "/api/v1/runs/newest",
        "/api/v1/runs/{id}",
        "/api/v1/session",
        "/api/v1/waivers",
      ],
    );
    const forwarded = FORWARDED_ROUTES.map(({ path }) => path.replace(/^\/v[12]/, "").replace(/:(\w+)/g, "{$1}"));
    for (const path of forwarded) assert.ok(`/api/v1/models/{environment}${path}` in document.paths, path);
  });

  it("sends the headers that it demands of others", async () => {
    const { headers } = await app.inject({ url: "/livez" });

    assert.match(String(headers["content-security-policy"]), /default-src 'self'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["x-powered-by"], undefined);
    assert.equal(headers["server"], undefined);
  });
});
