import { resolve } from "node:path";
import { defaultWorkers, startLoadFile } from "@muster/load";
import type { Io } from "../output/io.ts";
import type { ExitCode } from "../program/command.ts";
import { giveReport, type ReportChoices } from "./report-output.ts";
import { watchLoad } from "./watch-load.ts";

/** How a plan is to be run. */
export interface PlanChoices {
  readonly workers: number | undefined;
  /** Port of the control; absent for none. */
  readonly control: number | undefined;
}

/** Runs the plan of a file and gives its report. */
export async function runPlan(file: string, how: PlanChoices, choices: ReportChoices, io: Io): Promise<ExitCode> {
  const path = resolve(io.cwd, file);
  const workers = how.workers ?? defaultWorkers();
  const report = await watchLoad((options) => startLoadFile(path, workers, options), io, {
    controlPort: how.control,
    choices,
  });
  return giveReport("load run", report, choices, io);
}
