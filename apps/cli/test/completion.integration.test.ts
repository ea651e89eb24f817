import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { completionScript, type Shell, SHELLS } from "../src/program/completion.ts";
import { COMMANDS } from "../src/commands/registry.ts";

const run = promisify(execFile);

async function isInstalled(shell: Shell): Promise<boolean> {
  return run(shell, ["--version"]).then(
    () => true,
    () => false,
  );
}

/** Asks a real shell what it would offer after the words, the last of which is begun but not finished. */
const ASK: Readonly<Record<Shell, (script: string, words: readonly string[], cwd: string) => Promise<string[]>>> = {
  async bash(script, words, cwd) {
    const program = [
      `source "${script}"`,
      `COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")})`,
      `COMP_CWORD=${words.length - 1}`,
      "_muster",
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join("\n");
    return lines(await run("bash", ["-c", program], { cwd }));
  },
  async zsh(script, words, cwd) {
    // A second zsh on a pseudo-terminal is asked for a list, as somebody who presses the tab key would.
    const program = [
      "zmodload zsh/zpty",
      "zpty -w worker 2>/dev/null",
      "zpty worker zsh -f -i",
      `zpty -w worker $'PROMPT=; unset zle_bracketed_paste; cd ${cwd}; autoload -Uz compinit; compinit -D; source ${script}'`,
      'zpty -w worker $\'zstyle ":completion:*" list-separator "#"; LISTMAX=10000; bindkey "^I" list-choices; echo rea""dy\'',
      "zpty -r worker seen '*ready*'",
      `zpty -w -n worker $'${words.join(" ")}\\t'`,
      "integer tries=0",
      'text=""',
      "while (( tries < 60 )); do",
      "  sleep 0.05; tries+=1",
      "  while zpty -r -t worker part; do text+=$part; tries=0; done",
      "  (( tries > 12 )) && [[ -n $text ]] && break",
      "done",
      "print -r -- $text",
      "zpty -d worker",
    ].join("\n");
    const seen = await run("zsh", ["-f", "-c", program], {
      cwd,
      env: { ...process.env, TERM: "dumb", COLUMNS: "400" },
    });
    return lines(seen).flatMap((line) => line.split(/\s{2,}|#/));
  },
  async fish(script, words, cwd) {
    const program = `source ${script}; complete -C '${words.join(" ")}'`;
    const seen = await run("fish", ["--no-config", "-c", program], { cwd });
    return lines(seen).map((line) => line.split("\t")[0] ?? "");
  },
};

function lines({ stdout }: { stdout: string }): string[] {
  return stdout
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

for (const shell of SHELLS) {
  const installed = await isInstalled(shell);

  describe(`completion in ${shell}`, { skip: !installed && `${shell} is not installed` }, () => {
    let folder: string;
    let script: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "muster-completion-"));
      script = join(folder, "completion");
      await writeFile(script, completionScript(shell, COMMANDS));
      await writeFile(join(folder, "facts.json"), "{}");
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const cases: readonly (readonly [words: string[], offered: string[], notOffered: string[]])[] = [
      [
        ["muster", ""],
        ["up", "check", "evidence", "completion"],
        ["list", "--json"],
      ],
      [["muster", "evidence", ""], ["list", "show", "verify", "export"], ["up"]],
      [["muster", "help", "evidence", ""], ["list", "verify"], ["up"]],
      [["muster", "completion", ""], ["bash", "zsh", "fish"], ["up"]],
      [["muster", "evidence", "list", "--"], ["--outcome", "--json"], ["--html"]],
      [["muster", "evidence", "list", "--outcome", ""], ["pass", "warn", "fail", "unknown"], ["--json"]],
      [["muster", "check", "--replay", "fac"], ["facts.json"], ["--json"]],
    ];
    for (const [words, offered, notOffered] of cases) {
      it(`offers after "${words.join(" ")}": ${offered.join(", ")}`, async () => {
        const seen = await ASK[shell](script, words, folder);

        for (const each of offered)
          assert.ok(
            seen.includes(each) || (offered.length === 1 && seen.join(" ").includes(each)),
            `${each} in ${JSON.stringify(seen)}`,
          );
        for (const each of notOffered) assert.equal(seen.includes(each), false, `${each} in ${JSON.stringify(seen)}`);
      });
    }
  });
}
