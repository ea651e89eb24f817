import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Difference, type LoadReport, LoadReportSchema, problemsOf, type TurnsVerdict } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { compareReports, compareTargets, type TargetComparison } from "@muster/load";
import { type ComparisonTerms, renderComparison } from "@muster/report";
import { printEnvelope } from "../output/envelope.ts";
import { type Io, type Paint, paintFor } from "../output/io.ts";
import { table } from "../output/text.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { ownVersion } from "../program/version.ts";
import type { FindingChoices, ReportChoices } from "./report-options.ts";
import { giveReport, writeOutput } from "./report-output.ts";
import { untilInterrupted } from "./until-interrupted.ts";

/** Loads two targets in turns and says whether they differ. */
export async function runTargets(comparison: TargetComparison, choices: FindingChoices, io: Io): Promise<ExitCode> {
  const verdict = await untilInterrupted(io, (signal) =>
    compareTargets(comparison, signal, (side, turn, made, needed) => {
      if (side === "b") io.err(`${made} of ${needed} turns; the last of b: p50 ${turn.p50?.toFixed(1) ?? "–"} ms\n`);
    }),
  );
  const { invalidBecause, turns, turnsNeeded } = verdict;
  const sides = { a: comparison.a.url.href, b: comparison.b.url.href, unit: "turn", invalidBecause };
  if (invalidBecause !== undefined) {
    const sentence = `NOT JUDGED: ${invalidBecause}`;
    return give("load ab", { ...verdict, sentence }, sides, EXIT.unjudged, choices, io);
  }
  const short =
    turnsNeeded !== undefined && turnsNeeded > turns
      ? `; ${turnsNeeded} turns would be needed, ${turns} were made`
      : "";
  return give("load ab", { ...verdict, sentence: verdict.sentence + short }, sides, exitOf(verdict), choices, io);
}

/** Compares two saved reports. */
export async function runReports(files: readonly string[], choices: FindingChoices, io: Io): Promise<ExitCode> {
  const [a = "", b = ""] = files;
  const [first, second] = await Promise.all([a, b].map((file) => readReport(resolve(io.cwd, file))));
  const verdict = compareReports(first as LoadReport, second as LoadReport);
  return give("load compare", verdict, { a, b, unit: "slice of time" }, exitOf(verdict), choices, io);
}

/** Shows a saved report again, in any of its forms. */
export async function runSaved(file: string, choices: ReportChoices, io: Io): Promise<ExitCode> {
  return giveReport("load report", await readReport(resolve(io.cwd, file)), choices, io);
}

async function readReport(path: string): Promise<LoadReport> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new MusterError("load-report-invalid", `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const problems = problemsOf(LoadReportSchema, value);
  if (problems.length > 0) throw new MusterError("load-report-invalid", `${path} is not a load report`, { problems });
  return value as LoadReport;
}

function exitOf({ verdict }: TurnsVerdict): ExitCode {
  return verdict === "worse" || verdict === "mixed" ? EXIT.bad : EXIT.good;
}

async function give(
  command: string,
  verdict: TurnsVerdict,
  sides: Omit<ComparisonTerms, "muster" | "sentence">,
  exit: ExitCode,
  { json, html }: FindingChoices,
  io: Io,
): Promise<ExitCode> {
  const result = exit === EXIT.good ? "good" : exit === EXIT.bad ? "bad" : "error";
  const { sentence, differences } = verdict;
  if (json) printEnvelope(io, { command, result, verdict: sentence, data: verdict });
  else io.out(`${sentence}\n\n${differencesText(differences, paintFor(io.outIsTerminal, io.env))}\n`);
  if (html !== undefined) {
    const page = renderComparison(verdict, { ...sides, sentence, muster: await ownVersion() });
    await writeOutput(resolve(io.cwd, html), page);
  }
  return exit;
}

function differencesText(differences: readonly Difference[], paint: Paint): string {
  return table([
    ["", "a", "b", "b to a", "95 % interval", "by chance"].map((title) => paint("quiet", title)),
    ...differences.map(({ figure, a, b, effect, interval, pValue }) => [
      figure,
      shownFigure(figure, a),
      shownFigure(figure, b),
      effect === undefined ? "" : percent(effect),
      interval === undefined ? "" : `${percent(interval.low)} to ${percent(interval.high)}`,
      pValue < 0.0001 ? "p < 0.0001" : `p = ${pValue.toFixed(4)}`,
    ]),
  ]);
}

function shownFigure(figure: Difference["figure"], value: number | undefined): string {
  if (value === undefined) return "–";
  return figure === "errors" ? `${Number((value * 100).toPrecision(2))} %` : `${Number(value.toPrecision(3))} ms`;
}

function percent(share: number): string {
  return `${share > 0 ? "+" : ""}${(share * 100).toFixed(1)} %`;
}
