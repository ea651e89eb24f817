import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MusterError } from "@muster/kernel";
import type { Signature } from "../../domain/model/signature.ts";
import { DATATYPES } from "../../domain/tensor/tensor.ts";
import { readInferRequest } from "./request.ts";

const signature: Signature = { inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }], outputs: [] };

function tensor(datatype: unknown, shape: unknown, data: unknown): unknown {
  return { inputs: [{ name: "x", datatype, shape, data }] };
}

function dataOf(body: unknown): unknown {
  return readInferRequest(body, signature).inputs.get("x")?.data;
}

function problemOf(body: unknown): string {
  try {
    readInferRequest(body, signature);
  } catch (error) {
    assert.ok(error instanceof MusterError && error.code === "invalid-request");
    return error.problems.map(({ path, message }) => `${path} ${message}`).join("; ");
  }
  return "accepted";
}

test("flat and nested data mean the same", () => {
  const flat = dataOf(tensor("FP32", [2, 2], [1, 2, 3, 4]));
  const nested = dataOf(
    tensor(
      "FP32",
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ),
  );

  assert.deepEqual(flat, Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(nested, flat);
});

test("every datatype is read into its own kind of storage", () => {
  const samples: Readonly<Record<(typeof DATATYPES)[number], readonly [unknown, unknown]>> = {
    BOOL: [[true, false], Uint8Array.of(1, 0)],
    UINT8: [[0, 255], Uint8Array.of(0, 255)],
    UINT16: [[0, 65_535], Uint16Array.of(0, 65_535)],
    UINT32: [[0, 4_294_967_295], Uint32Array.of(0, 4_294_967_295)],
    UINT64: [[0, 9_007_199_254_740_991], BigUint64Array.of(0n, 9_007_199_254_740_991n)],
    INT8: [[-128, 127], Int8Array.of(-128, 127)],
    INT16: [[-32_768, 32_767], Int16Array.of(-32_768, 32_767)],
    INT32: [[-2_147_483_648, 2_147_483_647], Int32Array.of(-2_147_483_648, 2_147_483_647)],
    INT64: [[-1, 1], BigInt64Array.of(-1n, 1n)],
    FP16: [[0.5, -65_504], Float16Array.of(0.5, -65_504)],
    FP32: [[0.5, 3e38], Float32Array.of(0.5, 3e38)],
    FP64: [[0.1, 1e308], Float64Array.of(0.1, 1e308)],
    BYTES: [
      ["a", "ü"],
      ["a", "ü"],
    ],
  };

  for (const datatype of DATATYPES) {
    const [given, stored] = samples[datatype];
    assert.deepEqual(dataOf(tensor(datatype, [2], given)), stored, datatype);
  }
});

test("what does not fit is refused with its place and what was expected", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [null, /the body must be a JSON object/],
    [[], /the body must be a JSON object/],
    [{}, /inputs must be an array/],
    [{ id: 7, inputs: [] }, /id must be a string/],
    [{ inputs: ["x"] }, /inputs\[0\] must be an object with a name/],
    [{ inputs: [], outputs: [{}] }, /outputs\[0\] must be an object with a name/],
    [tensor("FLOAT", [1], [1]), /x datatype must be FP32, not "FLOAT"/],
    [tensor(undefined, [1], [1]), /x datatype must be FP32, not nothing/],
    [tensor("FP32", [1.5], [1]), /x shape must be an array of whole numbers/],
    [tensor("FP32", [-1, 2], [1, 2]), /x shape must be an array of whole numbers/],
    [tensor("FP32", "2", [1, 2]), /x shape must be an array/],
    [tensor("FP32", [2, 2], [1, 2, 3]), /x data has 3 elements where shape \[2,2\] needs 4/],
    [tensor("FP32", [2, 2], [[1, 2]]), /x data has 1 entries at depth 1 where shape \[2,2\] needs 2/],
    [tensor("FP32", [2, 2], [[1, 2], 3]), /x data must be flat, or nested 2 deep/],
    [tensor("FP32", [1, 2], [[1, [2]]]), /x data\[1\] must be a number, not \[2\]/],
    [tensor("FP32", [1, 2], { 0: 1, 1: 2, length: 2 }), /x data must be an array/],
    [tensor("FP32", [2], [1, null]), /x data\[1\] must be a number, not null/],
    [tensor("FP32", [2], [1, "2"]), /x data\[1\] must be a number, not "2"/],
    [tensor("FP32", [1], [1e39]), /x data\[0\] must be a number that FP32 can carry, not 1e\+39/],
    [tensor("FP64", [1], [Number.POSITIVE_INFINITY]), /x data\[0\] must be a number that FP64 can carry/],
    [tensor("FP16", [1], [65_505]), /x data\[0\] must be a number that FP16 can carry/],
    [tensor("UINT8", [1], [256]), /x data\[0\] must be a whole number from 0 to 255, not 256/],
    [tensor("INT32", [1], [0.5]), /x data\[0\] must be a whole number/],
    [tensor("INT64", [1], [2 ** 53]), /x data\[0\] must be a whole number .* binary extension/],
    [tensor("BOOL", [1], [1]), /x data\[0\] must be true or false, not 1/],
    [tensor("BYTES", [1], [1]), /x data\[0\] must be a string, not 1/],
    [tensor("FP32", [2 ** 20, 2 ** 20], []), /has more than 67108864 elements/],
    [
      {
        inputs: [
          { name: "x", datatype: "FP32", shape: [1], data: [1] },
          { name: "x", datatype: "FP32", shape: [1], data: [1] },
        ],
      },
      /names "x" a second time/,
    ],
  ];

  for (const [body, expected] of cases) assert.match(problemOf(body), expected);
});

test("a refusal repeats a long value only in part", () => {
  const message = problemOf(tensor("FP32", [1], ["x".repeat(10_000)]));

  assert.ok(message.length < 200, message);
});

test("no JSON document makes the reader fail in another way than by refusing", () => {
  const anyTensor = fc.record(
    {
      name: fc.oneof(fc.constant("x"), fc.jsonValue()),
      datatype: fc.oneof(fc.constantFrom(...DATATYPES), fc.jsonValue()),
      shape: fc.oneof(fc.array(fc.integer({ min: -2, max: 3 })), fc.jsonValue()),
      data: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const anyBody = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { inputs: fc.array(anyTensor), outputs: fc.jsonValue(), id: fc.jsonValue() },
      { requiredKeys: ["inputs"] },
    ),
  );

  fc.assert(
    fc.property(anyBody, (body) => void problemOf(body)),
    { numRuns: 1_000 },
  );
});
