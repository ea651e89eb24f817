import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Tensors } from "../tensor/tensor.ts";
import { createForgetting } from "./forgetting.ts";
import { createRemovals, type RemovalRecord } from "./removals.ts";
import { createResponseCache } from "./response-cache.ts";
import type { CacheSelection } from "./selection.ts";
import { createSharedAnswers, MAX_VALUE_BYTES, sharedState } from "./shared-answers.ts";
import type { SharedStore } from "./shared-store.ts";

const churn = { name: "churn", version: "1", digest: "a".repeat(64) };
const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** What replicas have in common: a store and the record of removals. */
function createWorld() {
  const values = new Map<string, Uint8Array>();
  const calls = { reads: 0, writes: 0 };
  const world = {
    values,
    calls,
    record: { platform: "p", generation: 0, removals: [] } as RemovalRecord,
    /** Put in the way of every read or write. */
    obstacle: () => Promise.resolve(),
    writeObstacle: () => Promise.resolve(),
    now: 1_000,
  };
  const store: SharedStore = {
    async read(key) {
      calls.reads += 1;
      await world.obstacle();
      return values.get(key);
    },
    async write(key, value) {
      calls.writes += 1;
      await world.writeObstacle();
      values.set(key, value);
    },
    sweep(fits) {
      for (const key of values.keys()) if (fits(key)) values.delete(key);
      return Promise.resolve();
    },
    trouble: () => undefined,
    close: () => Promise.resolve(),
  };
  return { ...world, store, world };
}

async function createReplica({ world, store }: ReturnType<typeof createWorld>) {
  const removals = createRemovals();
  let timeIsUp = (): void => undefined;
  const shared = createSharedAnswers({
    store,
    removals,
    prefix: "t:",
    ttlMs: 1_000,
    waitMs: 5,
    aboveMs: 2,
    sha256,
    now: () => world.now,
    later(_, action) {
      timeIsUp = action;
      return () => (timeIsUp = () => undefined);
    },
  });
  const cache = createResponseCache({ maxBytes: 100_000, shared, sha256, pause: () => Promise.resolve() });
  const forgetting = createForgetting({
    cache,
    removals,
    shared: undefined,
    read: () => Promise.resolve(world.record),
    publish(selection: CacheSelection) {
      const removal = { generation: world.record.generation + 1, selection };
      world.record = { ...world.record, ...removal, removals: [...world.record.removals, removal] };
      return Promise.resolve(removal);
    },
  });
  await forgetting.catchUp();
  return {
    shared,
    cache,
    forgetting,
    /** The answer and where it was. */
    async ask(question: number, compute: () => number | Promise<number>) {
      const answer = cache.answer(churn, tensors([question]), async () => tensors([await compute()]));
      const outputs = await answer.outputs;
      await settled();
      return [outputs.get("x")?.data[0], answer.level] as const;
    },
    letTimePass: () => timeIsUp(),
  };
}

function tensors(values: readonly number[]): Tensors {
  return new Map([["x", { datatype: "FP64", shape: [values.length], data: Float64Array.from(values) }]]);
}

