import { COMMANDS } from "./commands/registry.ts";
import { processIo } from "./output/io.ts";
import { runProgram } from "./program/run.ts";

// A reader that goes away (`muster help | head -1`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

// bin/muster.js on an older Node stays in between and holds a channel to this process. When it is killed the channel
// closes, and nothing may stay behind that nobody can stop any more.
if (process.channel) {
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel.unref();
}

process.exitCode = await runProgram(process.argv.slice(2), COMMANDS, processIo());
