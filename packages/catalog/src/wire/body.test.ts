import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf } from "./body.ts";
import type { Answer } from "./exchange.ts";

function answer(body: string | Buffer, headers: Answer["headers"] = [], cut = false): Answer {
  return { status: 200, httpVersion: "1.1", headers, body: Buffer.from(body), cut };
}

test("text and whether it is JSON are kept", () => {
  const body = bodyOf(answer('{"a":1}', [["content-type", "application/problem+json"]]));

  assert.deepEqual(body, {
    bytes: 7,
    cut: false,
    contentType: "application/problem+json",
    binary: false,
    text: '{"a":1}',
    whole: true,
    json: true,
  });
  assert.equal(bodyOf(answer("hello")).json, false);
});

test("of a long text the first 64 KiB are kept, without half a character at the end", () => {
  const body = bodyOf(answer(`${"x".repeat(65_535)}é and more`));

  assert.equal(body.text?.length, 65_535);
  assert.equal(body.whole, false);
  assert.equal(body.json, undefined);
});

test("a text that was cut while reading is not whole", () => {
  const body = bodyOf(answer("{}", [], true));

  assert.equal(body.whole, false);
  assert.equal(body.json, undefined);
});

for (const [what, bytes, headers] of [
  ["an image", "GIF89a", [["content-type", "image/gif"]]],
  ["text with a NUL", "a\0b", []],
  ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe]), []],
  ["a compressed body", "text", [["content-encoding", "gzip"]]],
] as const) {
  test(`${what} is binary and is not kept`, () => {
    const body = bodyOf(answer(bytes, headers));

    assert.equal(body.binary, true);
    assert.equal(body.text, undefined);
  });
}
