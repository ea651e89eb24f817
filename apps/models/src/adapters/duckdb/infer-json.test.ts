import assert from "node:assert/strict";
import { test } from "node:test";
import { inferColumns } from "./infer-json.ts";

test("columns come in the order of their first appearance, with the narrowest type that holds all values", () => {
  const columns = inferColumns([
    { id: 1, share: 1, day: "2026-01-31", at: "2026-01-31", note: null, mixed: 1, tags: ["a"] },
    { id: 2, share: 0.5, day: "2026-02-01", at: "2026-01-31T12:00:00", mixed: "x", tags: null, late: true },
    { id: 1e16, zoned: "2026-01-31T12:00:00Z" },
  ]);

  assert.deepEqual(
    columns.map(({ name, type }) => `${name} ${type}`),
    [
      "id DOUBLE",
      "share DOUBLE",
      "day DATE",
      "at TIMESTAMP",
      "note VARCHAR",
      "mixed VARCHAR",
      "tags JSON",
      "late BOOLEAN",
      "zoned TIMESTAMP WITH TIME ZONE",
    ],
  );
});
