import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import type { Column } from "../dataset/column.ts";
import type { TensorSpec } from "../model/signature.ts";
import { planJob, type PlanRequest } from "./plan.ts";

const MEASUREMENTS: TensorSpec = { name: "measurements", datatype: "FP32", shape: [-1, 2] };
const SPECIES: TensorSpec = { name: "species", datatype: "INT64", shape: [-1] };

function columns(...names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ name, type: "DOUBLE" }));
}

function plan(request: Partial<Omit<PlanRequest, "signature">> & { readonly inputs?: readonly TensorSpec[] }) {
  const { inputs = [MEASUREMENTS], ...rest } = request;
  return planJob({
    signature: { inputs, outputs: [SPECIES] },
    card: { title: "Test" },
    columns: columns("measurements_0", "measurements_1"),
    corrections: {},
    carry: undefined,
    format: "csv",
    ...rest,
  });
}

function refusal(request: Parameters<typeof plan>[0]): readonly string[] {
  try {
    plan(request);
  } catch (error) {
    assert.ok(error instanceof MusterError);
    assert.equal(error.code, "invalid-request");
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return assert.fail("it was planned");
}

test("columns are found by the names that the card gives them, whatever their case and punctuation", () => {
  const card = {
    title: "Test",
    inputs: [{ name: "measurements", columns: [{ name: "bill_length" }, { name: "mass" }] }],
  };

  const { inputs } = plan({ card, columns: columns("Mass", "id", "Bill length") });

  assert.deepEqual(inputs, [
    { input: "measurements", datatype: "FP32", rowShape: [2], columns: ["Bill length", "Mass"] },
  ]);
});

test("columns are found by the name of the input, alone or with numbers from 0 or 1", () => {
  const one: TensorSpec = { name: "age", datatype: "INT64", shape: [-1, 1] };

  assert.deepEqual(plan({ inputs: [one], columns: columns("age") }).inputs[0]?.columns, ["age"]);
  assert.deepEqual(plan({}).inputs[0]?.columns, ["measurements_0", "measurements_1"]);
  assert.deepEqual(plan({ columns: columns("Measurements 2", "Measurements 1") }).inputs[0]?.columns, [
    "Measurements 1",
    "Measurements 2",
  ]);
});

test("two columns that differ from the wanted name in case alone are not chosen between", () => {
  const one: TensorSpec = { name: "age", datatype: "FP32", shape: [-1] };

  assert.deepEqual(refusal({ inputs: [one], columns: columns("Age", "AGE") }), [
    'inputs.age: the dataset has no "age"; name the column in inputs',
  ]);
});

test("a correction goes before every name, and decides on a width that may vary", () => {
  const open: TensorSpec = { name: "row", datatype: "FP32", shape: [-1, -1] };

  const corrected = plan({ columns: columns("a", "b"), corrections: { measurements: ["b", "a"] } });
  const wide = plan({ inputs: [open], columns: columns("a", "b", "c"), corrections: { row: ["c", "a", "b"] } });

  assert.deepEqual(corrected.inputs[0]?.columns, ["b", "a"]);
  assert.deepEqual(wide.inputs[0], { input: "row", datatype: "FP32", rowShape: [3], columns: ["c", "a", "b"] });
});

test("everything that does not fit is named at once", () => {
  const text: Column = { name: "day", type: "DATE" };
  const age: TensorSpec = { name: "age", datatype: "FP32", shape: [-1] };
  const fixed: TensorSpec = { name: "four", datatype: "FP32", shape: [4, 1] };

  const problems = refusal({
    inputs: [MEASUREMENTS, age, fixed],
    columns: [text],
    corrections: { measurements: ["day"], age: ["day"], weather: ["day"] },
    carry: ["nothing"],
  });

  assert.deepEqual(problems, [
    "inputs.measurements: needs 2 columns, and 1 are named",
    'inputs.age: "day" is DATE, which is no FP32; make a version of the dataset with another type',
    "inputs.four: takes 4 rows at once, and not one after the other",
    'inputs.weather: is no input of the model; it takes "measurements", "age", "four"',
    'carry.0: the dataset has no column "nothing"',
  ]);
});

test("no column of the result has the name of another one", () => {
  const { carry, outputs, errorColumn } = plan({
    columns: columns("measurements_0", "measurements_1", "Species", "prediction_error"),
  });

  assert.deepEqual(carry, ["measurements_0", "measurements_1", "Species", "prediction_error"]);
  assert.deepEqual([outputs[0]?.column, errorColumn], ["species_predicted", "prediction_error_predicted"]);
});
