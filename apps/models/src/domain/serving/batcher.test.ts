import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import type { Tensors } from "../tensor/tensor.ts";
import { type BatchReport, createBatcher } from "./batcher.ts";

/** A model that doubles; a negative number makes the whole run fail. */
async function double(inputs: Tensors): Promise<Tensors> {
  const x = inputs.get("x");
  const data = x?.data as Float32Array;
  if (data.some((value) => value < 0)) throw new RangeError("negative");
  return Promise.resolve(
    new Map([["y", { datatype: "FP32", shape: x?.shape ?? [], data: data.map((value) => value * 2) }]]),
  );
}

function rowsOf(values: readonly number[], width = 1): Tensors {
  return new Map([["x", { datatype: "FP32", shape: [values.length / width, width], data: Float32Array.from(values) }]]);
}

function answer(outputs: Tensors): number[] {
  return Array.from(outputs.get("y")?.data as Float32Array);
}

function setUp(limits: { maxBatchRows?: number; maxPendingRows?: number } = {}) {
  const turn: (() => void)[] = [];
  const reports: BatchReport[] = [];
  const batcher = createBatcher({
    maxBatchRows: limits.maxBatchRows ?? 8,
    maxPendingRows: limits.maxPendingRows ?? 1_000,
    run: double,
    schedule: (flush) => turn.push(flush),
    observe: (report) => reports.push(report),
  });
  return { batcher, reports, endTurn: () => turn.shift()?.() };
}

test("requests of one turn share one run, and each gets its own rows", async () => {
  const { batcher, reports, endTurn } = setUp();

  const answers = [batcher.submit(rowsOf([1, 2]), 2), batcher.submit(rowsOf([3]), 1)];
  endTurn();

  assert.deepEqual((await Promise.all(answers)).map(answer), [[2, 4], [6]]);
  assert.deepEqual(reports, [{ rows: 3, requests: 2, reason: "turn" }]);
});

test("a batch holds at most as many rows as allowed, counting rows and not requests", async () => {
  const { batcher, reports, endTurn } = setUp({ maxBatchRows: 4 });

  const answers = [[1, 2, 3], [4, 5], [6]].map((values) => batcher.submit(rowsOf(values), values.length));
  endTurn();

  assert.deepEqual((await Promise.all(answers)).map(answer), [[2, 4, 6], [8, 10], [12]]);
  assert.deepEqual(
    reports.map(({ rows, reason }) => [rows, reason]),
    [
      [3, "full"],
      [3, "turn"],
    ],
  );
});

test("a request larger than a batch is run alone and whole", async () => {
  const { batcher, endTurn } = setUp({ maxBatchRows: 2 });

  const large = batcher.submit(rowsOf([1, 2, 3, 4, 5]), 5);
  endTurn();

  assert.deepEqual(answer(await large), [2, 4, 6, 8, 10]);
});

test("a poisoned request fails alone", async () => {
  const { batcher, endTurn } = setUp();

  const answers = [[1], [-1], [2]].map((values) => batcher.submit(rowsOf(values), 1));
  endTurn();
  const settled = await Promise.allSettled(answers);

  assert.deepEqual(
    settled.map((each) => (each.status === "fulfilled" ? answer(each.value) : (each.reason as Error).message)),
    [[2], "negative", [4]],
  );
});

test("while a run of the only kind allowed goes on, requests gather for the next one", async () => {
  const started: (() => void)[] = [];
  const reports: BatchReport[] = [];
  const batcher = createBatcher({
    maxBatchRows: 3,
    maxPendingRows: 100,
    maxRuns: 1,
    run: async (inputs) => {
      await new Promise<void>((resolve) => started.push(resolve));
      return double(inputs);
    },
    schedule: (flush) => flush(),
    observe: (report) => reports.push(report),
  });

  const answers = [1, 2, 3, 4, 5].map((value) => batcher.submit(rowsOf([value]), 1));
  for (let turn = 0; turn < 3; turn += 1) {
    assert.equal(started.length, 1);
    started.pop()?.();
    await answers[[0, 3, 4][turn] ?? 0];
    await setImmediate();
  }

  assert.deepEqual((await Promise.all(answers)).map(answer), [[2], [4], [6], [8], [10]]);
  assert.deepEqual(
    reports.map(({ rows }) => rows),
    [1, 3, 1],
  );
});

