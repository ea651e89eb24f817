import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MusterError } from "@muster/kernel";
import type { LogEntry } from "./prediction-log.ts";
import type { RecordedColumn } from "./recorded-columns.ts";
import type { TruthSettings } from "./settings.ts";
import { actualValue, defaultTruth, matchTruths } from "./truth.ts";

const SPECIES: RecordedColumn = {
  side: "prediction",
  name: "species",
  tensor: "species",
  offset: 0,
  width: 1,
  kind: "text",
  labels: ["Adelie", "Gentoo"],
};
const SCORE: RecordedColumn = { ...SPECIES, name: "late_probability", tensor: "late_probability", kind: "number" };
const CLASS: TruthSettings = { output: "species", kind: "class" };

function entry(id: string, species: readonly (string | null)[]): LogEntry {
  const cells = { "prediction:species": species };
  return { id, model: "penguins", version: "2", at: 5_000, rows: species.length, caller: "c", cells };
}

describe("what a truth is", () => {
  for (const [value, kind, expected] of [
    ["Gentoo", "class", "Gentoo"],
    [1, "class", "Gentoo"],
    ["Walrus", "class", undefined],
    [2, "class", undefined],
    ["", "class", undefined],
    [true, "probability", 1],
    [0, "probability", 0],
    [0.4, "probability", undefined],
    [-3.5, "number", -3.5],
    [Number.NaN, "number", undefined],
    ["3", "number", undefined],
    [null, "class", undefined],
  ] as const) {
    test(`${JSON.stringify(value)} as a ${kind} is ${JSON.stringify(expected) ?? "none"}`, () => {
      assert.equal(actualValue(value, kind, SPECIES.labels), expected);
    });
  }

  test("without a word it is about the only class, or else the only number", () => {
    const { labels: _labels, ...probability } = SCORE;

    assert.deepEqual(defaultTruth([probability, SPECIES]), CLASS);
    assert.deepEqual(defaultTruth([probability]), { output: "late_probability", kind: "probability" });
    assert.deepEqual(defaultTruth([{ ...probability, name: "price" }]), { output: "price", kind: "number" });
    assert.equal(defaultTruth([probability, { ...probability, name: "price" }]), undefined);
    assert.equal(defaultTruth([{ ...SPECIES, side: "input" }]), undefined);
  });
});

describe("telling truths", () => {
  test("finds the row that each is about", () => {
    const entries = [entry("a", ["Adelie"]), entry("b", ["Adelie", "Gentoo"])];
    const told = [
      { id: "A", row: undefined, value: "Gentoo" },
      { id: "b", row: 1, value: 1 },
    ];

    const { drafts, refused } = matchTruths(told, entries, CLASS, SPECIES);

    assert.deepEqual(
      drafts.map(({ id, row, predicted, actual }) => [id, row, predicted, actual]),
      [
        ["a", 0, "Adelie", "Gentoo"],
        ["b", 1, "Gentoo", "Gentoo"],
      ],
    );
    assert.deepEqual(refused, []);
  });

  test("says of each that was not taken why", () => {
    const entries = [entry("b", ["Adelie", null])];
    const told = [
      { id: "x", row: undefined, value: "Adelie" },
      { id: "b", row: undefined, value: "Adelie" },
      { id: "b", row: 2, value: "Adelie" },
      { id: "b", row: 1, value: "Adelie" },
    ];

    const { drafts, refused } = matchTruths(told, entries, CLASS, SPECIES);

    assert.deepEqual(drafts, []);
    assert.deepEqual(
      refused.map(({ why }) => why),
      ["unknown", "row", "row", "no-prediction"],
    );
    assert.match(refused[1]?.message ?? "", /has 2 rows; say which/);
  });

  test("is refused as a whole when a value is none, naming each", () => {
    const told = [
      { id: "a", row: undefined, value: "Gentoo" },
      { id: "a", row: undefined, value: "Walrus" },
    ];

    assert.throws(
      () => matchTruths(told, [entry("a", ["Adelie"])], CLASS, SPECIES),
      (error: unknown) =>
        error instanceof MusterError &&
        error.problems[0]?.path === "truths.1.value" &&
        /one of Adelie, Gentoo/.test(error.problems[0].message),
    );
  });
});
