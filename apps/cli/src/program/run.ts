import { ERRORS, MusterError } from "@muster/kernel";
import { keepDetail } from "../output/detail-log.ts";
import { type Io, paintFor } from "../output/io.ts";
import { problemEnvelope, problemText } from "../output/problem.ts";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { helpText } from "./help.ts";
import { findCommand, parseCommandLine } from "./parse.ts";
import { versionLine } from "./version.ts";

/** Runs one command line to its exit code. Never throws: every failure becomes a message and a code. */
export async function runProgram(argv: readonly string[], commands: readonly Command[], io: Io): Promise<ExitCode> {
  try {
    const request = parseCommandLine(argv, commands);
    switch (request.kind) {
      case "version":
        io.out(`${await versionLine()}\n`);
        return EXIT.good;
      case "help":
        io.out(helpText(request.topic, commands, paintFor(io.outIsTerminal, io.env), io.columns()));
        return EXIT.good;
      case "run":
        return await request.command.run({ options: request.options, args: request.args, io });
    }
  } catch (error) {
    return await report(error, argv, commands, io);
  }
}

async function report(
  error: unknown,
  argv: readonly string[],
  commands: readonly Command[],
  io: Io,
): Promise<ExitCode> {
  const known = error instanceof MusterError ? error : await unexpected(error, io);
  if (argv.includes("--json")) {
    const command = findCommand(argv, commands)?.name ?? argv[0] ?? "";
    io.out(`${JSON.stringify(problemEnvelope(command, known), null, 2)}\n`);
  } else {
    io.err(problemText(known, paintFor(io.errIsTerminal, io.env), io.columns()));
  }
  return ERRORS[known.code].exit;
}

async function unexpected(error: unknown, io: Io): Promise<MusterError> {
  const file = await keepDetail(error, io);
  const sentence = error instanceof Error ? error.message.split("\n")[0] : String(error);
  return new MusterError("internal", `${sentence}${file === undefined ? "" : ` (the full detail is in ${file})`}`);
}
