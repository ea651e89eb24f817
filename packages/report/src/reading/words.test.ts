import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { counted, lengthText, listed, relativeText, tookText, utcText } from "./words.ts";

const NOW = Date.parse("2026-11-21T21:00:00.000Z");

describe("ages", () => {
  const cases: readonly (readonly [at: string, text: string])[] = [
    ["2026-11-21T20:59:59.500Z", "now"],
    ["2026-11-21T20:59:26.000Z", "34 s ago"],
    ["2026-11-21T20:58:21.000Z", "99 s ago"],
    ["2026-11-21T20:58:20.000Z", "1 min ago"],
    ["2026-11-21T18:00:00.000Z", "3 h ago"],
    ["2026-11-16T21:00:00.000Z", "5 days ago"],
    ["2026-11-22T20:00:00.000Z", "in 23 h"],
    ["not an instant", "not an instant"],
  ];
  for (const [at, text] of cases) {
    test(`${at} reads as ${text}`, () => assert.equal(relativeText(at, NOW), text));
  }

  test("a length never reads longer than it is", () => {
    assert.equal(lengthText(7_199_999), "119 min");
    assert.equal(lengthText(172_799_999), "47 h");
  });
});

describe("words", () => {
  test("work is timed in the unit that fits", () => {
    assert.deepEqual([412, 4_210, 72_400].map(tookText), ["412 ms", "4.2 s", "1 min 12 s"]);
  });

  test("instants are written in UTC and say so", () => {
    assert.equal(utcText("2026-11-21T21:04:33.120Z"), "2026-11-21 21:04:33 UTC");
  });

  test("counts agree with their noun", () => {
    assert.deepEqual(
      [counted(1, "record"), counted(1_284, "record"), counted(2, "entry", "entries")],
      ["1 record", "1,284 records", "2 entries"],
    );
  });

  test("lists read as a sentence would", () => {
    assert.deepEqual(
      [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])],
      ["", "a", "a and b", "a, b and c"],
    );
  });
});
