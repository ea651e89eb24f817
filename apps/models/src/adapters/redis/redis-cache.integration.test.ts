import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import { Secret } from "@muster/kernel";
import { createClient } from "../../testing/client.ts";
import { firstAdminKey } from "../../testing/platform-keys.ts";
import { NO_REDIS, type TemporaryRedis, temporaryRedis } from "../../testing/redis.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";
import { openRedisStore } from "./redis-store.ts";

const skip = NO_REDIS;
const MODEL = "penguins";

let redis: TemporaryRedis;
let postgres: TemporaryPostgres;
let folder: string;
let a: Replica;
let b: Replica;
let key: string;
/** Each test asks questions of its own. */
let question = 0;
let trial = 2e6;

/** One of two that share Redis and PostgreSQL. */
interface Replica {
  readonly service: RunningService;
  readonly call: ReturnType<typeof createClient>;
}

before(async () => {
  if (NO_REDIS !== false) return;
  redis = await temporaryRedis();
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-shared-cache-"));
  a = await startReplica();
  // Before another start gives a fresh link.
  key = await firstAdminKey(a.service);
  b = await startReplica();
});
beforeEach(() => (question += 100));
after(async () => {
  if (NO_REDIS !== false) return;
  await Promise.all([a.service.stop(), b.service.stop()]);
  await postgres.close();
  await redis.close();
  await rm(folder, { recursive: true });
  for (const { service } of [a, b]) {
    assert.deepEqual(
      service.log.filter(({ level }) => level === "error"),
      [],
    );
  }
});

async function startReplica(env: Readonly<Record<string, string>> = {}, context?: TestContext): Promise<Replica> {
  const common = {
    DATABASE_URL: postgres.ownerUrl.reveal(),
    DATA_FOLDER: folder,
    REDIS_URL: redis.url,
    // The machine that tests run on may be slow; that nobody waits for a Redis that is gone is shown by itself.
    SHARED_CACHE_WAIT_MS: "1000",
  };
  const service = await startProcess({ ...common, ...env }, context);
  return { service, call: createClient(service.url) };
}

/** Asks for a prediction; returns its status, where the answer was, and the answer. */
async function ask({ call }: Replica, value: number): Promise<readonly [number, string | null, unknown]> {
  const inputs = [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [value, 17.6, 187, 3_425] }];
  const answer = await call(`/v2/models/${MODEL}/infer`, { token: key, body: { inputs } });
  return [answer.status, answer.headers.get("cache-status"), answer.body["outputs"]];
}

async function placeOf(replica: Replica, value: number): Promise<string | null> {
  const [status, place] = await ask(replica, value);
  assert.equal(status, 200);
  return place;
}

function forget({ call }: Replica, query: string) {
  return call(`/v1/cache/keys?${query}`, { token: key, method: "DELETE" });
}

async function keysOf({ call }: Replica): Promise<readonly string[]> {
  return (await call("/v1/cache/keys", { token: key })).body as unknown as string[];
}

async function shared({ call }: Replica): Promise<Record<string, unknown>> {
  return (await call("/v1/cache", { token: key })).body["shared"] as Record<string, unknown>;
}

/** Waits for what comes by itself. */
async function until(what: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await what())) {
    assert.ok(Date.now() < deadline, `not within 15 s: ${what.toString()}`);
    await delay(10);
  }
}

/** Asks both replicas new questions until Redis is used by both again. */
function untilUp(): Promise<void> {
  return until(async () => {
    for (const replica of [a, b]) await ask(replica, (trial += 1));
    return (await shared(a))["state"] === "up" && (await shared(b))["state"] === "up";
  });
}

/** Waits until nothing more is being written behind. */
async function written(replica: Replica, value: number): Promise<void> {
  const { writes } = await shared(replica);
  assert.equal(await placeOf(replica, value), "muster; fwd=miss");
  await until(async () => Number((await shared(replica))["writes"]) > Number(writes));
}

