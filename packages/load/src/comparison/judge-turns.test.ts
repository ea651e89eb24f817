import assert from "node:assert/strict";
import { test } from "node:test";
import type { Turn } from "@muster/contract";
import { createRandom, type Random } from "@muster/kernel";
import { sampleReport } from "../testing/sample-report.ts";
import { compareReports } from "./compare-reports.ts";
import { judgeTurns, turnsNeeded } from "./judge-turns.ts";

/** Turns as a service of 10 ms gives them, with a spread of some per cent. */
function turnsOf(random: Random, count: number, factor = 1, errors = 0.001): Turn[] {
  const spread = (): number => Math.exp((random() + random() + random() - 1.5) * 0.1);
  return Array.from({ length: count }, () => {
    const failed = Array.from({ length: 200 }, random).filter((draw) => draw < errors).length;
    return { requests: 200, failed, p50: 10 * factor * spread(), p95: 30 * factor * spread() };
  });
}

test("two sides that are the same are seldom told apart", () => {
  const random = createRandom(11);
  let wolves = 0;
  for (let run = 0; run < 400; run += 1) {
    if (judgeTurns(turnsOf(random, 15), turnsOf(random, 15), random).verdict !== "same") wolves += 1;
  }

  // At most 20 are due, as for 3 of 50; four standard deviations more are 37.
  assert.ok(wolves <= 37, `${wolves} of 400`);
});

test("a change by 10 % is found with as many turns as are asked for", () => {
  const random = createRandom(12);
  let found = 0;
  for (let run = 0; run < 200; run += 1) {
    const pilot = [turnsOf(random, 12), turnsOf(random, 12, 1.1)] as const;
    const needed = Math.max(12, turnsNeeded(...pilot, 0.1) ?? 0);
    const verdict = judgeTurns(
      [...pilot[0], ...turnsOf(random, needed - 12)],
      [...pilot[1], ...turnsOf(random, needed - 12, 1.1)],
      random,
    );
    if (verdict.verdict === "worse") found += 1;
  }

  assert.ok(found >= 180, `${found} of 200`);
});

test("the verdict says which way and by how much", () => {
  const random = createRandom(13);

  const slower = judgeTurns(turnsOf(random, 30), turnsOf(random, 30, 1.2), random);
  const faster = judgeTurns(turnsOf(random, 30, 1.2), turnsOf(random, 30), random);
  const failing = judgeTurns(turnsOf(random, 30), turnsOf(random, 30, 1, 0.05), random);

  assert.match(slower.sentence, /^B IS WORSE: p50 \+\d+ % \(\d+ % to \d+ %\), p95/);
  assert.match(faster.sentence, /^B IS BETTER: p50 -1\d %/);
  assert.match(failing.sentence, /^B IS WORSE: errors 0\.\d+ % against \d/);
  const { effect = 0, interval = { low: 1, high: 0 } } = slower.differences[0] ?? {};
  assert.ok(interval.low < effect && effect < interval.high);
});

test("no difference is said with the size that would have shown", () => {
  const random = createRandom(14);

  const { sentence, detectable = 1 } = judgeTurns(turnsOf(random, 30), turnsOf(random, 30), random);

  assert.match(
    sentence,
    /^NO DIFFERENCE SEEN at this size; a change of the median by [\d.]+ % or more would have shown$/,
  );
  assert.ok(detectable > 0.01 && detectable < 0.1, `${detectable}`);
});

test("sides without answers are compared by their errors alone", () => {
  const random = createRandom(15);
  const dead: Turn[] = Array.from({ length: 5 }, () => ({ requests: 10, failed: 10, p50: undefined, p95: undefined }));

  const verdict = judgeTurns(turnsOf(random, 5), dead, random);

  assert.equal(verdict.verdict, "worse");
  assert.equal(verdict.detectable, undefined);
  assert.equal(turnsNeeded(dead, dead, 0.1), undefined);
});

test("a run compared with itself shows no difference", () => {
  assert.equal(compareReports(sampleReport(), sampleReport()).verdict, "same");
});
