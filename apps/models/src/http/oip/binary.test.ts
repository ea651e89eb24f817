import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MusterError } from "@muster/kernel";
import { allocate, DATATYPES, type Tensor } from "../../domain/tensor/tensor.ts";
import { decodeElements, encodeElements, splitBody } from "./binary.ts";

const texts = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 20 });

test("texts survive the way there and back", () => {
  fc.assert(
    fc.property(texts, (data) => {
      const bytes = encodeElements({ datatype: "BYTES", shape: [data.length], data });

      assert.deepEqual(decodeElements("BYTES", data.length, new Uint8Array(bytes), "x"), data);
    }),
  );
});

test("numbers of every datatype survive the way there and back, not-a-number included", () => {
  for (const datatype of DATATYPES) {
    if (datatype === "BYTES") continue;
    const data = allocate(datatype, 3) as Float32Array;
    const isLong = datatype === "INT64" || datatype === "UINT64";
    for (const [index, value] of [0, 1, 1].entries())
      (data as unknown as unknown[])[index] = isLong ? BigInt(value) : value;
    if (datatype.startsWith("FP")) data[2] = Number.NaN;
    const tensor: Tensor = { datatype, shape: [3], data };

    assert.deepEqual(decodeElements(datatype, 3, new Uint8Array(encodeElements(tensor)), "x"), data, datatype);
  }
});

test("bytes that are not exactly the elements are refused", () => {
  const refused = (datatype: Tensor["datatype"], elements: number, bytes: readonly number[]): string => {
    try {
      decodeElements(datatype, elements, Uint8Array.from(bytes), "x");
    } catch (error) {
      assert.ok(error instanceof MusterError && error.code === "invalid-request");
      return error.problems[0]?.message ?? "";
    }
    return "accepted";
  };

  assert.match(refused("FP32", 2, [0, 0, 0, 0]), /has 4 bytes where 2 elements of FP32 need 8/);
  assert.match(refused("BYTES", 1, [2, 0, 0]), /text 0 goes beyond/);
  assert.match(refused("BYTES", 1, [9, 0, 0, 0, 65]), /text 0 goes beyond/);
  assert.match(refused("BYTES", 1, [255, 255, 255, 255, 65]), /text 0 goes beyond/);
  assert.match(refused("BYTES", 1, [1, 0, 0, 0, 255]), /text 0 is not UTF-8/);
  assert.match(refused("BYTES", 0, [1]), /has 1 bytes after its last text/);
});

test("a header that lies about the body is refused", () => {
  const body = Buffer.from('{"a":1}rest');

  assert.deepEqual(splitBody(body, "7").json, { a: 1 });
  for (const header of ["12", "-1", "1e1", "", "7.0", "99999999999"]) {
    assert.throws(() => splitBody(body, header), { code: "invalid-request" }, header);
  }
  for (const header of ["0", "6", "8"]) {
    assert.throws(() => splitBody(body, header), { message: `the first ${header} bytes of the body are not JSON` });
  }
  const { raw } = splitBody(body, "7");
  assert.throws(() => raw.take(5, "x"), { code: "invalid-request" });
  assert.equal(Buffer.from(raw.take(3, "x")).toString(), "res");
  assert.throws(() => raw.finish(), { code: "invalid-request" });
});