test(
  "what one replica has computed the other is given, to the last bit; both levels are counted",
  { skip },
  async () => {
    await written(a, question);

    const [, , computed] = await ask(a, question);
    const [, place, given] = await ask(b, question);

    assert.equal(place, "muster; hit; detail=shared");
    assert.deepEqual(given, computed);
    assert.equal(await placeOf(b, question), "muster; hit");
    const statistics = await shared(b);
    assert.deepEqual([statistics["state"], statistics["hits"], statistics["hitRate"]], ["up", 1, 1]);
    const metrics = await (await fetch(`${b.service.url}/metrics`)).text();
    assert.match(metrics, /models_cache_lookups_total\{level="shared",result="hit"\} 1\n/);
    assert.match(metrics, /models_cache_lookups_total\{level="memory",result="hit"\} 1\n/);
    assert.match(metrics, /models_shared_cache_up\{operation="read"\} 1\n/);
    const [stored] = await redis.client.keys("*");
    assert.match(stored ?? "", /^muster:models:[0-9a-f-]{36}:model:penguins:1:[0-9a-f]{32}$/);
    assert.ok((await redis.client.pttl(stored ?? "")) > 3_000_000);
  },
);

test("removal by key, tag and pattern reaches Redis and both replicas", { skip }, async () => {
  for (const [index, select] of ["key", "tag=model:penguins", "pattern=model:peng*:1:*"].entries()) {
    const value = question + index;
    await written(a, value);
    assert.equal(await placeOf(b, value), "muster; hit; detail=shared");
    const [newest] = (await keysOf(b)).slice(-1);

    const removed = await forget(a, select === "key" ? `key=${newest}` : select);

    assert.equal(removed.status, 200);
    assert.ok(Number(removed.body["removed"]) >= 1);
    await until(async () => !(await keysOf(b)).includes(newest ?? ""));
    assert.equal(await placeOf(a, value), "muster; fwd=miss");
    await until(async () => (await placeOf(b, value)) !== "muster; fwd=miss");
  }
  await forget(a, "pattern=*");
  await until(async () => (await redis.client.dbsize()) === 0);
});

test("a Redis that comes back with old data gives nothing that was removed while it was away", { skip }, async () => {
  await written(a, question);
  await redis.client.save();
  await redis.kill();
  const removed = await forget(b, "pattern=*");
  assert.equal(removed.status, 200);
  await until(async () => (await keysOf(a)).length === 0);

  await redis.start();
  await until(async () => (await redis.client.dbsize().catch(() => 0)) > 0);
  await untilUp();

  assert.equal(await placeOf(a, question), "muster; fwd=miss");
});

test(
  "predictions go on while Redis is killed, stays away and comes back, and the service stays ready",
  { skip },
  async () => {
    const load = { going: true };
    const answers: (readonly [number, string | null, unknown])[] = [];
    const callers = Array.from({ length: 8 }, async (_, caller) => {
      for (let time = 0; load.going; time += 1)
        answers.push(await ask(caller % 2 === 0 ? a : b, 1e6 + caller * 1e5 + time));
    });
    const more = (count: number): Promise<void> => {
      const goal = answers.length + count;
      return until(() => Promise.resolve(answers.length >= goal));
    };
    await more(100);

    await redis.kill();
    await until(async () => (await shared(a))["state"] === "down" && (await shared(b))["state"] === "down");
    await more(200);
    const ready = await a.call("/readyz");
    const metrics = await (await fetch(`${a.service.url}/metrics`)).text();
    await redis.start();
    await untilUp();
    await more(100);
    load.going = false;
    await Promise.all(callers);

    assert.deepEqual(
      answers.filter(([status]) => status !== 200),
      [],
    );
    assert.equal(ready.status, 200);
    assert.match(String(ready.body["degraded"]), /shared cache: it cannot be reached/);
    assert.match(metrics, /models_shared_cache_up\{operation="read"\} 0\n/);
    assert.equal((await a.call("/readyz")).body["degraded"], undefined);
  },
);

test("a Redis that hangs is soon not waited for, and used again when it goes on", { skip }, async () => {
  redis.process().kill("SIGSTOP");
  const waiting = Array.from({ length: 20 }, (_, time) => ask(a, question + time));
  for (const [status] of await Promise.all(waiting)) assert.equal(status, 200);
  const { state, readFailures } = await shared(a);
  redis.process().kill("SIGCONT");

  assert.equal(state, "down");
  assert.ok(Number(readFailures) >= 5);
  await untilUp();
});

