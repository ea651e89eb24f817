import assert from "node:assert/strict";
import { test } from "node:test";
import { createHistogram, type Histogram, recordValues } from "@muster/kernel";
import { type GeneratorRecord, invalidReason, lateArrivals, lateSend } from "./validity.ts";

function lagOf(onTime: number, late: number): Histogram {
  const lag = createHistogram();
  recordValues(lag, 1, onTime);
  recordValues(lag, 40, late);
  return lag;
}

const good: GeneratorRecord = {
  scheduled: 10_000,
  missed: 0,
  shortfall: undefined,
  lag: lagOf(10_000, 0),
  loopUtilisation: 0.5,
  refusedLocally: 0,
};

test("a generator that did what was asked is believed", () => {
  assert.equal(invalidReason(good), undefined);
  assert.equal(invalidReason({ ...good, missed: 10, lag: lagOf(9_900, 100), loopUtilisation: 0.97 }), undefined);
});

test("a generator that did not is not believed, and says why and what to do", () => {
  const cases: [Partial<GeneratorRecord>, RegExp][] = [
    [{ missed: 11 }, /11 of 10000 were never sent.*allow more/],
    [{ shortfall: "too late" }, /the asked rate was not offered: too late/],
    [{ loopUtilisation: 0.98 }, /event loop was busy 98 %.*ask for less/],
    [{ lag: lagOf(9_800, 102) }, /late by more than 25 ms for 102 of 9902/],
    [{ refusedLocally: 1 }, /could not open 1 connections.*ulimit -n/],
  ];

  for (const [change, reason] of cases) assert.match(invalidReason({ ...good, ...change }) ?? "", reason);
});

test("one hiccup does not cost a short run", () => {
  assert.equal(invalidReason({ ...good, lag: lagOf(50, 10) }), undefined);
  assert.notEqual(invalidReason({ ...good, lag: lagOf(50, 11) }), undefined);
});

test("a schedule that ends late falls short, but not by what a timer may be late", () => {
  assert.equal(lateSend(1_000, 1_050), undefined);
  assert.match(lateSend(1_000, 1_060) ?? "", /60 ms late/);
  assert.equal(lateSend(60_000, 60_500), undefined);
  assert.equal(lateArrivals(10, 1_000), undefined);
  assert.match(lateArrivals(11, 1_000) ?? "", /11 of 1000/);
});
