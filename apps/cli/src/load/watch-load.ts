import type { LoadReport } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import type { LoadProgress, LoadRunOptions, RunningLoad } from "@muster/load";
import type { Io } from "../output/io.ts";
import { onInterruption } from "../up/interruption.ts";
import { type ControlServer, openControl } from "./control-server.ts";
import type { LoadRecorder } from "./record-load.ts";
import { remoteWriteOf, remoteWriter } from "./remote-write.ts";
import type { ReportChoices } from "./report-options.ts";
import { progressText } from "./load-text.ts";

/** Without a terminal a line is printed only so often, in ms, so that logs stay readable. */
const PLAIN_LINE_MS = 5_000;

/** Who else watches a run beside the terminal. */
export interface WatchOptions {
  /** Where others may watch and steer it; absent for nowhere, 0 for a free port. */
  readonly controlPort?: number | undefined;
  readonly choices: Pick<ReportChoices, "remote-write">;
  readonly recorder?: LoadRecorder | undefined;
}

/**
 * Follows a run to its end: progress on standard error, and Ctrl-C ends it with a report.
 */
export async function watchLoad(
  start: (options: LoadRunOptions) => RunningLoad,
  io: Io,
  { controlPort, choices, recorder }: WatchOptions,
): Promise<LoadReport> {
  const receiver = remoteWriteOf(choices, io);
  const followers = [
    ...(receiver === undefined ? [] : [remoteWriter(receiver, io)]),
    ...(recorder === undefined ? [] : [recorder.follower]),
  ];
  let lastLine = 0;
  let control: ControlServer | undefined;
  const onProgress = (progress: LoadProgress): void => {
    control?.note(progress);
    for (const follower of followers) follower.tick(() => load.interim());
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
    control = await controlled(load, controlPort, io);
    return await load.report;
  } finally {
    ignore();
    control?.close();
    await Promise.all(followers.map((follower) => follower.idle()));
    io.err(clear);
  }
}

async function controlled(load: RunningLoad, port: number | undefined, io: Io): Promise<ControlServer | undefined> {
  if (port === undefined) return undefined;
  try {
    const control = await openControl(load, port);
    io.err(`control: ${control.url} (/status, /metrics; muster load control)\n`);
    return control;
  } catch (error) {
    load.abort("its control could not be opened");
    await load.report.catch(() => {});
    throw new MusterError("load-control", `port ${port} cannot be opened: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
