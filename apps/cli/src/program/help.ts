import { MusterError } from "@muster/kernel";
import type { Paint } from "../output/io.ts";
import { paragraph, table } from "../output/text.ts";
import type { Command, Option } from "./command.ts";
import { nearest } from "./nearest.ts";
import { HELP_OPTION, valueName } from "./parse.ts";

const TAGLINE = "Muster takes a service to production on evidence, and can show it.";

const EXIT_CODES = [
  ["0", "good: ready, verified, nothing failed"],
  ["1", "judged bad: not ready, a check failed, the chain is broken"],
  ["2", "the command or the configuration was not understood"],
  ["3", "could not judge"],
  ["4", "needs an answer that it cannot ask for; the message names the option"],
] as const;

/**
 * The text of `muster help` for a topic: nothing, a command, or the first word of several.
 * @throws {MusterError} `usage` for a topic that is no command.
 */
export function helpText(
  topic: readonly string[],
  commands: readonly Command[],
  paint: Paint,
  columns: number,
): string {
  if (topic.length === 0) return overview(commands, paint);
  const name = topic.join(" ");
  const command = commands.find((each) => each.name === name);
  if (command) return commandHelp(command, paint, Math.min(columns, 100));
  const group = commands.filter((each) => each.name.startsWith(`${name} `));
  if (group.length > 0) return groupHelp(name, group, paint);
  const near = nearest(
    name,
    commands.map((each) => each.name),
  );
  throw new MusterError(
    "usage",
    `there is no command "${name}"${near === undefined ? "" : `; did you mean "muster help ${near}"?`}`,
  );
}

/** The line that shows how a command is called: `muster check [URL] [options]`. */
export function usageLine(command: Command): string {
  const args = command.args.map((each) => (each.required ? each.value : `[${each.value}]`));
  const options = Object.keys(command.options).length > 0 ? ["[options]"] : [];
  return ["muster", command.name, ...args, ...options].join(" ");
}

/** An option as help and documentation show it: `--port N`. */
export function optionLabel(name: string, option: Option): string {
  if (option.kind !== "flag") return `--${name} ${valueName(option)}`;
  return option.short === undefined ? `--${name}` : `-${option.short}, --${name}`;
}

function overview(commands: readonly Command[], paint: Paint): string {
  const rows = commands.map((command) => [`  ${paint("accent", command.name)}`, command.summary]);
  return [
    TAGLINE,
    "",
    paint("strong", "Usage"),
    "  muster <command> [options]",
    "",
    paint("strong", "Commands"),
    table(rows),
    "",
    paint("strong", "Exit codes"),
    table(EXIT_CODES.map(([code, meaning]) => [`  ${code}`, meaning])),
    "",
    "`muster help <command>` says more about one; `muster up` is the place to start.",
    "",
  ].join("\n");
}

function groupHelp(name: string, group: readonly Command[], paint: Paint): string {
  return [
    paint("strong", "Usage"),
    ...group.map((command) => `  ${usageLine(command)}`),
    "",
    paint("strong", "Commands"),
    table(group.map((command) => [`  ${paint("accent", command.name)}`, command.summary])),
    "",
    `\`muster help ${name} <command>\` says more about one.`,
    "",
  ].join("\n");
}

/** A summary as a sentence; one that asks keeps its question mark. */
export function sentence(summary: string): string {
  return summary.endsWith("?") ? summary : `${summary}.`;
}

function commandHelp(command: Command, paint: Paint, columns: number): string {
  const lines = [
    sentence(command.summary),
    "",
    paint("strong", "Usage"),
    `  ${usageLine(command)}`,
    "",
    paragraph(command.description, columns),
    "",
  ];
  if (command.args.length > 0) {
    lines.push(
      paint("strong", "Arguments"),
      table(command.args.map((each) => [`  ${paint("accent", each.value)}`, each.summary])),
      "",
    );
  }
  const options = Object.entries({ ...command.options, help: HELP_OPTION });
  lines.push(
    paint("strong", "Options"),
    table(options.map(([name, option]) => [`  ${paint("accent", optionLabel(name, option))}`, option.summary])),
    "",
  );
  if (command.examples.length > 0) {
    lines.push(paint("strong", "Examples"));
    for (const example of command.examples) lines.push(`  ${paint("quiet", `# ${example.says}`)}`, `  ${example.line}`);
    lines.push("");
  }
  return lines.join("\n");
}
