import { rename, rm, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { LoadReport } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { loadReportCsv, loadReportJunit, loadReportPrometheus, pushReport } from "@muster/load";
import { renderLoadReport } from "@muster/report";
import { printEnvelope } from "../output/envelope.ts";
import { type Io, paintFor } from "../output/io.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { ownVersion } from "../program/version.ts";
import type { LoadRecorder } from "./record-load.ts";
import type { ReportChoices } from "./report-options.ts";
import { labelled, remoteWriteOf } from "./remote-write.ts";
import { loadReportText } from "./load-text.ts";

/**
 * Prints a report, writes the files that were asked for, and says how the command ends.
 * @throws {MusterError} `load-output` when a file cannot be written, `load-remote-write` when the figures cannot be
 *   delivered; the report has been printed by then.
 */
export async function giveReport(
  command: string,
  report: LoadReport,
  choices: ReportChoices,
  io: Io,
  recorder?: LoadRecorder,
): Promise<ExitCode> {
  if (choices.json) {
    const result = report.verdict === "passed" ? "good" : report.verdict === "failed" ? "bad" : "error";
    printEnvelope(io, { command, result, verdict: report.sentence, data: report });
  } else {
    io.out(loadReportText(report, paintFor(io.outIsTerminal, io.env)));
  }
  const files: [string | undefined, () => string | Promise<string>][] = [
    [choices.save, () => `${JSON.stringify(report)}\n`],
    [choices.html, async () => renderLoadReport(report, await ownVersion())],
    [choices.csv, () => loadReportCsv(report)],
    [choices.junit, () => loadReportJunit(report)],
    [choices.prometheus, () => loadReportPrometheus(report)],
  ];
  for (const [name, content] of files)
    if (name !== undefined) await writeOutput(resolve(io.cwd, name), await content());
  await recorder?.finish({ kind: "run", report });
  const remote = remoteWriteOf(choices, io);
  // Whoever looks at it later wants the last state most, so this one is worth waiting for.
  if (remote !== undefined) await pushReport(labelled(remote, report), report, io.now(), { tries: 3 });
  return { passed: EXIT.good, failed: EXIT.bad, invalid: EXIT.unjudged }[report.verdict];
}

/**
 * Writes a file whole or not at all: what stood there before is replaced only by all of the new one. What is no file,
 * such as a pipe, is written to as it is.
 * @throws {MusterError} `load-output` when it cannot be written.
 */
export async function writeOutput(path: string, content: string): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    if (await isNoFile(path)) {
      await writeFile(path, content);
      return;
    }
    await writeFile(draft, content);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new MusterError("load-output", `${path} could not be written: ${reasonOf(error as NodeJS.ErrnoException)}`, {
      cause: error,
    });
  }
}

async function isNoFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile();
}

/** The reason without the name of the draft, which nobody asked for. */
function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOSPC") return "the disk is full";
  return message.replace(/,? \w+ '.*'$/, "");
}
