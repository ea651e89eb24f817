import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRandom } from "@muster/kernel";
import { mutatedResponse } from "../testing/mutated-responses.ts";
import { readWithOurs } from "../testing/parsed-response.ts";
import { AnswerMemory } from "./answer-memory.ts";
import { ResponseParser } from "./response-parser.ts";

/** Reads answers one after the other into one buffer, each in reads of at most so many bytes. */
function reader(keepBytes = 1_000_000) {
  const buffer = Buffer.allocUnsafeSlow(65_536);
  const memory = new AnswerMemory(buffer);
  const parser = new ResponseParser(memory);
  return {
    memory,
    read(text: string, method = "GET", atMost = Number.POSITIVE_INFINITY) {
      const bytes = Buffer.from(text, "latin1");
      parser.begin(method === "HEAD", true, keepBytes);
      for (let at = 0; at < bytes.length && !parser.done && !parser.failed;) {
        const length = Math.min(atMost, bytes.length - at);
        bytes.copy(buffer, 0, at, at + length);
        parser.read(buffer, 0, length);
        at += length;
      }
      parser.end();
      return parser;
    },
  };
}

const shown = ({ done, error, status, keepAlive, setsCookie, head, bodyBytes, body }: ResponseParser) =>
  done ? { status, keepAlive, setsCookie, head, bodyBytes, body } : { error };

test("whatever was read before, an answer reads as it does with an empty memory", () => {
  const pool = fc.record({
    seed: fc.integer(),
    kinds: fc.integer({ min: 1, max: 4 }),
    turns: fc.array(
      fc.record({
        which: fc.nat(3),
        method: fc.constantFrom("GET", "GET", "HEAD"),
        atMost: fc.constantFrom(7, 60, 9_999),
      }),
      { minLength: 2, maxLength: 30 },
    ),
  });
  fc.assert(
    fc.property(pool, ({ seed, kinds, turns }) => {
      const random = createRandom(seed);
      const texts = Array.from({ length: kinds }, () => mutatedResponse(random));
      const { read } = reader();
      for (const { which, method, atMost } of turns) {
        const text = texts[which % kinds] as string;
        const bytes = Buffer.from(text, "latin1");
        const parts = Array.from({ length: Math.ceil(bytes.length / atMost) }, (_, nth) =>
          bytes.subarray(nth * atMost, (nth + 1) * atMost),
        );
        const alone = readWithOurs(method, parts).parser;
        const remembered = read(text, method, atMost);
        assert.deepEqual(shown(remembered), shown(alone), JSON.stringify(text));
      }
    }),
    { numRuns: 3_000 },
  );
});

test("equal answers share one text; another body or another head has its own", () => {
  const { read, memory } = reader();
  const answer = (date: string, body: string): string =>
    `HTTP/1.1 200 OK\r\ndate: ${date}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  read(answer("now", "first"));
  assert.ok(memory.wholeBytes > memory.headBytes);
  assert.equal(read(answer("now", "first")).body, "first");
  assert.equal(read(answer("now", "other")).body, "other");
  assert.equal(read(answer("new", "third")).body, "third");
  assert.match(read(answer("new", "third")).head, /date: new/);
});

test("a body that is not to be kept is counted and not kept, remembered or not", () => {
  const { read } = reader(3);
  const text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

  for (let turn = 0; turn < 3; turn += 1) {
    const { body, bodyBytes } = read(text);
    assert.deepEqual({ body, bodyBytes }, { body: "", bodyBytes: 5 });
  }
});

test("an answer that is longer than the memory is read as ever", () => {
  const { read, memory } = reader();
  const text = `HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n${"x".repeat(9_000)}`;

  for (let turn = 0; turn < 2; turn += 1) assert.equal(read(text).bodyBytes, 9_000);
  assert.equal(memory.wholeBytes, 0);
});
