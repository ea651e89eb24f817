import { parseArgs } from "node:util";
import { durationMs, MusterError, type Problem } from "@muster/kernel";
import type { Command, Option, Options, OptionValues } from "./command.ts";
import { nearest } from "./nearest.ts";

/** What a command line asks for. */
export type Request =
  | { readonly kind: "help"; readonly topic: readonly string[] }
  | { readonly kind: "version" }
  | {
      readonly kind: "run";
      readonly command: Command;
      readonly options: OptionValues<Options>;
      readonly args: readonly string[];
    };

/** Every command answers to this option without declaring it. */
export const HELP_OPTION = { kind: "flag", short: "h", summary: "Show help for this command" } as const;

/**
 * Understands a command line.
 * @throws {MusterError} `usage` with every problem, each with the nearest thing that exists.
 */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): Request {
  const [first] = argv;
  if (first === undefined || first === "--help" || first === "-h") return { kind: "help", topic: [] };
  if (first === "--version" || first === "-V") return { kind: "version" };
  const command = findCommand(argv, commands);
  if (!command) {
    if (argv.includes("--help") || argv.includes("-h")) return { kind: "help", topic: leadingWords(argv) };
    throw unknownCommand(argv, commands);
  }
  const rest = argv.slice(command.name.split(" ").length);
  return parseRest(command, rest);
}

/** The command whose words the line starts with; the longest one, should one begin like another. */
export function findCommand(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands
    .filter((command) => command.name.split(" ").every((word, index) => argv[index] === word))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

function parseRest(command: Command, rest: readonly string[]): Request {
  const known: Options = { ...command.options, help: HELP_OPTION };
  const { tokens } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(
      Object.entries(known).map(([name, option]) => [
        name,
        option.kind === "flag"
          ? { type: "boolean" as const, ...(option.short === undefined ? {} : { short: option.short }) }
          : { type: "string" as const },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const problems: Problem[] = [];
  const values: Record<string, boolean | string | number | undefined> = {};
  for (const [name, option] of Object.entries(command.options)) {
    values[name] = option.kind === "flag" ? false : undefined;
  }
  const args: string[] = [];
  // The word after an option that does not exist was probably meant as its value; one complaint is enough.
  let afterUnknown = -1;
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (token.index !== afterUnknown) args.push(token.value);
      continue;
    }
    const option = known[token.name];
    if (!option) {
      const near = nearest(token.name, Object.keys(known));
      problems.push({ path: token.rawName, message: `is not an option of this command${suggestion(near, "--")}` });
      if (token.value === undefined) afterUnknown = token.index + 1;
      continue;
    }
    if (token.name === "help") return { kind: "help", topic: command.name.split(" ") };
    const read = readOption(option, token.value, token.inlineValue === true);
    if (typeof read === "object") problems.push({ path: token.rawName, message: read.problem });
    else values[token.name] = read;
  }
  problems.push(...argumentProblems(command, args));
  if (problems.length > 0) {
    throw new MusterError(
      "usage",
      `muster ${command.name}: ${problems.length === 1 ? "one thing was" : `${problems.length} things were`} not understood`,
      { problems },
    );
  }
  return { kind: "run", command, options: values as OptionValues<Options>, args };
}

function readOption(
  option: Option,
  value: string | undefined,
  inline: boolean,
): boolean | string | number | { readonly problem: string } {
  if (option.kind === "flag") return value === undefined ? true : { problem: "takes no value" };
  if (value === undefined || value === "" || (!inline && value.startsWith("-") && value !== "-")) {
    return { problem: `needs a value: ${valueName(option)}` };
  }
  switch (option.kind) {
    case "text":
      return value;
    case "number": {
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= option.minimum && number <= option.maximum) return number;
      return { problem: `must be a whole number from ${option.minimum} to ${option.maximum}, not "${value}"` };
    }
    case "duration":
      try {
        return durationMs(value);
      } catch {
        return { problem: `must be a length of time such as 500ms, 30s, 15m, 24h or 90d, not "${value}"` };
      }
    case "choice":
      if (option.choices.includes(value)) return value;
      return { problem: `must be ${oneOf(option.choices)}, not "${value}"` };
  }
}

function argumentProblems(command: Command, args: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  for (const [index, argument] of command.args.entries()) {
    const given = args[index];
    if (given === undefined) {
      if (argument.required) problems.push({ path: argument.value, message: `is missing: ${argument.summary}` });
      continue;
    }
    if (argument.choices && !argument.choices.includes(given)) {
      problems.push({ path: argument.value, message: `must be ${oneOf(argument.choices)}, not "${given}"` });
    }
  }
  for (const extra of args.slice(command.args.length)) {
    problems.push({ path: extra, message: "is one word too many" });
  }
  return problems;
}

/** What stands for an option's value in help. */
export function valueName(option: Exclude<Option, { kind: "flag" }>): string {
  return option.kind === "choice" ? option.choices.join("|") : option.value;
}

function unknownCommand(argv: readonly string[], commands: readonly Command[]): MusterError {
  const words = leadingWords(argv);
  const [first = argv[0] ?? "", second] = words;
  const group = commands.filter((command) => command.name.startsWith(`${first} `));
  if (group.length > 0) {
    const names = group.map((command) => command.name.slice(first.length + 1));
    if (second === undefined) {
      return new MusterError("usage", `muster ${first} needs to know what to do: ${oneOf(names)}`);
    }
    const near = nearest(second, names);
    return new MusterError(
      "usage",
      `muster ${first} cannot "${second}"${near === undefined ? `; it can ${oneOf(names)}` : `; did you mean "muster ${first} ${near}"?`}`,
    );
  }
  const names = [...new Set(commands.map((command) => command.name.split(" ")[0] as string))];
  const near = nearest(first, names);
  return new MusterError(
    "usage",
    `there is no command "${first}"${near === undefined ? "" : `; did you mean "muster ${near}"?`}`,
  );
}

function leadingWords(argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith("-"));
  return argv.slice(0, end === -1 ? argv.length : end);
}

function suggestion(near: string | undefined, prefix: string): string {
  return near === undefined ? "" : `; did you mean ${prefix}${near}?`;
}

function oneOf(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}
