import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { COMMANDS } from "../commands/registry.ts";
import { helpText } from "./help.ts";
import { parseCommandLine } from "./parse.ts";

const plain = (_tone: unknown, text: string): string => text;

describe("help", () => {
  it("lists every command", () => {
    const text = helpText([], COMMANDS, plain, 80);

    for (const command of COMMANDS) assert.ok(text.includes(`  ${command.name} `), command.name);
  });

  for (const command of COMMANDS) {
    it(`of ${command.name} names every option and argument`, () => {
      const text = helpText(command.name.split(" "), COMMANDS, plain, 80);

      for (const name of Object.keys(command.options)) assert.ok(text.includes(`--${name}`), name);
      for (const argument of command.args) assert.ok(text.includes(argument.summary), argument.value);
      for (const line of command.description.split("\n")) assert.ok(line.length > 0);
    });

    for (const { line } of command.examples.filter((example) => example.line.startsWith("muster "))) {
      it(`shows an example that is understood: ${line}`, () => {
        // Shell syntax after the words of the command is the shell's, not ours.
        const words = line.split(/ [>|]/)[0]?.match(/"[^"]*"|\S+/g) ?? [];
        const argv = words.slice(1).map((word) => word.replaceAll('"', ""));

        const request = parseCommandLine(argv, COMMANDS);

        assert.ok(request.kind === "run");
        assert.equal(request.command.name, command.name);
      });
    }
  }

  it("of a group lists its commands", () => {
    const text = helpText(["evidence"], COMMANDS, plain, 80);

    assert.match(text, /muster evidence list \[options\]/);
    assert.match(text, /muster evidence show SEQ \[options\]/);
  });

  it("of something unknown suggests what there is", () => {
    assert.throws(() => helpText(["chekc"], COMMANDS, plain, 80), /did you mean "muster help check"/);
  });

  it("is written in one voice: summaries start with a verb and have no full stop", () => {
    for (const command of COMMANDS) {
      assert.match(command.summary, /^[A-Z][a-z]+ /, command.name);
      assert.doesNotMatch(command.summary, /\.$/, command.name);
      for (const option of Object.values(command.options)) assert.doesNotMatch(option.summary, /\.$/, command.name);
    }
  });
});
