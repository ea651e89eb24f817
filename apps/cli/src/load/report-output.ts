import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { LoadReport } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { loadReportCsv, loadReportJunit, loadReportPrometheus, pushReport } from "@muster/load";
import { renderLoadReport } from "@muster/report";
import { printEnvelope } from "../output/envelope.ts";
import { type Io, paintFor } from "../output/io.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { ownVersion } from "../program/version.ts";
import { labelled, remoteWriteOf } from "./remote-write.ts";
import { loadReportText } from "./load-text.ts";

/** The option of a page with charts, which several commands have. */
export const HTML_OPTION = {
  kind: "text",
  value: "FILE",
  hint: "file",
  summary: "Write one page with charts, which needs nothing else to be read",
} as const;

/** Options of every command that ends with a load report. */
export const REPORT_OPTIONS = {
  save: {
    kind: "text",
    value: "FILE",
    hint: "file",
    summary: "Keep the whole report as JSON, for muster load compare",
  },
  html: HTML_OPTION,
  csv: { kind: "text", value: "FILE", hint: "file", summary: "Write the course of the run, second by second" },
  junit: { kind: "text", value: "FILE", hint: "file", summary: "Write thresholds and checks as JUnit XML" },
  prometheus: { kind: "text", value: "FILE", hint: "file", summary: "Write the figures in Prometheus' text format" },
  "remote-write": {
    kind: "text",
    value: "URL",
    summary: "Send the figures to a Prometheus while the run goes on and at its end, such as http://…/api/v1/write",
  },
  json: { kind: "flag", summary: "Print one JSON envelope instead of text" },
} as const;

/** What {@link REPORT_OPTIONS} came to. */
export interface ReportChoices {
  readonly save: string | undefined;
  readonly html: string | undefined;
  readonly csv: string | undefined;
  readonly junit: string | undefined;
  readonly prometheus: string | undefined;
  readonly "remote-write": string | undefined;
  readonly json: boolean;
}

/** How a command that finds something out, and has no load report, gives it. */
export interface FindingChoices {
  readonly json: boolean;
  /** File for a page with charts. */
  readonly html: string | undefined;
}

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
  const remote = remoteWriteOf(choices, io);
  // Whoever looks at it later wants the last state most, so this one is worth waiting for.
  if (remote !== undefined) await pushReport(labelled(remote, report), report, io.now(), { tries: 3 });
  return { passed: EXIT.good, failed: EXIT.bad, invalid: EXIT.unjudged }[report.verdict];
}

/** @throws {MusterError} `load-output` when the file cannot be written. */
export async function writeOutput(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new MusterError("load-output", `${path} could not be written: ${(error as Error).message}`, { cause: error });
  }
}
