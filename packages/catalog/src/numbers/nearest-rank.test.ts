import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nearestRank } from "./nearest-rank.ts";

test("no values have no rank", () => {
  assert.equal(nearestRank([], 0.95), undefined);
});

test("the rank is a value that at least the share does not exceed, and the smallest such", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 100 }),
      (values, hundredths) => {
        const share = hundredths / 100;
        const rank = nearestRank(values, share);

        assert.ok(rank !== undefined && values.includes(rank));
        const needed = Math.ceil(share * values.length);
        assert.ok(values.filter((value) => value <= rank).length >= needed);
        assert.ok(values.filter((value) => value < rank).length < needed);
      },
    ),
  );
});
