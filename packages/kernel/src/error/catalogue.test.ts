import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ERRORS, type ErrorCode, MusterError } from "./catalogue.ts";

describe("the catalogue of errors", () => {
  for (const [code, entry] of Object.entries(ERRORS)) {
    test(`${code} says what happened, why, and what to do`, () => {
      assert.match(code, /^[a-z]+(-[a-z]+)*$/);
      assert.match(entry.title, /^[A-Z].*[^.]$/);
      assert.match(entry.cause, /^.{10,}\.$/);
      assert.match(entry.fix, /^[A-Z].*\.$/);
      assert.ok(entry.status >= 400 && entry.status <= 599);
    });
  }

  test("has one title for one error", () => {
    const titles = Object.values(ERRORS).map(({ title }) => title);

    assert.equal(new Set(titles).size, titles.length);
  });

  test("goes with an error: its code finds the entry, its problems and cause come along", () => {
    const cause = new Error("below");
    const error = new MusterError("config-invalid", "two problems", {
      problems: [{ path: "a.b", message: "is missing" }],
      cause,
    });

    assert.equal(error.entry, ERRORS["config-invalid" satisfies ErrorCode]);
    assert.deepEqual(error.problems, [{ path: "a.b", message: "is missing" }]);
    assert.equal(error.cause, cause);
    assert.equal(`${error}`, "MusterError: two problems");
  });

  test("an error without problems has none, not undefined", () => {
    const error = new MusterError("internal", "no idea");

    assert.deepEqual(error.problems, []);
    assert.equal("cause" in error, false);
  });
});