test("rows of different shapes are not joined", async () => {
  const { batcher, reports, endTurn } = setUp();

  const answers = [
    batcher.submit(rowsOf([1, 2], 2), 1),
    batcher.submit(rowsOf([3]), 1),
    batcher.submit(rowsOf([4, 5], 2), 1),
  ];
  endTurn();

  assert.deepEqual((await Promise.all(answers)).map(answer), [[2, 4], [6], [8, 10]]);
  assert.deepEqual(
    reports.map(({ rows }) => rows),
    [2, 1],
  );
});

test("what is too much to wait is refused at once, and room is made as answers go out", async () => {
  const { batcher, endTurn } = setUp({ maxPendingRows: 3 });

  const first = batcher.submit(rowsOf([1, 2]), 2);
  await assert.rejects(batcher.submit(rowsOf([3, 4]), 2), { code: "overloaded" });
  endTurn();
  await first;
  const second = batcher.submit(rowsOf([3, 4]), 2);
  endTurn();

  assert.deepEqual(answer(await second), [6, 8]);
  assert.equal(batcher.pendingRows(), 0);
});

test("a model that is worked off so slowly that a request would wait too long refuses it, until others are done", async () => {
  let now = 0;
  const turn: (() => void)[] = [];
  const runs: (() => void)[] = [];
  const batcher = createBatcher({
    maxBatchRows: 4,
    maxPendingRows: 1_000,
    maxRuns: 1,
    wait: { maxMs: 100, now: () => now },
    // A row takes 10 ms.
    run: (inputs) =>
      new Promise((resolve) =>
        runs.push(() => {
          now += 10 * (inputs.get("x")?.shape[0] ?? 0);
          resolve(double(inputs));
        }),
      ),
    schedule: (flush) => turn.push(flush),
  });
  const ask = (): Promise<Tensors> => batcher.submit(rowsOf([1]), 1);
  async function oneRun(): Promise<void> {
    turn.shift()?.();
    runs.shift()?.();
    await setImmediate();
  }

  // Before the first run nobody knows how slow it is.
  const first = Array.from({ length: 12 }, ask);
  await oneRun();
  const second = [ask(), ask(), ask()];
  await assert.rejects(ask(), { code: "overloaded" });
  await oneRun();
  const third = ask();
  while (runs.length + turn.length > 0) await oneRun();

  assert.equal((await Promise.all([...first, ...second, third])).length, 16);
});

test("an idle model takes a request of any size", async () => {
  const { batcher, endTurn } = setUp({ maxPendingRows: 1 });

  const large = batcher.submit(rowsOf([1, 2, 3]), 3);
  endTurn();

  assert.deepEqual(answer(await large), [2, 4, 6]);
});

test("any mixture of sizes and faults answers every request as if it were alone", async () => {
  const request = fc.record({
    width: fc.integer({ min: 1, max: 2 }),
    rows: fc.array(fc.integer({ min: -1, max: 50 }), { minLength: 1, maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { maxLength: 20 }),
      fc.integer({ min: 1, max: 10 }),
      async (requests, maxBatchRows) => {
        const { batcher, endTurn } = setUp({ maxBatchRows });

        const settled = Promise.allSettled(
          requests.map(({ width, rows }) =>
            batcher.submit(
              rowsOf(
                rows.flatMap((row) => Array<number>(width).fill(row)),
                width,
              ),
              rows.length,
            ),
          ),
        );
        endTurn();

        for (const [index, outcome] of (await settled).entries()) {
          const { width = 1, rows = [] } = requests[index] ?? {};
          const expected = rows.some((row) => row < 0)
            ? "failed"
            : rows.flatMap((row) => Array<number>(width).fill(row * 2));
          assert.deepEqual(outcome.status === "fulfilled" ? answer(outcome.value) : "failed", expected);
        }
        assert.equal(batcher.pendingRows(), 0);
      },
    ),
    { numRuns: 200 },
  );
});
