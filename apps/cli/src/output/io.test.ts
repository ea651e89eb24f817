import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { paintFor, width } from "./io.ts";

describe("colour", () => {
  const cases: readonly (readonly [name: string, terminal: boolean, env: Record<string, string>, coloured: boolean])[] =
    [
      ["a terminal", true, {}, true],
      ["no terminal", false, {}, false],
      ["a terminal and NO_COLOR", true, { NO_COLOR: "1" }, false],
      ["a terminal and an empty NO_COLOR", true, { NO_COLOR: "" }, true],
      ["a dumb terminal", true, { TERM: "dumb" }, false],
      ["no terminal and FORCE_COLOR", false, { FORCE_COLOR: "1" }, true],
      ["FORCE_COLOR against NO_COLOR", false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    ];
  for (const [name, terminal, env, coloured] of cases) {
    it(`with ${name} is ${coloured ? "on" : "off"}`, () => {
      const painted = paintFor(terminal, env)("bad", "x");

      assert.equal(painted !== "x", coloured);
      assert.equal(width(painted), 1);
    });
  }
});
