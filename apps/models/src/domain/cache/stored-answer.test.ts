import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { allocate, DATATYPES, elementCount, type Tensor, type Tensors } from "../tensor/tensor.ts";
import { decodeAnswer, encodeAnswer } from "./stored-answer.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const QUESTION = sha256(Buffer.from("question"));
const ANSWER = {
  generation: 3,
  outputs: new Map([["y", { datatype: "FP32", shape: [2], data: Float32Array.of(1.5, Number.NaN) } satisfies Tensor]]),
};

const tensors: fc.Arbitrary<Tensors> = fc
  .array(
    fc.record({
      name: fc.string({ maxLength: 8 }),
      datatype: fc.constantFrom(...DATATYPES),
      shape: fc.array(fc.nat(4), { maxLength: 3 }),
      seed: fc.uint8Array({ minLength: 512, maxLength: 512 }),
    }),
    { maxLength: 4 },
  )
  .map((outputs) => new Map(outputs.map(({ name, datatype, shape, seed }) => [name, filled(datatype, shape, seed)])));

function filled(datatype: Tensor["datatype"], shape: readonly number[], seed: Uint8Array): Tensor {
  const data = allocate(datatype, elementCount(shape));
  if (Array.isArray(data)) {
    for (const index of data.keys()) data[index] = `ü"\n${seed[index]}`;
  } else {
    new Uint8Array(data.buffer).set(seed.subarray(0, data.byteLength));
  }
  return { datatype, shape, data };
}

function encode(maxBytes = 10_000): Buffer {
  const value = encodeAnswer(ANSWER, QUESTION, maxBytes, sha256);
  assert.ok(value);
  return value;
}

test("what is written is what is read, bit by bit, whatever the outputs are", () => {
  fc.assert(
    fc.property(tensors, fc.nat(), (outputs, generation) => {
      const value = encodeAnswer({ generation, outputs }, QUESTION, 100_000, sha256);
      assert.ok(value);

      assert.deepEqual(decodeAnswer(value, QUESTION, sha256), { generation, outputs });
    }),
    { numRuns: 300 },
  );
});

test("a view of a batch is written without the rest of the batch", () => {
  const batch = Float64Array.from({ length: 100 }, (_, index) => index);
  const outputs: Tensors = new Map([["y", { datatype: "FP64", shape: [1], data: batch.subarray(7, 8) }]]);

  const value = encodeAnswer({ generation: 0, outputs }, QUESTION, 10_000, sha256);

  assert.ok(value && value.length < 200);
  assert.deepEqual(decodeAnswer(value, QUESTION, sha256)?.outputs.get("y")?.data, Float64Array.of(7));
});

test("a value in which any one byte changed, or which is cut or longer, is no answer", () => {
  const value = encode();
  for (let at = 0; at < value.length; at += 1) {
    const changed = Buffer.from(value);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(decodeAnswer(changed, QUESTION, sha256), undefined);
    assert.equal(decodeAnswer(value.subarray(0, at), QUESTION, sha256), undefined);
  }
  assert.equal(decodeAnswer(Buffer.concat([value, Buffer.of(0)]), QUESTION, sha256), undefined);
});

test("the answer to another question is no answer", () => {
  assert.equal(decodeAnswer(encode(), sha256(Buffer.from("another")), sha256), undefined);
});

test("a header that does not hold is no answer, although its digest fits", () => {
  const headers = [
    "",
    "null",
    "{}",
    '{"generation":"1","outputs":[]}',
    '{"generation":1,"outputs":[{"name":"y","datatype":"FP32","shape":[1e15],"bytes":0}]}',
    '{"generation":1,"outputs":[{"name":"y","datatype":"FP32","shape":[-1,-1],"bytes":0}]}',
    '{"generation":1,"outputs":[{"name":"y","datatype":"FP99","shape":[0],"bytes":0}]}',
    '{"generation":1,"outputs":[{"name":"y","datatype":"BYTES","shape":[0],"bytes":0}]}',
  ];
  for (const header of headers) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    const rest = Buffer.concat([length, Buffer.from(header)]);
    const digest = sha256(Buffer.concat([Buffer.from(QUESTION, "hex"), rest]));
    const value = Buffer.concat([Buffer.from("MCA1"), Buffer.from(digest, "hex"), rest]);

    assert.equal(decodeAnswer(value, QUESTION, sha256), undefined, header);
  }
});

test("an answer that would be too long is not written", () => {
  const { length } = encode();

  assert.ok(encodeAnswer(ANSWER, QUESTION, length, sha256));
  assert.equal(encodeAnswer(ANSWER, QUESTION, length - 1, sha256), undefined);
});
