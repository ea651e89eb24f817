import { COMMANDS } from "./commands/registry.ts";
import { processIo } from "./output/io.ts";
import { runProgram } from "./program/run.ts";

// A reader that goes away (`muster help | head -1`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), COMMANDS, processIo());
