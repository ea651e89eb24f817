import type { Command, FlagOption, Option } from "./command.ts";
import { HELP_OPTION } from "./parse.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What can be typed at one place of the command line. */
interface Place {
  /** The command's words so far: empty, `evidence`, `evidence list`. */
  readonly command: string;
  /** Words that lead to the next place. */
  readonly words: readonly Candidate[];
  readonly options: readonly (Candidate & { readonly option: Option })[];
}

interface Candidate {
  readonly text: string;
  readonly summary: string;
}

/** The completion script of a shell for these commands. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const places = placesOf(commands);
  switch (shell) {
    case "bash":
      return bash(places);
    case "zsh":
      return zsh(places);
    case "fish":
      return fish(places);
  }
}

function placesOf(commands: readonly Command[]): readonly Place[] {
  const heads = firstWords(commands);
  const places: Place[] = [{ command: "", words: heads, options: [] }];
  for (const head of heads) {
    const group = commands.filter((each) => each.name.startsWith(`${head.text} `));
    if (group.length === 0) continue;
    const words = group.map((each) => ({ text: each.name.slice(head.text.length + 1), summary: each.summary }));
    places.push({ command: head.text, words, options: [] }, { command: `help ${head.text}`, words, options: [] });
  }
  for (const command of commands) {
    const choices = command.args.flatMap((each) => each.choices ?? []);
    places.push({
      command: command.name,
      words: command.name === "help" ? heads : choices.map((text) => ({ text, summary: "" })),
      options: Object.entries({ ...command.options, help: HELP_OPTION }).map(([name, option]) => ({
        text: `--${name}`,
        summary: option.summary,
        option,
      })),
    });
  }
  return places;
}

function firstWords(commands: readonly Command[]): Candidate[] {
  const heads = new Map<string, string>();
  for (const command of commands) {
    const [head = "", ...rest] = command.name.split(" ");
    const summary = rest.length === 0 ? command.summary : `${command.name}: ${command.summary}`;
    if (!heads.has(head)) heads.set(head, summary);
  }
  return [...heads].map(([text, summary]) => ({ text, summary }));
}

/** Steps from place to place as `command word` pairs, for the shells' case statements. */
function steps(places: readonly Place[]): string[] {
  const known = new Set(places.map((place) => place.command));
  return places.flatMap((place) =>
    place.words
      .filter((word) => known.has(`${place.command} ${word.text}`.trim()))
      .map((word) => `${place.command} ${word.text}`),
  );
}

/** How the shell completes an option's value: by name of file or folder, from a list, or not at all. */
type ValueKind = "file" | "folder" | "free" | readonly string[];

/** Options that take a value, each with the `command --option` after which it is completed. */
function valued(places: readonly Place[]): { readonly at: string; readonly kind: ValueKind }[] {
  const found: { at: string; kind: ValueKind }[] = [];
  for (const place of places) {
    for (const { text, option } of place.options) {
      if (option.kind !== "flag") found.push({ at: `${place.command} ${text}`, kind: valueKind(option) });
    }
  }
  return found;
}

function valueKind(option: Exclude<Option, FlagOption>): ValueKind {
  if (option.kind === "choice") return option.choices;
  return (option.kind === "text" ? option.hint : undefined) ?? "free";
}

function patterns(values: readonly string[]): string {
  return values.map((each) => `"${each}"`).join("|");
}

