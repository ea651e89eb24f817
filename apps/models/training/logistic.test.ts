import assert from "node:assert/strict";
import { test } from "node:test";
import { runLogistic, trainLogistic } from "./logistic.ts";

test("with one group of rows for each feature value, the fit is the share of each group", () => {
  const rows = (feature: number, yes: number, no: number) => [
    ...Array.from({ length: yes }, () => ({ features: [feature], label: 1 })),
    ...Array.from({ length: no }, () => ({ features: [feature], label: 0 })),
  ];

  const model = trainLogistic([...rows(-1, 10, 90), ...rows(1, 60, 40)], 0);

  assert.ok(Math.abs(runLogistic(model, [-1]) - 0.1) < 1e-9);
  assert.ok(Math.abs(runLogistic(model, [1]) - 0.6) < 1e-9);
});

test("a ridge keeps the weights of groups that a line separates finite", () => {
  const model = trainLogistic(
    [
      { features: [-1, 0], label: 0 },
      { features: [1, 0], label: 1 },
    ],
    0.01,
  );

  assert.ok(runLogistic(model, [1, 0]) > 0.9);
  assert.equal(model.weights[1], 0);
  assert.ok(Math.abs(model.bias) < 1e-9);
});