test("a Redis that is full or takes no writes is still read", { skip }, async () => {
  await untilUp();
  await written(a, question);
  const faults = [
    [() => redis.client.config("SET", "maxmemory", "1"), () => redis.client.config("SET", "maxmemory", "0")],
    [
      () => redis.client.config("SET", "min-replicas-to-write", "3"),
      () => redis.client.config("SET", "min-replicas-to-write", "0"),
    ],
  ] as const;

  for (const [index, [breakIt, mend]] of faults.entries()) {
    await breakIt();
    for (let time = 1; time <= 10; time += 1) {
      assert.equal((await ask(b, question + 10 + index * 20 + time))[0], 200);
    }
    await until(async () => (await shared(b))["state"] === "not-written");
    assert.match(
      String((await b.call("/readyz")).body["degraded"]),
      index === 0 ? /takes no new answers.*\(OOM\)/ : /takes no new answers.*\(NOREPLICAS\)/,
    );
    if (index === 0) assert.equal(await placeOf(b, question), "muster; hit; detail=shared");
    await mend();
    await untilUp();
  }
});

test("a value that is damaged, of another kind, or far too long is a miss, and replaced", { skip }, async () => {
  const damages = [
    (place: string) => redis.client.setrange(place, 60, "x"),
    (place: string) => redis.client.set(place, "nonsense"),
    (place: string) => redis.client.multi().del(place).lpush(place, "a list").exec(),
    (place: string) => redis.client.set(place, Buffer.alloc(5_000_000)),
  ];
  const { damaged } = await shared(b);

  for (const [index, damage] of damages.entries()) {
    await forget(a, "pattern=*");
    await until(async () => (await redis.client.dbsize()) === 0);
    await written(a, question + index);
    const [place = ""] = await redis.client.keys("*");
    await damage(place);
    await written(b, question + index);
    assert.equal((await redis.client.getBuffer(place))?.toString("latin1", 0, 4), "MCA1");
  }
  assert.equal((await shared(b))["damaged"], Number(damaged) + damages.length);
});

test(
  "without Redis, or with a wrong password, the service starts, is ready, and tells no secret",
  { skip },
  async (context) => {
    const urls = [
      ["redis://127.0.0.1:1", /shared cache: .*\(ECONNREFUSED\)/],
      [`redis://who:hunter2@127.0.0.1:${redis.port}`, /shared cache: .*\(WRONGPASS\)/],
    ] as const;
    for (const [url, sentence] of urls) {
      const replica = await startReplica({ REDIS_URL: url }, context);
      for (let time = 0; time < 10; time += 1) assert.equal((await ask(replica, question + time))[0], 200);

      const ready = await replica.call("/readyz");

      assert.equal(ready.status, 200);
      assert.match(String(ready.body["degraded"]), sentence);
      const told = JSON.stringify([replica.service.log, ready.body, await shared(replica)]);
      assert.doesNotMatch(told, /hunter2|127\.0\.0\.1:\d+\/?"?,?"?degraded/);
      assert.equal(await replica.service.stop(), 0);
    }
  },
);

test("what was removed while PostgreSQL could not be heard is forgotten when it can be again", { skip }, async () => {
  await placeOf(b, question);
  assert.ok((await keysOf(b)).length > 0);
  // The listener of the other replica loses its connection, and everything that is told before it is back.
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: postgres.ownerUrl.reveal() });
  await client.connect();
  await client.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [
    `muster models ${b.service.process.pid} listener`,
  ]);
  const removed = await forget(a, "pattern=*");
  await client.end();

  assert.equal(removed.status, 200);
  await until(async () => (await keysOf(b)).length === 0);
});

test("a user who may do what the documentation says, and no more, is enough", { skip }, async () => {
  const page = await readFile(
    new URL("../../../../../docs/how-to/run-several-model-replicas.md", import.meta.url),
    "utf8",
  );
  const [, rules = ""] = /ACL SETUSER (models on .*)/.exec(page) ?? [];
  await redis.client.call("ACL", "SETUSER", ...rules.replace(">…", ">pw").split(" "));
  const store = openRedisStore({ url: new Secret(redis.url.replace("//", "//models:pw@")), prefix: "muster:models:" });
  const place = "muster:models:x";

  await until(() =>
    store.write(place, Buffer.from("value"), 60_000).then(
      () => true,
      () => false,
    ),
  );

  assert.equal(String(await store.read(place, 100)), "value");
  await store.sweep((each) => each === place);
  assert.equal(await store.read(place, 100), undefined);
  await assert.rejects(store.write("another", Buffer.from("value"), 60_000), /NOPERM/);
  await store.close();
});
