import assert from "node:assert/strict";
import { test } from "node:test";
import { namesTag, strongTag } from "./entity-tag.ts";

test("equal content has one tag, other content another, and all are in quotes", () => {
  assert.equal(strongTag("a"), strongTag(Buffer.from("a")));
  assert.notEqual(strongTag("a"), strongTag("b"));
  assert.match(strongTag(""), /^"[\w-]{22}"$/);
});

test("a tag is found alone, in a list, weak or strong, and by the star", () => {
  for (const header of ['"a"', 'W/"a"', '"b", "a"', '"b",W/"a" ', "*", " * "])
    assert.ok(namesTag(header, '"a"'), header);
  assert.ok(namesTag('"a"', 'W/"a"'));
});

test("another tag, half of one and no header do not name it", () => {
  for (const header of [undefined, "", '"b"', "a", '"a', 'w/"a"', "**"])
    assert.equal(namesTag(header, '"a"'), false, String(header));
});
