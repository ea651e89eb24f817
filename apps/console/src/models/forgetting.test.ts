import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { forgetCommand, forgetQuery, keysOf } from "./forgetting.ts";

describe("choosing remembered answers", () => {
  test("counts the keys that a tag covers", () => {
    assert.equal(keysOf({ by: "tag", text: "model:churn" }), "model:churn:*");
    assert.equal(keysOf({ by: "tag", text: " version:churn@2 " }), "model:churn:2:*");
    assert.equal(keysOf({ by: "tag", text: "churn" }), "model::none");
    assert.equal(keysOf({ by: "pattern", text: "model:c*" }), "model:c*");
  });

  test("never means all when nothing is chosen", () => {
    assert.equal(forgetQuery({ by: "pattern", text: "  " }), undefined);
    assert.equal(forgetQuery({ by: "pattern", text: "model:a b:*" }), "?pattern=model%3Aa+b%3A*");
    assert.match(forgetCommand({ by: "key", text: "k" }), /-X DELETE .*keys\?key=k"/);
  });
});
