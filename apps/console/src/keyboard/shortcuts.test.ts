import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type KeyContext, mayAct, stepRow } from "./shortcuts.ts";

function focusOn(tagName: string, attributes: Readonly<Record<string, string>> = {}): KeyContext {
  return { focused: { tagName, getAttribute: (name) => attributes[name] ?? null }, dialogOpen: false };
}

describe("a single key", () => {
  test("acts where nobody types", () => {
    assert.equal(mayAct({ focused: null, dialogOpen: false }), true);
    assert.equal(mayAct(focusOn("A")), true);
    assert.equal(mayAct(focusOn("INPUT", { type: "radio" })), true);
  });

  test("does not act while somebody types, or behind a dialog", () => {
    assert.equal(mayAct(focusOn("INPUT", { type: "search" })), false);
    assert.equal(mayAct(focusOn("INPUT")), false);
    assert.equal(mayAct(focusOn("TEXTAREA")), false);
    assert.equal(mayAct(focusOn("SELECT")), false);
    assert.equal(mayAct(focusOn("DIV", { contenteditable: "true" })), false);
    assert.equal(mayAct({ focused: null, dialogOpen: true }), false);
  });
});

describe("stepping through rows", () => {
  test("begins at the end that the step comes from, and stays at the ends", () => {
    assert.deepEqual(
      [stepRow(-1, 3, 1), stepRow(-1, 3, -1), stepRow(1, 3, 1), stepRow(2, 3, 1), stepRow(0, 3, -1), stepRow(-1, 0, 1)],
      [0, 2, 2, 2, 0, -1],
    );
  });
});
