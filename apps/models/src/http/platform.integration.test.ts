import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { problemsOf, ProblemSchema } from "@muster/contract";
import { type Answer, createClient } from "../testing/client.ts";
import { scalingModel, slowModel } from "../testing/models.ts";
import { type RunningService, startProcess } from "../testing/running-service.ts";

const PASSWORD = "petrel tarn quill mungo";

let postgres: TemporaryPostgres;
let folder: string;
let env: Record<string, string>;
let service: RunningService | undefined;
let call: ReturnType<typeof createClient>;
let admin: string;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-platform-"));
  env = { DATABASE_URL: postgres.ownerUrl.reveal(), DATA_FOLDER: folder, MAX_MODEL_BYTES: "1000000" };
  service = await startProcess(env);
  call = createClient(service.url);
  const link = service.log.find((entry) => entry["token"] !== undefined)?.["token"];
  const opened = await call("/v1/session/link", { body: { token: link, password: PASSWORD } });
  assert.equal(opened.status, 201, JSON.stringify(opened.body));
  const key = await call("/v1/keys", {
    headers: { cookie: cookieOf(opened) },
    body: { name: "tests", scopes: ["predict", "read", "write"], days: 1 },
  });
  admin = String(key.body["token"]);
});
after(async () => {
  await service?.stop();
  await postgres.close();
  await rm(folder, { recursive: true });
  // Nothing that the tests asked for may have gone wrong inside.
  assert.deepEqual(
    service?.log.filter((entry) => entry["level"] === "error"),
    [],
  );
});

function cookieOf(answer: Answer): string {
  return answer.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
}

/** Makes a user with a role and gives a key for it. */
async function userKey(
  name: string,
  role: string,
  scopes: readonly string[] = ["predict", "read", "write"],
): Promise<string> {
  const made = await call("/v1/users", { token: admin, body: { name, role } });
  const { token } = made.body["link"] as { token: string };
  const opened = await call("/v1/session/link", { body: { token, password: PASSWORD } });
  const key = await call("/v1/keys", { headers: { cookie: cookieOf(opened) }, body: { name, scopes, days: 1 } });
  return String(key.body["token"]);
}

function upload(model: Uint8Array, card: unknown = { title: "Test" }): FormData {
  const form = new FormData();
  form.set("card", JSON.stringify(card));
  form.set("model", new Blob([Buffer.from(model)]), "model.onnx");
  return form;
}

function x(value: number): unknown {
  return { inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [value] }] };
}

async function predicted(model: string, value: number, version?: string): Promise<unknown> {
  const path = version === undefined ? "" : `/versions/${version}`;
  const answer = await call(`/v2/models/${model}${path}/infer`, { token: admin, body: x(value) });
  return (answer.body["outputs"] as { data: number[] }[] | undefined)?.[0]?.data[0] ?? answer.body["error"];
}

test("a model goes from upload to champion, back, and away", async () => {
  const first = await call("/v1/models/scale/versions", { token: admin, body: upload(scalingModel(2)) });
  assert.equal(first.status, 201, JSON.stringify(first.body));
  assert.equal(first.body["batchable"], true);
  assert.equal(await predicted("scale", 5), 10);

  const second = await call("/v1/models/scale/versions", { token: admin, body: upload(scalingModel(3)) });
  assert.equal(second.body["version"], "2");
  assert.deepEqual([await predicted("scale", 5), await predicted("scale", 5, "2")], [10, 15]);

  const champion = "/v1/models/scale/aliases/champion";
  const read = await call(champion, { token: admin });
  const tag = read.headers.get("etag") ?? "";
  const without = await call(champion, { token: admin, method: "PUT", body: { version: "2" } });
  const stale = await call(champion, {
    token: admin,
    method: "PUT",
    headers: { "if-match": '"7"' },
    body: { version: "2" },
  });
  assert.deepEqual([without.status, stale.status], [428, 412]);
  const promoted = await call(champion, {
    token: admin,
    method: "PUT",
    headers: { "if-match": tag },
    body: { version: "2" },
  });
  assert.deepEqual([promoted.status, promoted.body["revision"]], [200, 2]);
  assert.equal(await predicted("scale", 5), 15);

  const used = await call("/v1/models/scale/versions/2", { token: admin, method: "DELETE" });
  assert.equal(used.status, 409);
  const back = await call(`${champion}/rollback`, { token: admin, method: "POST" });
  assert.deepEqual([back.status, back.body["version"]], [200, "1"]);
  assert.equal(await predicted("scale", 5), 10);
  assert.equal((await call("/v1/models/scale/versions/2", { token: admin, method: "DELETE" })).status, 204);
  assert.match(String(await predicted("scale", 5, "2")), /has no version "2"/);
});

