import { resolve } from "node:path";
import { defaultWorkers, startLoadFile } from "@muster/load";
import type { Io } from "../output/io.ts";
import type { ExitCode } from "../program/command.ts";
import { giveReport, type ReportChoices } from "./report-output.ts";
import { watchLoad } from "./watch-load.ts";

/** Runs the plan of a file and gives its report. */
export async function runPlan(
  file: string,
  workers: number | undefined,
  choices: ReportChoices,
  io: Io,
): Promise<ExitCode> {
  const path = resolve(io.cwd, file);
  const report = await watchLoad((options) => startLoadFile(path, workers ?? defaultWorkers(), options), io);
  return giveReport("load run", report, choices, io);
}
