import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readModelSearch, readModelsSearch } from "./search.ts";

describe("the address of Models", () => {
  test("names the part, and what belongs to that part", () => {
    assert.deepEqual(readModelsSearch({ view: "data", dataset: "readings", sql: "select 1" }), {
      view: "data",
      dataset: "readings",
    });
    assert.deepEqual(readModelsSearch({ view: "sql", sql: "select 1", environment: "staging" }), {
      environment: "staging",
      view: "sql",
      sql: "select 1",
    });
  });

  test("is whole without what does not hold", () => {
    assert.deepEqual(readModelsSearch({ view: "secrets", dataset: "x", environment: "../x" }), {});
    assert.deepEqual(readModelSearch({ tab: "overview", version: "1/../2" }), {});
    assert.deepEqual(readModelSearch({ tab: "try", version: "2" }), { tab: "try", version: "2" });
  });
});
