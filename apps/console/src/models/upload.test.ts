import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { contentTypeOf, datasetNameOf, nameProblem } from "./upload.ts";

describe("a file for a data set", () => {
  test("is known by how its name ends", () => {
    assert.deepEqual(["A.CSV", "b.jsonl", "c.parquet", "d.xlsx", "e"].map(contentTypeOf), [
      "text/csv",
      "application/x-ndjson",
      "application/vnd.apache.parquet",
      undefined,
      undefined,
    ]);
  });

  test("proposes a name that holds", () => {
    const names = ["Sensor Data (2).csv", "2026-11 flights.parquet", "readings.csv"].map(datasetNameOf);

    assert.deepEqual(names, ["sensor_data_2", "flights", "readings"]);
    assert.deepEqual(names.map(nameProblem), [undefined, undefined, undefined]);
  });

  test("refuses names that the platform would refuse", () => {
    for (const name of ["", "Readings", "1x", "a-b", "pg_users", "x".repeat(64)]) assert.ok(nameProblem(name), name);
  });
});
