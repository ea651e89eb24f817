import { paintFor } from "../output/io.ts";
import { type Command, defineCommand, EXIT } from "../program/command.ts";
import { helpText } from "../program/help.ts";

/** `muster help` needs to know all commands, itself included, so the registry hands them over. */
export function helpCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    name: "help",
    summary: "Explain Muster, or one command",
    description: "Without a command it lists all of them. `muster <command> --help` shows the same.",
    args: [
      { value: "COMMAND", summary: "The command to explain", required: false },
      { value: "SUBCOMMAND", summary: "Its second word, where it has one", required: false },
    ],
    options: {},
    examples: [{ line: "muster help evidence verify", says: "everything about one command" }],
    async run({ args, io }) {
      io.out(helpText(args, commands(), paintFor(io.outIsTerminal, io.env), io.columns()));
      return EXIT.good;
    },
  });
}
