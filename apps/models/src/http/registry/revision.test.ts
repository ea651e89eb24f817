import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import { expectedRevision } from "./revision.ts";

test("the revision is the one tag of If-Match, or none yet by If-None-Match: *", () => {
  assert.equal(expectedRevision({ headers: { "if-match": '"7"' } }), 7);
  assert.equal(expectedRevision({ headers: { "if-match": ' "7" ', "if-none-match": "*" } }), 7);
  assert.equal(expectedRevision({ headers: { "if-none-match": "*" } }), 0);
});

test("a tag that no revision has cannot match", () => {
  for (const tag of ['W/"7"', '"7", "8"', '"seven"', "7", "", '"99999999999"']) {
    assert.throws(
      () => expectedRevision({ headers: { "if-match": tag } }),
      (error: unknown) => error instanceof MusterError && error.code === "changed-meanwhile",
      tag,
    );
  }
});

test("without a revision nothing is changed, and a star is none", () => {
  for (const headers of [
    {},
    { "if-match": "*" },
    { "if-match": "*", "if-none-match": "*" },
    { "if-none-match": '"1"' },
  ]) {
    assert.throws(
      () => expectedRevision({ headers }),
      (error: unknown) => error instanceof MusterError && error.code === "precondition-missing",
    );
  }
});
