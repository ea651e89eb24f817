import assert from "node:assert/strict";
import { test } from "node:test";
import { createRemovals, KEPT_REMOVALS, type Removal, type RemovalRecord, type Removals } from "./removals.ts";

const churn = { name: "churn", version: "1", digest: "a".repeat(64) };
const KEY = `model:churn:1:${"0".repeat(32)}`;

function removal(generation: number, pattern = "model:churn:*"): Removal {
  return { generation, selection: { pattern } };
}

function record(...removals: Removal[]): RemovalRecord {
  return { platform: "p", generation: removals.at(-1)?.generation ?? 0, removals };
}

async function knowing(known: RemovalRecord): Promise<Removals> {
  const removals = createRemovals();
  await removals.catchUp(() => Promise.resolve(known));
  return removals;
}

test("an answer is removed by every later removal that is about it, and by no other", async () => {
  const removals = await knowing(record(removal(1), removal(2, "model:fraud:*")));

  assert.equal(removals.isRemoved(0, churn, KEY), true);
  assert.equal(removals.isRemoved(1, churn, KEY), false);
  assert.equal(removals.isRemoved(2, churn, KEY), false);
  assert.equal(removals.isRemoved(1, { ...churn, name: "fraud" }, "model:fraud:1:0"), true);
});

test("nothing can be said before the record was read", () => {
  assert.equal(createRemovals().known(), undefined);
});

test("an answer of a later time than is known here is not given: the removal before it was not heard of yet", async () => {
  const removals = await knowing(record(removal(1)));

  assert.equal(removals.isRemoved(2, churn, KEY), true);
  removals.add(removal(2));
  assert.equal(removals.isRemoved(2, churn, KEY), false);
});

test("a removal that was jumped over counts against everything before it until it is heard of", async () => {
  const removals = await knowing(record(removal(1)));
  removals.add(removal(3, "model:fraud:*"));
  assert.equal(removals.isRemoved(1, churn, KEY), true);

  removals.add(removal(2, "model:other:*"));

  assert.equal(removals.isRemoved(1, churn, KEY), false);
});

test("what is older than every removal that is kept is taken for removed", async () => {
  const late = await knowing(record(removal(7, "model:fraud:*")));
  assert.deepEqual([late.isRemoved(5, churn, KEY), late.isRemoved(6, churn, KEY)], [true, false]);

  for (let generation = 8; generation <= 8 + KEPT_REMOVALS; generation += 1) {
    late.add(removal(generation, "model:fraud:*"));
  }

  assert.equal(late.isRemoved(7, churn, KEY), true);
  assert.equal(late.isRemoved(8, churn, KEY), false);
});

test("who was away learns what was missed, once", async () => {
  const removals = await knowing(record(removal(1)));
  removals.add(removal(2));

  const missed = await removals.catchUp(() => Promise.resolve(record(removal(1), removal(2), removal(3))));

  assert.deepEqual(missed, [removal(3)]);
  assert.deepEqual(await removals.catchUp(() => Promise.resolve(record(removal(2), removal(3)))), []);
});

test("who missed more than is kept, or finds another or an older platform, must forget everything", async () => {
  const others: readonly RemovalRecord[] = [
    record(removal(5)),
    { ...record(removal(1), removal(2)), platform: "q" },
    record(),
  ];
  for (const other of others) {
    const removals = await knowing(record(removal(1), removal(2)));
    assert.equal(await removals.catchUp(() => Promise.resolve(other)), undefined);
    assert.deepEqual(removals.known(), { platform: other.platform, generation: other.generation });
  }
});

test("a removal that is heard of while the record is read is not lost", async () => {
  const removals = await knowing(record(removal(1)));

  const missed = await removals.catchUp(() => {
    removals.add(removal(2));
    return Promise.resolve(record(removal(1)));
  });

  assert.deepEqual(missed, []);
  assert.equal(removals.isRemoved(1, churn, KEY), true);
  assert.equal(removals.known()?.generation, 2);
});
