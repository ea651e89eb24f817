import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { styleText } from "node:util";
import fc from "fast-check";
import { width } from "./io.ts";
import { clip, counted, paragraph, table } from "./text.ts";

describe("a paragraph", () => {
  it("breaks between words and keeps its indents", () => {
    const text = paragraph("one two three four", 12, "fix: ", "     ");

    assert.equal(text, "fix: one two\n     three\n     four");
  });

  it("never loses or changes a word, and never exceeds its width unless a word does", () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);

    fc.assert(
      fc.property(fc.array(word), fc.integer({ min: 16, max: 60 }), (words, columns) => {
        const text = paragraph(words.join(" "), columns, "> ", "  ");

        assert.deepEqual(text.slice(2).split(/\s+/).filter(Boolean), words);
        for (const line of text.split("\n")) assert.ok(width(line) <= columns, line);
      }),
    );
  });
});

describe("a table", () => {
  it("aligns columns by what is seen, not by colour codes", () => {
    const red = styleText("red", "no", { validateStream: false });

    const lines = table([
      ["a", red, "x"],
      ["bbb", "yes", "y"],
    ]).split("\n");

    assert.equal(lines[1], "bbb  yes  y");
    assert.equal(lines[0], `a    ${red}   x`);
  });
});

describe("small words", () => {
  it("count one and many", () => {
    assert.deepEqual(
      [counted(1, "check"), counted(0, "check"), counted(2, "entry", "entries")],
      ["1 check", "0 checks", "2 entries"],
    );
  });

  it("clip with an ellipsis, by letters and not by code units", () => {
    assert.deepEqual([clip("abc", 3), clip("abcd", 3), clip("ä😀xyz", 3)], ["abc", "ab…", "ä😀…"]);
  });
});