test("the same file again is the same version", async () => {
  const first = await call("/v1/models/again/versions", { token: admin, body: upload(scalingModel(4)) });
  const second = await call("/v1/models/again/versions", { token: admin, body: upload(scalingModel(4)) });

  assert.deepEqual([first.status, second.status], [201, 200]);
  assert.equal(second.body["version"], "1");
});

test("an upload that does not hold is refused with the reason, and nothing of it is served", async () => {
  const twice = upload(scalingModel(2));
  twice.append("model", new Blob(["x"]), "b.onnx");
  const withoutModel = new FormData();
  withoutModel.set("card", '{"title":"x"}');
  const cases: readonly (readonly [FormData, number, RegExp])[] = [
    [upload(Buffer.from("no model")), 422, /cannot load it/],
    [upload(scalingModel(2), { title: "x", nonsense: 1 }), 400, /card.nonsense: is not known here/],
    [upload(scalingModel(2), {}), 400, /card.title: is missing/],
    [upload(Buffer.alloc(1_000_001)), 413, /longer than/],
    [withoutModel, 400, /model: is missing/],
    [twice, 413, /longer than|too large/i],
  ];

  for (const [form, status, reason] of cases) {
    const answer = await call("/v1/models/bad/versions", { token: admin, body: form });
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.deepEqual(problemsOf(ProblemSchema, answer.body), []);
    assert.match(String(answer.body["detail"]), reason);
  }
  assert.equal((await call("/v1/models/bad/versions", { token: admin })).status, 404);
  assert.equal(
    (await call("/v1/models/..%2Fbad/versions", { token: admin, body: upload(scalingModel(2)) })).status,
    400,
  );
});

test("an upload that is cut in the middle leaves nothing behind", async () => {
  const socket = connect(Number(new URL(service?.url ?? "").port), "127.0.0.1");
  await once(socket, "connect");
  const part = '--b\r\ncontent-disposition: form-data; name="model"; filename="m"\r\n\r\n';
  socket.write(
    `POST /v1/models/cut/versions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${admin}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 100000\r\n\r\n${part}${"x".repeat(50_000)}`,
  );
  const incoming = join(folder, "artefacts", "incoming");
  const deadline = Date.now() + 5_000;
  while ((await readdir(incoming)).length === 0 && Date.now() < deadline) await delay(5);
  assert.equal((await readdir(incoming)).length, 1);

  socket.destroy();

  while ((await readdir(incoming)).length > 0 && Date.now() < deadline) await delay(5);
  assert.deepEqual(await readdir(incoming), []);
});

test("without a key nothing is told but health", async () => {
  for (const path of ["/v2/models/penguins", "/v1/models", "/v1/users", "/v1/audit", "/v1/keys"]) {
    const answer = await call(path);
    assert.deepEqual([path, answer.status, answer.headers.get("www-authenticate")], [path, 401, "Bearer"]);
  }
  for (const path of ["/livez", "/readyz", "/v2", "/v2/health/ready"]) assert.equal((await call(path)).status, 200);
  for (const token of ["", "x", `mk_${"A".repeat(43)}`, `${admin}x`]) {
    assert.equal((await call("/v1/models", { token })).status, 401);
  }
});

