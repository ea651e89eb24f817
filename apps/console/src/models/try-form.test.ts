import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { ModelCard, TensorSpec } from "./platform.ts";
import { beyondTraining, buildRequest, examplesOf, fieldsOf, inferCommand } from "./try-form.ts";

/** The card of a model that comes with the platform; its golden cases show its inputs. */
function cardOf(model: string): { card: ModelCard; inputs: readonly TensorSpec[] } {
  const file = new URL(`../../../models/models/${model}/model-card.json`, import.meta.url);
  const card = JSON.parse(readFileSync(file, "utf8")) as ModelCard;
  const inputs = card.golden?.cases[0]?.inputs.map(({ name, datatype, shape }) => {
    return { name, datatype, shape: [-1, ...shape.slice(1)] };
  });
  return { card, inputs: inputs ?? [] };
}

describe("the form of a model", () => {
  test("has a box for each column of a wide input, named by the card", () => {
    const { card, inputs } = cardOf("penguins");

    const fields = fieldsOf(inputs, card);

    assert.equal(fields.length, 4);
    assert.deepEqual(new Set(fields.map(({ kind }) => kind)), new Set(["decimal"]));
    assert.ok(fields.every((field) => field.kind !== "list" && field.unit !== undefined));
  });

  test("has a box for each of several inputs, texts and numbers apart", () => {
    const { card, inputs } = cardOf("flight-delay");

    const fields = fieldsOf(inputs, card);

    assert.deepEqual(
      fields.map(({ label, kind }) => [label, kind]),
      [
        ["origin", "text"],
        ["destination", "text"],
        ["minute_of_day", "decimal"],
        ["weekday", "decimal"],
        ["distance", "decimal"],
      ],
    );
  });

  test("asks for JSON where a shape is free or wide", () => {
    const wide: TensorSpec = { name: "image", datatype: "FP32", shape: [-1, 3, 32, 32] };
    const free: TensorSpec = { name: "words", datatype: "INT64", shape: [-1, -1] };

    assert.deepEqual(
      fieldsOf([wide, free], { title: "x" }).map(({ kind }) => kind),
      ["list", "list"],
    );
  });

  test("treats a model without names and columns alike", () => {
    const scalar: TensorSpec = { name: "flag", datatype: "BOOL", shape: [-1] };
    const pair: TensorSpec = { name: "x", datatype: "INT8", shape: [-1, 2] };

    assert.deepEqual(
      fieldsOf([scalar, pair], { title: "x" }).map(({ label, kind }) => [label, kind]),
      [
        ["flag", "yes-no"],
        ["x 1", "whole"],
        ["x 2", "whole"],
      ],
    );
  });
});

describe("the examples of a model", () => {
  test("are the rows of its golden cases, with what the training answered", () => {
    const { card, inputs } = cardOf("flight-delay");

    const examples = examplesOf(inputs, card);
    const { values, expected } = examples[0] ?? { values: {}, expected: {} };

    assert.equal(examples.length, 6);
    assert.equal(values["origin.0"], "SLC");
    assert.equal(values["minute_of_day.0"], "1312");
    assert.deepEqual(expected["late_probability"], [0.1932656]);
  });

  test("fill the form so that it is a whole request", () => {
    for (const model of ["penguins", "flight-delay", "sensor-anomaly"]) {
      const { card, inputs } = cardOf(model);
      for (const { values } of examplesOf(inputs, card)) {
        const { body } = buildRequest(inputs, fieldsOf(inputs, card), values);
        assert.ok(body?.inputs.every(({ shape, data }) => shape.reduce((a, b) => a * b, 1) === data.length));
      }
    }
  });
});

describe("a request", () => {
  const inputs: readonly TensorSpec[] = [
    { name: "count", datatype: "UINT8", shape: [-1, 1] },
    { name: "words", datatype: "INT64", shape: [-1, -1] },
  ];
  const fields = fieldsOf(inputs, { title: "x" });

  test("has one row, with the shape that the free dimensions get", () => {
    const { body } = buildRequest(inputs, fields, { "count.0": " 7 ", words: "[1, [2, 3]]" });

    assert.deepEqual(body?.inputs, [
      { name: "count", datatype: "UINT8", shape: [1, 1], data: [7] },
      { name: "words", datatype: "INT64", shape: [1, 3], data: [1, 2, 3] },
    ]);
  });

  const wrong = [
    ["", "[1]", "A number is needed."],
    ["seven", "[1]", '"seven" is not a number.'],
    ["1.5", "[1]", "A whole number is needed."],
    ["-1", "[1]", "It cannot be below 0."],
    ["1", "1, 2", "A list in JSON is needed, such as [1, 2, 3]."],
    ["1", "[{}]", "Only numbers, texts and true or false can stand in it."],
    ["1", "[]", "A multiple of 1 values is needed."],
  ] as const;
  for (const [count, words, problem] of wrong) {
    test(`is not sent with ${JSON.stringify([count, words])}`, () => {
      const { problems } = buildRequest(inputs, fields, { "count.0": count, words });
      assert.deepEqual(Object.values(problems ?? {}), [problem]);
    });
  }

  test("says when a value lies beyond what the model was trained on", () => {
    const field = { id: "a.0", tensor: "a", label: "a", kind: "decimal", min: 1, max: 7 } as const;

    assert.equal(beyondTraining(field, "8"), "above 7, the most it was trained on");
    assert.equal(beyondTraining(field, "0"), "below 1, the least it was trained on");
    assert.equal(beyondTraining(field, "7"), undefined);
    assert.equal(beyondTraining(field, ""), undefined);
  });

  test("has a command that a shell reads back whole", () => {
    const body = { inputs: [{ name: "a", datatype: "BYTES", shape: [1, 1], data: ["it's"] }] };

    assert.match(inferCommand("m", "2", body, true), /versions\/2\/infer.*no-cache.*it'\\''s/);
  });
});
