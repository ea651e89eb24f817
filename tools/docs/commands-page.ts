import { type Command, COMMANDS, optionLabel, sentence, usageLine } from "@muster/cli";
import { madeFrom, markdownTable } from "./markdown.ts";

/** The page of every command, from the declarations that drive the command line itself. */
export function commandsPage(): string {
  return [
    "# Commands",
    "",
    madeFrom("apps/cli/src/commands"),
    "",
    "In a clone, `npx muster <command>` runs them. The first word that a command prints is its verdict; failures",
    "show the values that were found and what to do. `muster help <command>` says the same as this page.",
    "",
    markdownTable(
      ["Exit code", "Meaning"],
      [
        ["0", "good: ready, verified, nothing failed"],
        ["1", "judged bad: not ready, a check failed, the chain is broken"],
        ["2", "the command or the configuration was not understood"],
        ["3", "could not judge"],
        ["4", "needs an answer that it cannot ask for; the message names the option"],
      ],
    ),
    "",
    "Muster never asks without a terminal, and prints no colour where `NO_COLOR` is set or nobody looks.",
    "",
    ...COMMANDS.flatMap(section),
  ].join("\n");
}

function section(command: Command): string[] {
  const lines = [
    `## muster ${command.name}`,
    "",
    sentence(command.summary),
    "",
    "```text",
    usageLine(command),
    "```",
    "",
    command.description,
    "",
  ];
  if (command.args.length > 0) {
    const rows = command.args.map((each) => [`\`${each.value}\``, each.required ? "yes" : "", each.summary]);
    lines.push(markdownTable(["Argument", "Needed", "Meaning"], rows), "");
  }
  const options = Object.entries(command.options);
  if (options.length > 0) {
    const rows = options.map(([name, option]) => [`\`${optionLabel(name, option)}\``, option.summary]);
    lines.push(markdownTable(["Option", "Meaning"], rows), "");
  }
  for (const { line, says } of command.examples) lines.push(`- \`${line}\`: ${says}`);
  if (command.examples.length > 0) lines.push("");
  return lines;
}