/** Lets everything happen that waits for nothing. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("what one replica has computed, another is given, and keeps", async () => {
  const world = createWorld();
  const [a, b] = [await createReplica(world), await createReplica(world)];

  assert.deepEqual(await a.ask(1, () => 10), [10, "none"]);
  assert.deepEqual(await b.ask(1, () => 11), [10, "shared"]);
  assert.deepEqual(await b.ask(1, () => 12), [10, "memory"]);
  const { hits, misses, writes } = b.shared.statistics();
  assert.deepEqual([hits, misses, writes, world.calls.reads], [1, 0, 0, 2]);
});

test("what was removed is given by no replica that has heard of it, although it is still in the store", async () => {
  const world = createWorld();
  const [a, b] = [await createReplica(world), await createReplica(world)];
  await a.ask(1, () => 10);
  await b.ask(1, () => 10);

  await a.forgetting.remove({ pattern: "model:churn:*" }, "sid");
  for (const removal of world.world.record.removals) b.forgetting.heard(removal);

  assert.equal(world.values.size, 1);
  assert.deepEqual(await a.ask(1, () => 20), [20, "none"]);
  assert.deepEqual(await b.ask(1, () => 30), [20, "shared"]);
});

test("a computation that began before a removal and ends after it brings nothing back", async () => {
  const world = createWorld();
  const [a, b] = [await createReplica(world), await createReplica(world)];
  const { promise, resolve } = Promise.withResolvers<number>();

  const old = a.ask(1, () => promise);
  await settled();
  await b.forgetting.remove({ tag: "model:churn" }, "sid");
  for (const removal of world.world.record.removals) a.forgetting.heard(removal);
  resolve(10);

  // Who asked before the removal gets what was computed for them.
  assert.deepEqual(await old, [10, "none"]);
  assert.equal(world.values.size, 1);
  assert.deepEqual(await b.ask(1, () => 20), [20, "none"]);
  assert.deepEqual(await a.ask(1, () => 30), [20, "shared"]);
});

test("so it is when the replica that computes has not heard of the removal yet", async () => {
  const world = createWorld();
  const [a, b] = [await createReplica(world), await createReplica(world)];
  await b.forgetting.remove({ pattern: "*" }, "sid");

  await a.ask(1, () => 10);

  assert.deepEqual(await b.ask(1, () => 20), [20, "none"]);
});

test("an answer that is removed while it is being read is not given", async () => {
  const world = createWorld();
  const [a, b] = [await createReplica(world), await createReplica(world)];
  await a.ask(1, () => 10);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.world.obstacle = () => promise;

  const before = b.ask(1, () => 20);
  await b.forgetting.remove({ pattern: "*" }, "sid");
  resolve();

  // The removal is known when the value comes. What is computed instead is of a question from before.
  assert.deepEqual(await before, [20, "none"]);
  assert.deepEqual(await b.ask(1, () => 30), [30, "none"]);
  assert.deepEqual(await a.ask(1, () => 40), [10, "memory"]);
});

test("a store that comes back with old values gives none that were removed meanwhile", async () => {
  const world = createWorld();
  const a = await createReplica(world);
  await a.ask(1, () => 10);
  const copy = new Map(world.values);
  await a.forgetting.remove({ pattern: "*" }, "sid");
  await a.ask(1, () => 20);

  for (const [key, value] of copy) world.values.set(key, value);
  const late = await createReplica(world);

  assert.deepEqual(await late.ask(1, () => 30), [30, "none"]);
});

test("who was away while something was removed forgets it too", async () => {
  const world = createWorld();
  const [a, b] = [await createReplica(world), await createReplica(world)];
  await a.ask(1, () => 10);
  await b.ask(1, () => 10);
  await a.forgetting.remove({ pattern: "*" }, "sid");
  assert.deepEqual(await b.ask(1, () => 20), [10, "memory"]);

  await b.forgetting.catchUp();

  assert.deepEqual(await b.ask(1, () => 20), [20, "none"]);
});

test("a store that does not answer is waited for once each, five times, and then not at all", async () => {
  const world = createWorld();
  const a = await createReplica(world);
  world.world.obstacle = () => new Promise(() => undefined);

  for (let question = 0; question < 5; question += 1) {
    const answer = a.ask(question, () => question);
    a.letTimePass();
    assert.deepEqual(await answer, [question, "none"]);
  }
  assert.equal(sharedState(a.shared.statistics()), "down");
  // Nobody lets the time pass: these do not wait.
  for (let question = 5; question < 50; question += 1) {
    world.world.now += 100;
    assert.deepEqual(await a.ask(question, () => question), [question, "none"]);
  }

  const { skipped, readFailures, notWritten } = a.shared.statistics();
  assert.deepEqual([skipped, readFailures], [50, 5]);
  assert.ok(notWritten >= 45);
  assert.ok(world.calls.reads < 15);
});

test("when it answers again it is used again", async () => {
  const world = createWorld();
  const a = await createReplica(world);
  world.world.obstacle = () => Promise.reject(new Error("gone"));
  for (let question = 0; question < 6; question += 1) await a.ask(question, () => question);
  assert.equal(sharedState(a.shared.statistics()), "down");

  world.world.obstacle = () => Promise.resolve();
  world.world.now += 500;
  await a.ask(10, () => 10);
  await a.ask(11, () => 11);

  assert.equal(sharedState(a.shared.statistics()), "up");
  assert.deepEqual(await (await createReplica(world)).ask(11, () => 0), [11, "shared"]);
});

test("a store that takes nothing is still read", async () => {
  const world = createWorld();
  const [a, b] = [await createReplica(world), await createReplica(world)];
  await a.ask(1, () => 10);
  world.world.writeObstacle = () => Promise.reject(new Error("READONLY"));
  for (let question = 2; question < 20; question += 1) await b.ask(question, () => question);

  assert.equal(sharedState(b.shared.statistics()), "not-written");
  assert.equal(world.calls.writes, 1 + 5);
  assert.deepEqual(await b.ask(1, () => 0), [10, "shared"]);
});

test("no more is asked or written at once than is bounded", async () => {
  const world = createWorld();
  const a = await createReplica(world);
  world.world.obstacle = () => new Promise(() => undefined);
  for (let question = 0; question < 600; question += 1) {
    void a.cache.answer(churn, tensors([question]), () => Promise.resolve(tensors([0]))).outputs;
  }
  assert.equal(world.calls.reads, 512);

  const other = createWorld();
  const b = await createReplica(other);
  other.world.writeObstacle = () => new Promise(() => undefined);
  const large = tensors(Array<number>(32_000).fill(1));
  for (let question = 0; question < 100; question += 1) {
    await b.cache.answer(churn, tensors([question]), () => Promise.resolve(large)).outputs;
  }
  assert.equal(other.calls.writes, Math.ceil(8_388_608 / (32_000 * 8 + 125)));
});

test("a value that is damaged or too long is a miss, and is replaced", async () => {
  const world = createWorld();
  const [a, b] = [await createReplica(world), await createReplica(world)];
  await a.ask(1, () => 10);
  for (const value of [Buffer.from("nonsense"), Buffer.alloc(MAX_VALUE_BYTES + 1)]) {
    for (const key of world.values.keys()) world.values.set(key, value);
    const late = await createReplica(world);
    assert.deepEqual(await late.ask(1, () => 20), [20, "none"]);
    assert.equal(late.shared.statistics().damaged, 1);
  }

  assert.deepEqual(await b.ask(1, () => 30), [20, "shared"]);
});

test("an answer that is larger than a value may be is not shared", async () => {
  const world = createWorld();
  const a = await createReplica(world);

  await a.cache.answer(churn, tensors([1]), () => Promise.resolve(tensors(Array<number>(40_000).fill(1)))).outputs;

  assert.equal(world.values.size, 0);
  assert.equal(a.shared.statistics().notWritten, 1);
});

test("the room of what was removed is freed, and of nothing else", async () => {
  const world = createWorld();
  const a = await createReplica(world);
  await a.ask(1, () => 10);
  await a.cache.answer({ ...churn, name: "fraud" }, tensors([1]), () => Promise.resolve(tensors([1]))).outputs;
  await settled();
  world.values.set("t:another:model:churn:1:00", Buffer.from("of another platform"));

  await a.shared.sweep({ tag: "version:churn@1" });

  assert.deepEqual(
    [...world.values.keys()].map((key) => key.slice(0, 14)),
    ["t:p:model:frau", "t:another:mode"],
  );
});

test("a failure of the model is a failure, and nothing of it is shared", async () => {
  const world = createWorld();
  const a = await createReplica(world);

  await assert.rejects(
    a.ask(1, () => Promise.reject(new Error("no"))),
    /no/,
  );

  assert.equal(world.values.size, 0);
  assert.deepEqual(await a.ask(1, () => 10), [10, "none"]);
});

test("what is computed sooner than the store could answer is not looked for there", async () => {
  const world = createWorld();
  const { cache } = await createReplica(world);
  for (const runMs of [1.9, 2, undefined]) {
    await cache.answer({ ...churn, version: String(runMs), runMs }, tensors([1]), () => Promise.resolve(tensors([1])))
      .outputs;
  }

  assert.equal(world.calls.reads, 2);
});

test("that the store went and came back is noticed though nobody asks", async () => {
  const world = createWorld();
  const { shared } = await createReplica(world);
  world.world.obstacle = () => Promise.reject(new Error("gone"));
  for (let probe = 0; probe < 5; probe += 1) await shared.probe();
  assert.equal(sharedState(shared.statistics()), "down");

  world.world.obstacle = () => Promise.resolve();
  world.world.now += 500;
  await shared.probe();

  assert.equal(sharedState(shared.statistics()), "up");
  assert.equal(shared.statistics().misses, 0);
});
