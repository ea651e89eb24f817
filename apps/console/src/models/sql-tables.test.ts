import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tablesIn } from "./sql-tables.ts";

const DATASETS = ["readings", "outdoors", "read"];

describe("the data sets of a question", () => {
  test("are those that it names as words", () => {
    assert.deepEqual(tablesIn('select * from Readings join "outdoors" using (mote)', DATASETS), [
      "readings",
      "outdoors",
    ]);
  });

  test("are not those of a comment or a text", () => {
    const sql = "select 'outdoors' as x -- readings\n from read /* readings */";

    assert.deepEqual(tablesIn(sql, DATASETS), ["read"]);
  });
});
