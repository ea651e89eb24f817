import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EvidencePage } from "@muster/contract";
import { arrivalsSince, mayRefresh } from "./arrivals.ts";

/** A page whose newest record has a number. Only that number matters here. */
function pageFrom(seq: number): EvidencePage {
  return { records: [{ seq } as EvidencePage["records"][number]], total: seq };
}

describe("records that arrive while a page is shown", () => {
  test("are counted from the newest that the page has", () => {
    assert.equal(arrivalsSince(pageFrom(40), {}, { before: 38, end: 43 }, undefined), 3);
    assert.equal(arrivalsSince(pageFrom(40), {}, { before: 38, end: 40 }, undefined), 0);
    assert.equal(arrivalsSince(pageFrom(40), {}, undefined, undefined), 0);
  });

  test("are counted from the last look where a filter hides which of them fit", () => {
    assert.equal(arrivalsSince(pageFrom(12), { outcome: "fail" }, { before: 40, end: 43 }, undefined), 3);
    assert.equal(arrivalsSince(pageFrom(12), { outcome: "fail" }, { before: 40, end: 43 }, 41), 2);
    assert.equal(arrivalsSince(pageFrom(12), { outcome: "fail" }, { before: 40, end: 43 }, 43), 0);
  });

  test("do not concern a page further back", () => {
    assert.equal(arrivalsSince(pageFrom(40), { before: 41 }, { before: 40, end: 90 }, undefined), 0);
  });

  test("are put in place only where nobody points", () => {
    assert.equal(mayRefresh({}, false), true);
    assert.equal(mayRefresh({}, true), false);
    assert.equal(mayRefresh({ before: 12 }, false), false);
  });
});
