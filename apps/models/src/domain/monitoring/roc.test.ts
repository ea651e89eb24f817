import assert from "node:assert/strict";
import { test } from "node:test";
import { areaUnderRoc } from "./roc.ts";

test("the area is the share of pairs in the right order, ties counting half", () => {
  const perfect = areaUnderRoc([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]);
  const reversed = areaUnderRoc([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1]);
  const mixed = areaUnderRoc([0.3, 0.1, 0.2, 0.4], [1, 0, 1, 0]);
  const tied = areaUnderRoc([0.5, 0.5, 0.7, 0.5], [0, 1, 1, 0]);

  assert.deepEqual([perfect, reversed, mixed, tied], [1, 0, 0.5, 0.75]);
  assert.ok(Number.isNaN(areaUnderRoc([0.5], [1])));
});
