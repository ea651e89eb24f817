import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tensor, Tensors } from "../tensor/tensor.ts";
import { compareAnswers } from "./agreement.ts";
import { isCanary } from "./traffic.ts";

test("a caller stays where it is, and a larger share only adds callers", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 100 }),
      (caller, model, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];

        assert.equal(isCanary(caller, model, less), isCanary(caller, model, less));
        assert.ok(!isCanary(caller, model, less) || isCanary(caller, model, more));
        assert.equal(isCanary(caller, model, 0), false);
        assert.equal(isCanary(caller, model, 100), true);
      },
    ),
  );
});

test("a share is met, also for callers that are numbered", () => {
  for (const percent of [1, 10, 50]) {
    const chosen = Array.from({ length: 20_000 }, (_, index) => isCanary(`user-${index}`, "churn", percent)).filter(
      Boolean,
    );

    assert.ok(Math.abs(chosen.length / 200 - percent) < 1, `${chosen.length / 200} % instead of ${percent} %`);
  }
});

function outputs(labels: readonly number[], scores: readonly number[]): Tensors {
  return new Map<string, Tensor>([
    ["label", { datatype: "INT64", shape: [labels.length], data: BigInt64Array.from(labels.map(BigInt)) }],
    [
      "score",
      { datatype: "FP32", shape: [labels.length, scores.length / labels.length], data: Float32Array.from(scores) },
    ],
  ]);
}

test("rows agree when labels are equal and numbers are close", () => {
  const champion = outputs([0, 1, 2], [0.1, 0.2, 0.3]);

  assert.deepEqual(compareAnswers(champion, champion, 3), { rows: 3, agreeing: 3, largestDifference: 0 });
  assert.equal(compareAnswers(champion, outputs([0, 1, 0], [0.1, 0.2, 0.3]), 3).agreeing, 2);
  assert.equal(compareAnswers(champion, outputs([0, 1, 2], [0.1, 0.2001, 0.3]), 3).agreeing, 3);
  const apart = compareAnswers(champion, outputs([0, 1, 0], [0.1, 0.7, 0.3]), 3);
  assert.equal(apart.agreeing, 1);
  assert.equal(apart.largestDifference, 2);
});

test("what is no number agrees with itself only, and other shapes agree in nothing", () => {
  const champion = outputs([0], [Number.NaN]);

  assert.equal(compareAnswers(champion, outputs([0], [Number.NaN]), 1).agreeing, 1);
  assert.deepEqual(compareAnswers(champion, outputs([0], [1]), 1), {
    rows: 1,
    agreeing: 0,
    largestDifference: Number.POSITIVE_INFINITY,
  });
  assert.equal(compareAnswers(champion, outputs([0], [1, 2]), 1).agreeing, 0);
  assert.equal(compareAnswers(champion, new Map(), 1).agreeing, 0);
});