function bash(places: readonly Place[]): string {
  const values = valued(places);
  const at = (kind: string): string => patterns(values.filter((each) => each.kind === kind).map((each) => each.at));
  const lines = [
    "# Completion of muster for bash, made by `muster completion bash`.",
    "_muster() {",
    '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" command="" candidates="" word',
    "  local IFS=$' \\t\\n'",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$command $word" in',
    `      ${patterns(steps(places))}) command="\${command:+$command }$word" ;;`,
    "      *) break ;;",
    "    esac",
    "  done",
    "  COMPREPLY=()",
    '  case "$command $prev" in',
  ];
  const matches = (flag: string): string =>
    `compopt -o filenames 2>/dev/null; IFS=$'\\n'; COMPREPLY=( $(compgen ${flag} -- "$cur") ); return ;;`;
  if (at("file") !== "") lines.push(`    ${at("file")}) ${matches("-f")}`);
  if (at("folder") !== "") lines.push(`    ${at("folder")}) ${matches("-d")}`);
  for (const { at: place, kind } of values) {
    if (typeof kind === "string") continue;
    lines.push(`    "${place}") COMPREPLY=( $(compgen -W "${kind.join(" ")}" -- "$cur") ); return ;;`);
  }
  if (at("free") !== "") lines.push(`    ${at("free")}) return ;;`);
  lines.push("  esac", '  case "$command" in');
  for (const place of places) {
    const candidates = [...place.words, ...place.options].map((each) => each.text).join(" ");
    lines.push(`    "${place.command}") candidates="${candidates}" ;;`);
  }
  lines.push("  esac", '  COMPREPLY=( $(compgen -W "$candidates" -- "$cur") )', "}", "complete -F _muster muster", "");
  return lines.join("\n");
}

function zsh(places: readonly Place[]): string {
  const values = valued(places);
  const at = (kind: string): string => patterns(values.filter((each) => each.kind === kind).map((each) => each.at));
  const lines = [
    "#compdef muster",
    "# Completion of muster for zsh, made by `muster completion zsh`.",
    "_muster() {",
    '  local command="" word',
    "  local -a candidates options",
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    '    case "$command $word" in',
    `      ${patterns(steps(places))}) command="\${command:+$command }$word" ;;`,
    "      *) break ;;",
    "    esac",
    "  done",
    '  case "$command ${words[CURRENT-1]}" in',
  ];
  if (at("file") !== "") lines.push(`    ${at("file")}) _files; return ;;`);
  if (at("folder") !== "") lines.push(`    ${at("folder")}) _files -/; return ;;`);
  for (const { at: place, kind } of values) {
    if (typeof kind === "string") continue;
    lines.push(`    "${place}") compadd -- ${kind.join(" ")}; return ;;`);
  }
  if (at("free") !== "") lines.push(`    ${at("free")}) return ;;`);
  lines.push("  esac", '  case "$command" in');
  for (const place of places) {
    const list = (candidates: readonly Candidate[]): string =>
      candidates.map((each) => quote(`${each.text}:${each.summary}`)).join(" ");
    lines.push(`    "${place.command}") candidates=(${list(place.words)}); options=(${list(place.options)}) ;;`);
  }
  lines.push(
    "  esac",
    "  (( $#candidates )) && _describe -t commands 'muster' candidates",
    "  (( $#options )) && _describe -o -t options 'option' options",
    "}",
    // Loaded from $fpath, the file is the function; read by eval, it has to register it.
    'if [[ "${funcstack[1]}" == _muster ]]; then _muster "$@"; else compdef _muster muster; fi',
    "",
  );
  return lines.join("\n");
}

function fish(places: readonly Place[]): string {
  const lines = [
    "# Completion of muster for fish, made by `muster completion fish`.",
    "function __muster_command",
    "    set -l words (commandline -opc)",
    "    set -l command ''",
    "    for word in $words[2..-1]",
    '        switch "$command $word"',
    `            case ${steps(places).map(quote).join(" ")}`,
    '                set command (string trim -- "$command $word")',
    "            case '*'",
    "                break",
    "        end",
    "    end",
    "    echo $command",
    "end",
    "complete -c muster -f",
  ];
  for (const place of places) {
    const when = `-n ${quote(`test "$(__muster_command)" = "${place.command}"`)}`;
    for (const word of place.words) {
      lines.push(`complete -c muster ${when} -a ${quote(word.text)} -d ${quote(word.summary)}`);
    }
    for (const { text, summary, option } of place.options) {
      lines.push(`complete -c muster ${when} -l ${text.slice(2)} -d ${quote(summary)}${fishValue(option)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function fishValue(option: Option): string {
  if (option.kind === "flag") return "";
  if (option.kind === "choice") return ` -x -a ${quote(option.choices.join(" "))}`;
  if (option.kind === "text" && option.hint === "file") return " -r -F";
  if (option.kind === "text" && option.hint === "folder") return " -x -a '(__fish_complete_directories)'";
  return " -x";
}

/** Single quotes; zsh, bash and fish all read `'\''` as a quote inside them. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
