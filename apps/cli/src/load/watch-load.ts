import type { LoadReport } from "@muster/contract";
import type { LoadProgress, LoadRunOptions, RunningLoad } from "@muster/load";
import type { Io } from "../output/io.ts";
import { onInterruption } from "../up/interruption.ts";
import { progressText } from "./load-text.ts";

/** Without a terminal a line is printed only so often, in ms, so that logs stay readable. */
const PLAIN_LINE_MS = 5_000;

/** Follows a run to its end: progress on standard error, and Ctrl-C ends it with a report. */
export async function watchLoad(start: (options: LoadRunOptions) => RunningLoad, io: Io): Promise<LoadReport> {
  let lastLine = 0;
  const onProgress = (progress: LoadProgress): void => {
    if (io.errIsTerminal) io.err(`\r\u001B[2K${progressText(progress)}`);
    else if (io.now() - lastLine >= PLAIN_LINE_MS) {
      lastLine = io.now();
      io.err(`${progressText(progress)}\n`);
    }
  };
  const clear = io.errIsTerminal ? "\r\u001B[2K" : "";
  const load = start({ onProgress, onOutput: (line) => io.err(`${clear}${line}\n`) });
  const ignore = onInterruption(
    {
      stop: () => load.stop("it was stopped by hand"),
      end: () => load.abort("it was ended by hand"),
    },
    io.now,
  );
  try {
    return await load.report;
  } finally {
    ignore();
    io.err(clear);
  }
}