test("roles and scopes decide, each including the ones before it", async () => {
  const keys = {
    viewer: await userKey("vera", "viewer"),
    scientist: await userKey("sam", "scientist"),
    operator: await userKey("olga", "operator"),
    predictor: await userKey("app", "scientist", ["predict"]),
  };
  await call("/v1/models/roles/versions", { token: admin, body: upload(scalingModel(2)) });
  const put = (alias: string) => ({
    method: "PUT",
    headers: { "if-match": '"1"', "if-none-match": "*" },
    body: { version: "1" },
    path: `/v1/models/roles/aliases/${alias}`,
  });
  const infer = { path: "/v2/models/roles/infer", body: x(1) };
  const cases: readonly (readonly [
    keyof typeof keys,
    { path: string; method?: string; body?: unknown; headers?: Record<string, string> },
    number,
  ])[] = [
    ["viewer", { path: "/v1/models" }, 200],
    ["viewer", infer, 200],
    ["viewer", { path: "/v1/models/roles/versions", body: upload(scalingModel(9)) }, 403],
    ["viewer", { path: "/v1/users" }, 403],
    ["predictor", infer, 200],
    ["predictor", { path: "/v1/models" }, 403],
    ["scientist", { path: "/v1/models/roles/versions", body: upload(scalingModel(9)) }, 201],
    ["scientist", { ...put("challenger"), headers: { "if-none-match": "*" } }, 200],
    ["scientist", put("champion"), 403],
    ["scientist", { path: "/v1/models/roles/versions/2", method: "DELETE" }, 403],
    ["operator", put("champion"), 200],
    ["operator", { path: "/v1/models/roles/versions/2", method: "DELETE" }, 204],
    ["operator", { path: "/v1/users" }, 403],
    ["operator", { path: "/v1/audit" }, 403],
  ];

  for (const [who, { path, ...rest }, status] of cases) {
    const answer = await call(path, { token: keys[who], ...rest });
    assert.equal(answer.status, status, `${who} ${rest.method ?? ""} ${path}: ${JSON.stringify(answer.body)}`);
  }
});

