import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { figuresOf, type Pair } from "./accuracy.ts";

function pairs(...list: readonly (readonly [predicted: number | string, actual: number | string])[]): Pair[] {
  return list.map(([predicted, actual]) => ({ predicted, actual }));
}

function near(actual: number | null | undefined, expected: number): void {
  assert.ok(typeof actual === "number" && Math.abs(actual - expected) < 1e-9, `${actual} instead of ${expected}`);
}

describe("how good predictions were", () => {
  // Figures of scikit-learn: accuracy_score, f1_score(average="macro"), confusion_matrix.
  test("of classes: accuracy with its interval, macro F1, confusion", () => {
    const figures = figuresOf(pairs(["a", "a"], ["a", "a"], ["b", "a"], ["b", "b"], ["c", "b"], ["c", "c"]), {
      output: "class",
      kind: "class",
    });

    assert.ok(figures.kind === "class");
    assert.deepEqual([figures.accuracy.hits, figures.accuracy.total], [4, 6]);
    near(figures.accuracy.share, 2 / 3);
    assert.ok(figures.accuracy.low < 2 / 3 && figures.accuracy.high > 2 / 3);
    near(figures.macroF1, (0.8 + 0.5 + 2 / 3) / 3);
    assert.deepEqual(figures.confusion, {
      labels: ["a", "b", "c"],
      counts: [
        [2, 1, 0],
        [0, 1, 1],
        [0, 0, 1],
      ],
    });
  });

  test("of many classes: the rarer ones are one in the confusion, and the accuracy is exact all the same", () => {
    const many = Array.from({ length: 60 }, (_, index): [string, string] => [`c${index}`, `c${(index + 1) % 60}`]);

    const figures = figuresOf(pairs(...many), { output: "class", kind: "class" });

    assert.ok(figures.kind === "class");
    assert.equal(figures.confusion.labels.length, 51);
    assert.equal(figures.confusion.labels.at(-1), "(all others)");
    assert.equal(figures.accuracy.hits, 0);
  });

  test("of probabilities: AUC and log-loss, and accuracy at the threshold", () => {
    const told = pairs([0.9, 1], [0.4, 1], [0.6, 0], [0.1, 0]);

    const half = figuresOf(told, { output: "p", kind: "probability" });
    const low = figuresOf(told, { output: "p", kind: "probability", threshold: 0.3 });

    assert.ok(half.kind === "probability" && low.kind === "probability");
    near(half.auc, 0.75);
    near(half.logLoss, -(Math.log(0.9) + Math.log(0.4) + Math.log(0.4) + Math.log(0.9)) / 4);
    assert.deepEqual([half.accuracy.hits, low.accuracy.hits], [2, 3]);
    near(low.f1, 0.8);
  });

  test("of probabilities that were certain and wrong, the loss is large and finite", () => {
    const figures = figuresOf(pairs([0, 1], [1, 0]), { output: "p", kind: "probability" });

    assert.ok(figures.kind === "probability" && Number.isFinite(figures.logLoss) && (figures.logLoss ?? 0) > 30);
  });

  test("of probabilities with one answer alone there is no AUC", () => {
    const figures = figuresOf(pairs([0.2, 0], [0.3, 0]), { output: "p", kind: "probability" });

    assert.ok(figures.kind === "probability");
    assert.deepEqual([figures.auc, figures.f1, figures.accuracy.share], [null, null, 1]);
  });

  test("of numbers: mean absolute error with its interval, and root mean square error", () => {
    const figures = figuresOf(pairs([1, 2], [5, 2], [4, 4], [0, 4]), { output: "price", kind: "number" });

    assert.ok(figures.kind === "number");
    near(figures.mae, 2);
    near(figures.rmse, Math.sqrt(26 / 4));
    assert.ok((figures.maeLow ?? 9) < 2 && (figures.maeHigh ?? 0) > 2);
  });
});
