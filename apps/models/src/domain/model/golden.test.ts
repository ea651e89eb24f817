import assert from "node:assert/strict";
import { test } from "node:test";
import { computesQuickly, type Inspection } from "./golden.ts";

const SEEN = { tolerance: 1, cases: [{ inputs: [], outputs: [] }] };
const UNSEEN = { tolerance: 1, cases: [] };

function inspection(golden: Inspection["golden"], runMs?: number): Inspection {
  return { signature: { inputs: [], outputs: [] }, batchable: true, golden, ...(runMs === undefined ? {} : { runMs }) };
}

test("a model is quick when it was seen to be, up to the bound", () => {
  assert.equal(computesQuickly(inspection(SEEN, 2), 2), true);
  assert.equal(computesQuickly(inspection(SEEN, 2.1), 2), false);
});

test("a model that was tried out before it was measured is taken for quick", () => {
  assert.equal(computesQuickly(inspection(SEEN), 2), true);
});

test("a model that could not be seen to compute is not taken for quick", () => {
  assert.equal(computesQuickly(inspection(UNSEEN, 0), 2), false);
  assert.equal(computesQuickly(inspection(UNSEEN), 2), false);
});
