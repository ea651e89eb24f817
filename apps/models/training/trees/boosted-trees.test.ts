import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../random.ts";
import { type BoostingOptions, runBoostedTrees, type Table, trainBoostedTrees } from "./boosted-trees.ts";

const OPTIONS: BoostingOptions = {
  trees: 30,
  depth: 2,
  learningRate: 0.3,
  bins: 16,
  minLeafRows: 10,
  ridge: 1,
  rowShare: 0.8,
};

/** Yes where exactly one of the first two numbers is above a half; the third number is noise. */
function exclusiveOr(rows: number, seed: number): Table {
  const random = seededRandom(seed);
  const columns = [0, 1, 2].map(() => Float32Array.from({ length: rows }, () => random()));
  const [one, other] = columns as [Float32Array, Float32Array];
  return { columns, labels: Uint8Array.from(one, (value, row) => (value > 0.5 !== (other[row] ?? 0) > 0.5 ? 1 : 0)) };
}

test("trees learn what no single feature tells", () => {
  const model = trainBoostedTrees(exclusiveOr(2_000, 1), OPTIONS, seededRandom(2));

  const { columns, labels } = exclusiveOr(500, 3);
  const right = labels.filter((label, row) => {
    const chance = runBoostedTrees(
      model,
      columns.map((column) => column[row] ?? 0),
    );
    return chance > 0.5 === (label === 1);
  });

  assert.ok(right.length >= 450, `${right.length} of 500`);
});

test("the same rows and seed give the same trees, another seed others", () => {
  const table = exclusiveOr(500, 1);

  const once = trainBoostedTrees(table, OPTIONS, seededRandom(2));
  const again = trainBoostedTrees(table, OPTIONS, seededRandom(2));
  const other = trainBoostedTrees(table, OPTIONS, seededRandom(4));

  assert.deepEqual(again, once);
  assert.notDeepEqual(other, once);
});

test("no tree is deeper and no leaf emptier than the options say", () => {
  const table = exclusiveOr(400, 1);

  const { trees } = trainBoostedTrees(table, { ...OPTIONS, minLeafRows: 60, rowShare: 1 }, seededRandom(2));

  for (const tree of trees) {
    const rowsIn = new Map<number, number>();
    for (let row = 0; row < 400; row += 1) {
      let node = 0;
      let asked = tree.feature[0] ?? -1;
      let steps = 0;
      for (; asked >= 0; asked = tree.feature[node] ?? -1) {
        const goesLeft = (table.columns[asked]?.[row] ?? 0) <= (tree.threshold[node] ?? 0);
        node = (goesLeft ? tree.left : tree.right)[node] ?? 0;
        steps += 1;
      }
      assert.ok(steps <= OPTIONS.depth);
      rowsIn.set(node, (rowsIn.get(node) ?? 0) + 1);
    }
    assert.ok(Math.min(...rowsIn.values()) >= 60);
  }
});
