import { type Command, defineCommand, EXIT } from "../program/command.ts";
import { completionScript, SHELLS, type Shell } from "../program/completion.ts";

/** Like help, completion is made from all commands. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    name: "completion",
    summary: "Print the completion script for a shell",
    description:
      "The script knows every command, option and allowed value. Load it from your shell's start-up file, or put it where your shell looks for completions.",
    args: [{ value: "SHELL", summary: "bash, zsh or fish", required: true, choices: SHELLS }],
    options: {},
    examples: [
      { line: 'eval "$(muster completion bash)"', says: "in ~/.bashrc" },
      { line: 'eval "$(muster completion zsh)"', says: "in ~/.zshrc, after compinit" },
      { line: "muster completion fish > ~/.config/fish/completions/muster.fish", says: "once" },
    ],
    async run({ args, io }) {
      // The argument was checked against its choices.
      io.out(completionScript(args[0] as Shell, commands()));
      return EXIT.good;
    },
  });
}
