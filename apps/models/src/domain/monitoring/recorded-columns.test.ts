import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ModelCard } from "../model/card.ts";
import type { Signature } from "../model/signature.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cellsOf, recordedColumns, valuesOf } from "./recorded-columns.ts";

const SIGNATURE: Signature = {
  inputs: [
    { name: "reading", datatype: "FP32", shape: [-1, 2] },
    { name: "place", datatype: "BYTES", shape: [-1, 1] },
    { name: "image", datatype: "UINT8", shape: [-1, 32, 32] },
    { name: "constant", datatype: "FP32", shape: [4] },
  ],
  outputs: [
    { name: "species", datatype: "INT64", shape: [-1] },
    { name: "probabilities", datatype: "FP32", shape: [-1, 2] },
    { name: "score", datatype: "FP32", shape: [-1, 2] },
  ],
};
const CARD: ModelCard = {
  title: "Test",
  inputs: [{ name: "reading", columns: [{ name: "humidity" }, { name: "temperature" }] }],
  outputs: [
    { name: "species", labels: ["Adelie", "Gentoo"] },
    { name: "probabilities", labels: ["Adelie", "Gentoo"] },
  ],
};
const COLUMNS = recordedColumns(SIGNATURE, CARD);

function tensor(datatype: Tensor["datatype"], shape: readonly number[], data: Tensor["data"]): Tensor {
  return { datatype, shape, data };
}

describe("the columns that are recorded", () => {
  test("inputs have the card's names, outputs their own with labels or numbers, and what is wide is left out", () => {
    assert.deepEqual(
      COLUMNS.map(({ side, name, kind }) => `${side} ${name} ${kind}`),
      [
        "input humidity number",
        "input temperature number",
        "input place text",
        "prediction species text",
        "prediction probabilities.Adelie number",
        "prediction probabilities.Gentoo number",
        "prediction score.0 number",
        "prediction score.1 number",
      ],
    );
  });

  test("columns that two tensors call the same have the tensor's name in front", () => {
    const both = [
      { name: "a", columns: [{ name: "x" }] },
      { name: "b", columns: [{ name: "x" }] },
    ];
    const signature: Signature = {
      inputs: both.map(({ name }) => ({ name, datatype: "FP32", shape: [-1, 1] })),
      outputs: [],
    };

    const columns = recordedColumns(signature, { title: "Test", inputs: both });

    assert.deepEqual(
      columns.map(({ name }) => name),
      ["a.0", "b.0"],
    );
  });

  test("values are taken row by row; classes become their labels, and what is no number becomes nothing", () => {
    const inputs = new Map([
      ["reading", tensor("FP32", [2, 2], Float32Array.of(45.5, Number.NaN, 46, Number.POSITIVE_INFINITY))],
      ["place", tensor("BYTES", [2, 1], ["in", 'out "side"'])],
    ]);
    const outputs = new Map([
      ["species", tensor("INT64", [2], BigInt64Array.of(1n, 7n))],
      ["probabilities", tensor("FP32", [2, 2], Float32Array.of(0.25, 0.75, 1, 0))],
    ]);

    const cells = cellsOf(COLUMNS, new Set(["score.0", "score.1"]), { inputs, outputs }, 2);

    assert.deepEqual(cells, {
      "input:humidity": [45.5, 46],
      "input:temperature": [null, null],
      "input:place": ["in", 'out "side"'],
      "prediction:species": ["Gentoo", "7"],
      "prediction:probabilities.Adelie": [0.25, 1],
      "prediction:probabilities.Gentoo": [0.75, 0],
    });
  });

  test("texts are kept as they can be stored: cut, and without what JSON in a database cannot carry", () => {
    const [column] = recordedColumns({ inputs: [{ name: "t", datatype: "BYTES", shape: [-1] }], outputs: [] }, CARD);
    assert.ok(column);
    const hostile = ["a\0b", "\ud800", "x".repeat(1_000)];

    const values = valuesOf(column, new Map([["t", tensor("BYTES", [3], hostile)]]), 3);

    assert.deepEqual(values, ["a\uFFFDb", "\uFFFD", "x".repeat(200)]);
  });

  test("truth values are texts", () => {
    const [column] = recordedColumns({ inputs: [{ name: "on", datatype: "BOOL", shape: [-1] }], outputs: [] }, CARD);
    assert.ok(column);

    assert.deepEqual(valuesOf(column, new Map([["on", tensor("BOOL", [2], Uint8Array.of(1, 0))]]), 2), [
      "true",
      "false",
    ]);
  });
});
