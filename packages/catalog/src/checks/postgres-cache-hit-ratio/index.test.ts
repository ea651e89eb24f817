import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeFacts } from "../../testing/judge.ts";
import { database, noDatabase } from "../../testing/postgres-facts.ts";
import { postgresCacheHitRatio } from "./index.ts";

for (const [blocksHit, outcome] of [
  [95_000, "pass"],
  [94_999, "warn"],
  [90_000, "warn"],
  [89_999, "fail"],
] as const) {
  test(`${blocksHit} of 100,000 blocks from memory is a ${outcome}`, () => {
    const facts = database({ blocksHit, blocksRead: 100_000 - blocksHit });

    assert.equal(judgeFacts(postgresCacheHitRatio, facts).outcome, outcome);
  });
}

test("the summary shows ratio and bounds", () => {
  assert.equal(
    judgeFacts(postgresCacheHitRatio, database()).summary,
    "99 % of 100,000 blocks came from memory, warns below 95 %, fails below 90 %",
  );
});

test("too few blocks are unknown, however bad the ratio", () => {
  assert.equal(judgeFacts(postgresCacheHitRatio, database({ blocksHit: 0, blocksRead: 9_999 })).outcome, "unknown");
  assert.equal(judgeFacts(postgresCacheHitRatio, database({ blocksHit: 0, blocksRead: 10_000 })).outcome, "fail");
});

test("without statistics it is unknown", () => {
  assert.equal(judgeFacts(postgresCacheHitRatio, noDatabase()).outcome, "unknown");
});
