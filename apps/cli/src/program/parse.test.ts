import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MusterError } from "@muster/kernel";
import fc from "fast-check";
import { COMMANDS } from "../commands/registry.ts";
import { type Command, defineCommand, EXIT } from "./command.ts";
import { parseCommandLine, type Request } from "./parse.ts";

const paint = defineCommand({
  name: "paint",
  summary: "Paint a wall",
  description: "",
  args: [{ value: "WALL", summary: "Which wall", required: true, choices: ["north", "south"] }],
  options: {
    colour: { kind: "choice", choices: ["red", "blue"], summary: "" },
    coats: { kind: "number", value: "N", minimum: 1, maximum: 5, summary: "" },
    dry: { kind: "duration", value: "TIME", summary: "" },
    note: { kind: "text", value: "TEXT", summary: "" },
    quick: { kind: "flag", short: "q", summary: "" },
  },
  examples: [],
  run: async () => EXIT.good,
});
const group = (name: string): Command =>
  defineCommand({
    name,
    summary: "",
    description: "",
    args: [],
    options: {},
    examples: [],
    run: async () => EXIT.good,
  });
const commands = [paint, group("wall list"), group("wall list old"), group("wall show")];

function parse(...argv: string[]): Request {
  return parseCommandLine(argv, commands);
}

function problems(...argv: string[]): readonly string[] {
  try {
    parse(...argv);
  } catch (error) {
    assert.ok(error instanceof MusterError);
    assert.equal(error.code, "usage");
    return error.problems.length > 0
      ? error.problems.map(({ path, message }) => `${path} ${message}`)
      : [error.message];
  }
  return assert.fail("it was understood");
}

describe("a command line", () => {
  it("gives every option its type, and absent ones their nothing", () => {
    const request = parse("paint", "north", "--colour", "red", "--coats=3", "--dry", "2m");

    assert.deepEqual(request, {
      kind: "run",
      command: paint,
      args: ["north"],
      options: { colour: "red", coats: 3, dry: 120_000, note: undefined, quick: false },
    });
  });

  it("takes short options, and words after --", () => {
    const request = parse("paint", "-q", "--", "south");

    assert.ok(request.kind === "run");
    assert.equal(request.options["quick"], true);
    assert.deepEqual(request.args, ["south"]);
  });

  it("finds the longest command that fits", () => {
    const request = parse("wall", "list", "old");

    assert.ok(request.kind === "run");
    assert.equal(request.command.name, "wall list old");
  });

  const helps: readonly (readonly [argv: string[], topic: string[]])[] = [
    [[], []],
    [["--help"], []],
    [["-h"], []],
    [["paint", "--help"], ["paint"]],
    [["paint", "nowhere", "-h"], ["paint"]],
    [["wall", "--help"], ["wall"]],
  ];
  for (const [argv, topic] of helps) {
    it(`asks for help with ${argv.join(" ") || "nothing"}`, () => {
      assert.deepEqual(parse(...argv), { kind: "help", topic });
    });
  }

  it("asks for the version", () => {
    assert.deepEqual(parse("--version"), { kind: "version" });
  });

  const misunderstandings: readonly (readonly [argv: string[], expected: string[]])[] = [
    [["pait", "north"], ['there is no command "pait"; did you mean "muster paint"?']],
    [["zzzzzz"], ['there is no command "zzzzzz"']],
    [["wall"], ["muster wall needs to know what to do: list, list old or show"]],
    [["wall", "lisst"], ['muster wall cannot "lisst"; did you mean "muster wall list"?']],
    [["paint"], ["WALL is missing: Which wall"]],
    [["paint", "east"], ['WALL must be north or south, not "east"']],
    [["paint", "north", "south"], ["south is one word too many"]],
    [["paint", "north", "--color", "red"], ["--color is not an option of this command; did you mean --colour?"]],
    [["paint", "north", "--colour", "green"], ['--colour must be red or blue, not "green"']],
    [["paint", "north", "--colour"], ["--colour needs a value: red|blue"]],
    [["paint", "north", "--note", "--quick"], ["--note needs a value: TEXT"]],
    [["paint", "north", "--coats", "6"], ['--coats must be a whole number from 1 to 5, not "6"']],
    [["paint", "north", "--coats", "1e0"], ['--coats must be a whole number from 1 to 5, not "1e0"']],
    [
      ["paint", "north", "--dry", "soon"],
      ['--dry must be a length of time such as 500ms, 30s, 15m, 24h or 90d, not "soon"'],
    ],
    [["paint", "north", "--quick=yes"], ["--quick takes no value"]],
    [
      ["paint", "--coats", "0", "--wet"],
      [
        '--coats must be a whole number from 1 to 5, not "0"',
        "--wet is not an option of this command",
        "WALL is missing: Which wall",
      ],
    ],
  ];
  for (const [argv, expected] of misunderstandings) {
    it(`says all that is wrong with: ${argv.join(" ")}`, () => {
      assert.deepEqual(problems(...argv), expected);
    });
  }

  it("lets a value start with a hyphen when it is joined by =", () => {
    const request = parse("paint", "north", "--note=-5");

    assert.ok(request.kind === "run");
    assert.equal(request.options["note"], "-5");
  });

  it("is understood, or refused as a usage error; nothing else happens", () => {
    const word = fc.oneof(
      fc.constantFrom(...COMMANDS.flatMap((command) => command.name.split(" "))),
      fc.constantFrom(...COMMANDS.flatMap((command) => Object.keys(command.options).map((name) => `--${name}`))),
      fc.string(),
    );

    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        try {
          parseCommandLine(argv, COMMANDS);
        } catch (error) {
          assert.ok(error instanceof MusterError && error.code === "usage", String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
