import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import type { Tensors } from "../tensor/tensor.ts";
import { matchesPattern } from "./pattern.ts";
import { createResponseCache } from "./response-cache.ts";

const churn = { name: "churn", version: "1", digest: "a".repeat(64) };

function setUp(maxBytes = 100_000) {
  const cache = createResponseCache({
    maxBytes,
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    pause: () => Promise.resolve(),
  });
  let computed = 0;
  const compute = async (value: number): Promise<Tensors> => {
    computed += 1;
    return Promise.resolve(tensors([value]));
  };
  return { cache, compute, computed: () => computed };
}

function tensors(values: readonly number[]): Tensors {
  return new Map([["x", { datatype: "FP64", shape: [values.length], data: Float64Array.from(values) }]]);
}

test("the same question is computed once, also when it comes while the first is being computed", async () => {
  const { cache, compute, computed } = setUp();

  const first = cache.answer(churn, tensors([1]), () => compute(10));
  const second = cache.answer(churn, tensors([1]), () => compute(11));
  await Promise.all([first.outputs, second.outputs]);
  const third = cache.answer(churn, tensors([1]), () => compute(12));

  assert.deepEqual([first.level, second.level, third.level, computed()], ["none", "memory", "memory", 1]);
  assert.deepEqual(await third.outputs, tensors([10]));
});

test("another artefact, shape, datatype or value is another question", async () => {
  const { cache, compute } = setUp();
  await cache.answer(churn, tensors([1]), () => compute(10)).outputs;
  const others: readonly (readonly [typeof churn, Tensors])[] = [
    [{ ...churn, digest: "b".repeat(64) }, tensors([1])],
    // The same file under another name is forgotten by that name.
    [{ ...churn, name: "leavers" }, tensors([1])],
    [churn, tensors([2])],
    [churn, tensors([1, 1])],
    [churn, new Map([["x", { datatype: "FP64", shape: [1, 1], data: Float64Array.of(1) }]])],
    [churn, new Map([["x", { datatype: "FP32", shape: [1], data: Float32Array.of(1) }]])],
    [churn, new Map([["y", { datatype: "FP64", shape: [1], data: Float64Array.of(1) }]])],
  ];

  for (const [subject, inputs] of others) assert.equal(cache.answer(subject, inputs, () => compute(20)).level, "none");
});

test("the order of inputs does not matter", async () => {
  const { cache, compute } = setUp();
  const [x] = tensors([1]).values();
  const [y] = tensors([2]).values();
  assert.ok(x && y);
  await cache.answer(
    churn,
    new Map([
      ["x", x],
      ["y", y],
    ]),
    () => compute(1),
  ).outputs;

  assert.equal(
    cache.answer(
      churn,
      new Map([
        ["y", y],
        ["x", x],
      ]),
      () => compute(1),
    ).level,
    "memory",
  );
});

test("a failure is told to all who waited for it, and not remembered", async () => {
  const { cache, compute } = setUp();
  const fail = (): Promise<Tensors> => Promise.reject(new Error("no"));

  const first = cache.answer(churn, tensors([1]), fail);
  const second = cache.answer(churn, tensors([1]), fail);
  await assert.rejects(first.outputs);
  await assert.rejects(second.outputs);

  assert.equal(cache.answer(churn, tensors([1]), () => compute(1)).level, "none");
});

test("the entries used longest ago make room, and memory stays within its bound", async () => {
  const { cache, compute } = setUp(10_000);
  for (let value = 0; value < 100; value += 1) {
    await cache.answer(churn, tensors([value]), () => compute(value)).outputs;
    // Kept in use, so it must stay.
    assert.equal(cache.answer(churn, tensors([0]), () => compute(0)).level, "memory");
    assert.ok(cache.statistics().bytes <= 10_000);
  }

  assert.equal(cache.answer(churn, tensors([1]), () => compute(1)).level, "none");
  assert.ok(cache.statistics().evictions > 80);
});

test("asking for one thing over and over among many stays quick", async () => {
  const { cache, compute } = setUp(100_000_000);
  for (let value = 0; value < 20_000; value += 1) cache.answer(churn, tensors([value]), () => compute(value));
  const begun = performance.now();

  for (let time = 0; time < 20_000; time += 1) cache.answer(churn, tensors([7]), () => compute(7));

  // 2 µs each as it is; more than 100 µs when each use moves the entry within the map.
  assert.ok((performance.now() - begun) / 20_000 < 0.03);
});

test("an answer that is larger than the whole cache is given and not kept", async () => {
  const { cache } = setUp(1_500);

  const { outputs } = cache.answer(churn, tensors([1]), () => Promise.resolve(tensors(Array<number>(1_000).fill(1))));

  assert.equal((await outputs).get("x")?.data.length, 1_000);
  assert.equal(cache.statistics().entries, 0);
  assert.equal(cache.statistics().bytes, 0);
});

test("answers are forgotten by key, tag and pattern", async () => {
  const { cache, compute } = setUp();
  const later = { ...churn, version: "2", digest: "b".repeat(64) };
  const fraud = { ...churn, name: "fraud", digest: "c".repeat(64) };
  for (const subject of [churn, later, fraud]) await cache.answer(subject, tensors([1]), () => compute(1)).outputs;
  const [key] = cache.keys("model:fraud:*", 10);

  assert.equal(await cache.remove({ tag: "version:churn@2" }), 1);
  assert.equal(await cache.remove({ pattern: "model:ch?rn:*" }), 1);
  assert.equal(await cache.remove({ key: "model:churn:1:none" }), 0);
  assert.equal(await cache.remove({ key: key ?? "", tag: "model:churn" }), 0);
  assert.equal(await cache.remove({ key: key ?? "" }), 1);
  assert.deepEqual(cache.keys("*", 10), []);
  assert.equal(cache.statistics().bytes, 0);
});

test("an answer that is forgotten while it is computed does not come back", async () => {
  const { cache, compute } = setUp();

  const { outputs } = cache.answer(churn, tensors([1]), () => compute(1));
  await cache.remove({ pattern: "*" });
  await outputs;

  assert.equal(cache.statistics().entries, 0);
});

test("patterns match as their simplest reading says", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  const words = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 });
  fc.assert(
    fc.property(letters, words, (pattern, text) => {
      const reading = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);

      assert.equal(matchesPattern(pattern, text), reading.test(text));
    }),
    { numRuns: 2_000 },
  );
});

test("a hostile pattern takes no long time", () => {
  const begun = performance.now();

  assert.equal(matchesPattern(`${"*a".repeat(90)}b`, "a".repeat(200)), false);

  // A reading that tries every split of the text would take years.
  assert.ok(performance.now() - begun < 100);
});