test("a session is opened, listed and ended, and its cookie cannot be used by another site", async () => {
  await userKey("lena", "scientist");
  const opened = await call("/v1/session", { body: { user: "lena", password: PASSWORD } });
  const cookie = cookieOf(opened);

  assert.equal(opened.status, 201);
  assert.match(opened.headers.get("set-cookie") ?? "", /HttpOnly; SameSite=Strict/);
  assert.equal((await call("/v1/session", { headers: { cookie } })).body["user"], "lena");
  const forged = { method: "DELETE", headers: { cookie, "sec-fetch-site": "cross-site" } };
  assert.equal((await call("/v1/session", forged)).status, 403);
  assert.equal(
    (await call("/v1/session", { method: "DELETE", headers: { cookie, origin: "https://evil.example" } })).status,
    403,
  );
  const upgrade = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "x".repeat(22) + "==",
  };
  const hijack = await new Promise<number | undefined>((resolve, reject) => {
    const url = new URL(`${service?.url}/v1/predict`);
    httpRequest(url, { headers: { cookie, origin: "https://evil.example", ...upgrade } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("upgrade", (_, socket) => {
        socket.destroy();
        resolve(101);
      })
      .on("error", reject)
      .end();
  });
  assert.equal(hijack, 403);
  assert.equal((await call("/v1/session", { method: "DELETE", headers: { cookie } })).status, 204);
  assert.equal((await call("/v1/session", { headers: { cookie } })).status, 401);
});

test("wrong logins do not tell what was wrong, and slow down", async () => {
  await userKey("max", "viewer");
  const attempts: Answer[] = [];
  for (let index = 0; index < 6; index += 1) {
    attempts.push(await call("/v1/session", { body: { user: "max", password: "wrong" } }));
  }
  const nobody = await call("/v1/session", { body: { user: "nobody", password: "wrong" } });

  assert.deepEqual(
    attempts.map(({ status }) => status),
    [401, 401, 401, 401, 401, 429],
  );
  assert.equal(attempts[0]?.body["detail"], nobody.body["detail"]);
  assert.ok(attempts[5]?.headers.get("retry-after"));
  assert.equal((await call("/v1/session", { body: { user: "max", password: PASSWORD } })).status, 429);
});

test("a link is good once, and not for a weak password", async () => {
  const made = await call("/v1/users", { token: admin, body: { name: "ida", role: "viewer" } });
  const { token } = made.body["link"] as { token: string };

  assert.equal((await call("/v1/session/link", { body: { token, password: "password123" } })).status, 400);
  assert.equal((await call("/v1/session/link", { body: { token, password: PASSWORD } })).status, 201);
  assert.equal((await call("/v1/session/link", { body: { token, password: PASSWORD } })).status, 401);
});

test("a key that is revoked, or whose user is disabled, stops at once", async () => {
  const first = await userKey("tom", "scientist");
  const [key] = (await call("/v1/keys", { token: first })).body as unknown as { id: string }[];
  const second = await userKey("tim", "scientist");
  assert.equal((await call("/v1/models", { token: second })).status, 200);

  await call(`/v1/keys/${key?.id}`, { token: first, method: "DELETE" });
  await call("/v1/users/tim", { token: admin, method: "PATCH", body: { disabled: true } });

  const deadline = Date.now() + 2_000;
  for (const token of [first, second]) {
    while ((await call("/v1/models", { token })).status === 200 && Date.now() < deadline) await delay(5);
    assert.equal((await call("/v1/models", { token })).status, 401);
  }
});

test("a key cannot make a key that may do more", async () => {
  const key = await userKey("kim", "scientist", ["write"]);

  const wider = await call("/v1/keys", { token: key, body: { name: "x", scopes: ["write", "predict"], days: 1 } });

  assert.equal(wider.status, 403);
});

test("the audit log tells who did what, without secrets", async () => {
  const { body } = await call("/v1/audit?limit=100", { token: admin });
  const text = JSON.stringify(body);

  assert.match(text, /"actor":"system","action":"user.created"/);
  assert.match(text, /"action":"password.set"/);
  assert.doesNotMatch(text, new RegExp(`argon2|${PASSWORD}|${admin}|m[skl]_`));
  assert.equal((await call("/v1/audit?limit=0", { token: admin })).status, 400);
});

test("an answer is remembered, computed anew on request, and forgotten on every replica", async (context) => {
  await call("/v1/models/cached/versions", { token: admin, body: upload(scalingModel(2)) });
  const replica = await startProcess(env, context);
  const other = createClient(replica.url);
  const status = async (client: typeof call, headers = {}): Promise<string | null> =>
    (await client("/v2/models/cached/infer", { token: admin, body: x(7), headers })).headers.get("cache-status");
  await status(other);
  await status(call);

  assert.equal(await status(call), "muster; hit");
  assert.equal(await status(call, { "cache-control": "no-cache" }), null);
  assert.equal((await call("/v1/cache/keys", { token: admin, method: "DELETE" })).status, 400);
  const removed = await call("/v1/cache/keys?pattern=model:cached:*", { token: admin, method: "DELETE" });
  assert.deepEqual(removed.body, { removed: 1 });
  assert.equal(await status(call), "muster; fwd=miss");
  const deadline = Date.now() + 2_000;
  const keys = async () =>
    (await other("/v1/cache/keys?pattern=model:cached:*", { token: admin })).body as unknown as string[];
  while ((await keys()).length > 0 && Date.now() < deadline) await delay(5);
  assert.deepEqual(await keys(), []);
  const statistics = (await call("/v1/cache", { token: admin })).body;
  assert.ok(Number(statistics["hits"]) >= 1 && Number(statistics["hitRate"]) > 0);
  await replica.stop();
});

test("a model that computes for long gets a process, so that others are not held up", async () => {
  const slow = await call("/v1/models/slow/versions", { token: admin, body: upload(slowModel(700)) });
  assert.equal(slow.status, 201, JSON.stringify(slow.body));
  await call("/v1/models/quick/versions", { token: admin, body: upload(scalingModel(2)) });
  let slowEnded = false;
  const long = call("/v2/models/slow/infer", { token: admin, body: x(1) }).then((answer) => {
    slowEnded = true;
    return answer;
  });

  const quick = await call("/v2/models/quick/infer", { token: admin, body: x(1) });

  assert.deepEqual([quick.status, slowEnded], [200, false]);
  assert.equal((await long).status, 200);
});

test("a challenger gets its share of callers, always the same ones, and is compared in the shadow", async () => {
  for (const factor of [2, 3])
    await call("/v1/models/split/versions", { token: admin, body: upload(scalingModel(factor)) });
  const create = { method: "PUT", token: admin, headers: { "if-none-match": "*" } };
  await call("/v1/models/split/aliases/challenger", { ...create, body: { version: "2" } });
  const traffic = "/v1/models/split/traffic";
  const ask = async (user: string): Promise<unknown> =>
    (await call("/v2/models/split/infer", { token: admin, body: x(1), headers: { "muster-on-behalf-of": user } })).body[
      "model_version"
    ];
  const users = Array.from({ length: 100 }, (_, index) => `user-${index}`);
  const versions = async () => Promise.all(users.map(ask));
  assert.deepEqual(new Set(await versions()), new Set(["1"]));

  const set = await call(traffic, { ...create, body: { canaryPercent: 30, shadowPercent: 50 } });
  assert.deepEqual([set.status, set.headers.get("etag")], [200, '"1"']);
  const first = await versions();
  const second = await versions();

  assert.deepEqual(second, first);
  const share = first.filter((version) => version === "2").length;
  assert.ok(share > 15 && share < 45, `${share} of 100`);
  const named = await call("/v2/models/split/versions/champion/infer", { token: admin, body: x(1) });
  assert.equal(named.body["model_version"], "1");
  const shadow = (await call("/v1/models/split/shadow", { token: admin })).body;
  assert.ok(Number(shadow["rows"]) >= 40);
  assert.deepEqual([shadow["agreement"], shadow["largestDifference"], shadow["failures"]], [0, 1, 0]);
  assert.equal((await call(traffic, { ...create, body: { canaryPercent: 0, shadowPercent: 0 } })).status, 412);
  assert.equal((await call(traffic, { ...create, body: { canaryPercent: 101, shadowPercent: 0 } })).status, 400);
  assert.equal((await call("/v1/models/walrus/traffic", { token: admin })).status, 404);
});

test("an admin sees who calls what, how often and how slow", async () => {
  const key = await userKey("ursula", "viewer");
  for (let time = 0; time < 3; time += 1) await call("/v1/models", { token: key });
  await call("/v1/users", { token: key });

  const { status, body } = await call("/v1/usage", { token: admin });
  const rows = (
    body as unknown as { caller: string; route: string; calls: number; refused: number; p95: number }[]
  ).filter(({ caller }) => caller === "ursula");

  assert.equal(status, 200);
  const models = rows.find(({ route }) => route === "GET /v1/models");
  assert.deepEqual([models?.calls, models?.refused], [3, 0]);
  assert.ok((models?.p95 ?? 0) > 0);
  assert.equal((await call("/v1/usage", { token: key })).status, 403);
});

test("another replica follows a promotion, warm, and everything is there after a restart", async (context) => {
  await call("/v1/models/shared/versions", { token: admin, body: upload(scalingModel(2)) });
  await call("/v1/models/shared/versions", { token: admin, body: upload(scalingModel(3)) });
  const replica = await startProcess(env, context);
  const other = createClient(replica.url);
  const ask = async (): Promise<unknown> =>
    (await other("/v2/models/shared/infer", { token: admin, body: x(1) })).body["model_version"];
  assert.equal(await ask(), "1");

  await call("/v1/models/shared/aliases/champion", {
    token: admin,
    method: "PUT",
    headers: { "if-match": '"1"' },
    body: { version: "2" },
  });

  const deadline = Date.now() + 5_000;
  while ((await ask()) !== "2" && Date.now() < deadline) await delay(5);
  assert.equal(await ask(), "2");
  assert.equal(
    replica.log.some((entry) => entry["token"] !== undefined),
    false,
  );
  assert.equal(await replica.stop(), 0);
});

test("while PostgreSQL is away predictions go on, and changes say why they cannot", async (context) => {
  const away = await temporaryPostgres();
  const data = await mkdtemp(join(tmpdir(), "muster-platform-"));
  const lonely = await startProcess(
    {
      DATABASE_URL: away.ownerUrl.reveal(),
      DATA_FOLDER: data,
      ANONYMOUS_PREDICTIONS: "1",
    },
    context,
  );
  const client = createClient(lonely.url);

  await away.close();

  const birds = { inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [38.1, 17.6, 187, 3_425] }] };
  assert.equal((await client("/v2/models/penguins/infer", { body: birds })).status, 200);
  const login = await client("/v1/session", { body: { user: "admin", password: PASSWORD } });
  assert.deepEqual([login.status, login.body["code"]], [503, "database-unreachable"]);
  assert.ok(login.headers.get("retry-after"));
  assert.equal(await lonely.stop(), 0);
  await rm(data, { recursive: true });
});
