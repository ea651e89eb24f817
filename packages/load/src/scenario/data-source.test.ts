import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, MusterError } from "@muster/kernel";
import fc from "fast-check";
import { csvFile, generated, jsonLinesFile, parseCsv, rows, type DataSource } from "./data-source.ts";

const draw = <T>(source: DataSource<T>, times: number, index = 0, count = 1): (T | undefined)[] => {
  const next = source.open({ index, count }, createRandom(1));
  return Array.from({ length: times }, next);
};

test("rows come in turn and begin again, by chance, or once", () => {
  const list = ["a", "b", "c"];

  assert.deepEqual(draw(rows(list), 5), ["a", "b", "c", "a", "b"]);
  assert.deepEqual(draw(rows(list, "unique"), 4), ["a", "b", "c", undefined]);
  assert.ok(draw(rows(list, "random"), 50).every((row) => row !== undefined && list.includes(row)));
  assert.deepEqual(draw(rows([]), 1), [undefined]);
});

test("threads share unique rows and numbers without giving any twice", () => {
  const source = rows([0, 1, 2, 3, 4], "unique");

  assert.deepEqual(draw(source, 3, 0, 2), [0, 2, 4]);
  assert.deepEqual(draw(source, 3, 1, 2), [1, 3, undefined]);
  assert.deepEqual(
    draw(
      generated((nth) => nth),
      2,
      1,
      2,
    ),
    [1, 3],
  );
});

test("CSV is read with quotes, line breaks in values, and either line end", () => {
  const text = '\uFEFFname,note\r\nAda,"says ""hi"",\nthen goes"\r\n\r\nBob,\n';

  assert.deepEqual(parseCsv(text, "people.csv"), [
    { name: "Ada", note: 'says "hi",\nthen goes' },
    { name: "Bob", note: "" },
  ]);
});

test("whatever is written as CSV is read back", () => {
  const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1 }), (records) => {
      const text = ["a,b", ...records.map((record) => record.map(quote).join(","))].join("\r\n");

      const read = parseCsv(text, "x");

      assert.deepEqual(
        read.map((row) => [row["a"], row["b"]]),
        records,
      );
    }),
  );
});

test("what is no CSV or no JSON Lines is refused with its place", () => {
  assert.throws(() => parseCsv("a,b\n1\n", "x.csv"), /x\.csv: row 2 has 1 columns/);
  assert.throws(() => parseCsv('a\n"open', "x.csv"), /does not end/);
  assert.throws(() => parseCsv('a\n"b"c\n', "x.csv"), /goes on/);
  assert.throws(() => draw(csvFile("/nowhere.csv"), 1), MusterError);
  assert.throws(() => draw(jsonLinesFile(new URL(import.meta.url)), 1), /line 1 is not JSON/);
});
