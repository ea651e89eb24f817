import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRandom } from "@muster/kernel";
import { mutatedResponse } from "../testing/mutated-responses.ts";
import { readWithOurs } from "../testing/parsed-response.ts";

const read = (text: string, method = "GET") => readWithOurs(method, [Buffer.from(text, "latin1")]);

test("however a response is split, it reads the same", () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.nat(200), { maxLength: 12 }), (seed, cuts) => {
      const bytes = Buffer.from(mutatedResponse(createRandom(seed)), "latin1");
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const parts = places.slice(1).map((end, index) => bytes.subarray(places[index], end));

      const whole = readWithOurs("GET", [bytes]);
      const split = readWithOurs("GET", parts);

      assert.equal(split.parser.done, whole.parser.done);
      if (!whole.parser.done) return;
      assert.equal(split.parser.status, whole.parser.status);
      assert.equal(split.parser.head, whole.parser.head);
      assert.equal(split.parser.keepAlive, whole.parser.keepAlive);
      assert.equal(split.body, whole.body);
    }),
    { numRuns: 2_000 },
  );
});

test("the head is kept as it came, without interim responses", () => {
  const { parser, body } = read(
    "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\ncontent-length: 2\r\n\r\nhi",
  );

  assert.equal(parser.head, "HTTP/1.1 200 OK\r\nX-A: b\r\ncontent-length: 2\r\n\r\n");
  assert.equal(body, "hi");
});

test("whether the connection can be used again is read from version, fields and framing", () => {
  const reusable = (text: string): boolean => read(text).parser.keepAlive;

  assert.equal(reusable("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), true);
  assert.equal(reusable("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: foo, Close\r\n\r\n"), false);
  assert.equal(reusable("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n"), false);
  assert.equal(reusable("HTTP/1.0 200 OK\r\ncontent-length: 0\r\nConnection: Keep-Alive\r\n\r\n"), true);
  assert.equal(reusable("HTTP/1.1 200 OK\r\n\r\nto the end"), false);
});

test("a response that is cut off is refused, and says whether anything had come", () => {
  const cut = read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi");
  const nothing = read("");

  assert.equal(cut.parser.error, "the connection was closed in the middle of the response");
  assert.equal(nothing.parser.error, "no response came");
});

test("a head, trailers or interim responses without end are refused, also when they drip", () => {
  const drip = (text: string): Buffer[] => text.match(/[^]{1,100}/g)?.map((part) => Buffer.from(part)) ?? [];
  const long = `x: ${"y".repeat(90)}\r\n`.repeat(900);

  for (const text of [
    `HTTP/1.1 200 OK\r\n${long}`,
    `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`,
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${long}`,
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;${"y".repeat(70_000)}`,
    "HTTP/1.1 103 Hints\r\nx: y\r\n\r\n".repeat(3_000),
  ]) {
    const { parser } = readWithOurs("GET", drip(text));

    assert.equal(parser.error, "the head of the response is too large");
  }
});

test("a protocol that was switched unasked is refused", () => {
  assert.match(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\n\r\n").parser.error, /switched/);
});
