import assert from "node:assert/strict";
import { test } from "node:test";
import { readRange } from "./byte-range.ts";

test("a part from the front, from the middle to the end, and from the back", () => {
  assert.deepEqual(readRange("bytes=0-0", 10), { start: 0, end: 0 });
  assert.deepEqual(readRange("bytes=4-", 10), { start: 4, end: 9 });
  assert.deepEqual(readRange("bytes=-3", 10), { start: 7, end: 9 });
});

test("a part that goes beyond the end stops there", () => {
  assert.deepEqual(readRange("bytes=8-99", 10), { start: 8, end: 9 });
  assert.deepEqual(readRange("bytes=-99", 10), { start: 0, end: 9 });
});

test("a part that begins beyond the end, or has no length, is none", () => {
  for (const header of ["bytes=10-", "bytes=10-12", "bytes=-0"]) assert.equal(readRange(header, 10), "none", header);
  assert.equal(readRange("bytes=0-", 0), "none");
});

test("several parts, other units and nonsense give all of it", () => {
  for (const header of [
    "bytes=0-1,3-4",
    "rows=0-1",
    "bytes=",
    "bytes=-",
    "bytes=5-2",
    "bytes=a-b",
    "x",
    "bytes=1e3-",
  ]) {
    assert.equal(readRange(header, 10), "all", header);
  }
});
