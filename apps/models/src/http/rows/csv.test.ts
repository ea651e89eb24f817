import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readCsv } from "./csv.ts";

test("cells become what they look like, unless they are quoted", () => {
  const frame = readCsv('a,b,"c d"\r\n1,-2.5e3,x\n"1",,true\n');

  assert.deepEqual(frame.columns, ["a", "b", "c d"]);
  assert.deepEqual(frame.rows, [
    [1, -2_500, "x"],
    ["1", null, true],
  ]);
});

test("quotes carry commas, line breaks and quotes", () => {
  assert.deepEqual(readCsv('a,b\n"x, ""y""\nz",2').rows, [['x, "y"\nz', 2]]);
});

test("a mark of the byte order and a comma at the end are understood", () => {
  assert.deepEqual(readCsv("\uFEFFa,b\n1,"), { columns: ["a", "b"], rows: [[1, null]] });
});

test("what is no CSV is refused with its line", () => {
  assert.throws(() => readCsv(""), { code: "invalid-request" });
  assert.throws(
    () => readCsv('a\n"b'),
    (error: { problems: { message: string }[] }) => /not closed in line 2/.test(error.problems[0]?.message ?? ""),
  );
  assert.throws(
    () => readCsv('a\n"b"c'),
    (error: { problems: { message: string }[] }) =>
      /after a closing quote in line 2/.test(error.problems[0]?.message ?? ""),
  );
});

test("any table of texts that is written as RFC 4180 says is read back", () => {
  const tables = fc
    .integer({ min: 1, max: 4 })
    .chain((width) =>
      fc.array(fc.array(fc.string(), { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
    );
  fc.assert(
    fc.property(tables, ([columns = [], ...rows]) => {
      const quoted = [columns, ...rows]
        .map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","))
        .join("\r\n");

      assert.deepEqual(readCsv(quoted), { columns, rows });
    }),
  );
});
