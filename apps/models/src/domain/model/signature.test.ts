import assert from "node:assert/strict";
import { test } from "node:test";
import type { MusterError } from "@muster/kernel";
import type { Tensor } from "../tensor/tensor.ts";
import { checkInputs, checkOutputs, type Signature } from "./signature.ts";

const signature: Signature = {
  inputs: [
    { name: "a", datatype: "FP32", shape: [-1, 2] },
    { name: "b", datatype: "INT64", shape: [-1] },
  ],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
};

function a(shape: readonly number[], datatype: Tensor["datatype"] = "FP32"): readonly [string, Tensor] {
  return ["a", { datatype, shape, data: new Float32Array() }];
}

function b(rows: number): readonly [string, Tensor] {
  return ["b", { datatype: "INT64", shape: [rows], data: new BigInt64Array(rows) }];
}

function problems(...inputs: readonly (readonly [string, Tensor])[]): readonly string[] {
  try {
    checkInputs(signature, new Map(inputs), 100);
    return [];
  } catch (error) {
    return (error as MusterError).problems.map(({ path, message }) => `${path} ${message}`);
  }
}

test("inputs that fit give their number of rows", () => {
  assert.equal(checkInputs(signature, new Map([a([3, 2]), b(3)]), 100), 3);
});

test("every input that does not fit is named with what was expected", () => {
  assert.deepEqual(problems(a([3, 2], "FP64")), [
    "a must be FP32, not FP64",
    "b is missing; the model needs INT64 [-1]",
  ]);
  assert.deepEqual(problems(a([3, 4]), b(3)), ["a must have the shape [-1,2], not [3,4]"]);
  assert.deepEqual(problems(a([6]), b(3)), ["a must have the shape [-1,2], not [6]"]);
  assert.deepEqual(problems(a([0, 2]), b(0)), [
    "a has no rows; at least one is needed",
    "b has no rows; at least one is needed",
  ]);
  assert.deepEqual(problems(a([3, 2]), b(2)), ["b has 2 rows where the input before it has 3"]);
  assert.deepEqual(problems(a([101, 2]), b(101)), [
    "a has 101 rows; at most 100 are allowed",
    "b has 101 rows; at most 100 are allowed",
  ]);
  assert.deepEqual(problems(a([1, 2]), b(1), ["c", { datatype: "FP32", shape: [1], data: [] }]), [
    'c is not an input of the model; it takes "a", "b"',
  ]);
});

test("outputs that the model does not give are refused", () => {
  assert.doesNotThrow(() => checkOutputs(signature, ["y"]));
  assert.throws(() => checkOutputs(signature, ["y", "z"]), { code: "invalid-request" });
});
