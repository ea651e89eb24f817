import { basename, resolve } from "node:path";
import { defaultWorkers, startLoadFile } from "@muster/load";
import type { Io } from "../output/io.ts";
import type { ExitCode } from "../program/command.ts";
import { recorded } from "./record-load.ts";
import type { RecordChoices } from "./record-options.ts";
import type { ReportChoices } from "./report-options.ts";
import { giveReport } from "./report-output.ts";
import { watchLoad } from "./watch-load.ts";

/** How a plan is to be run. */
export interface PlanChoices {
  readonly workers: number | undefined;
  /** Port of the control; absent for none. */
  readonly control: number | undefined;
}

/** Runs the plan of a file and gives its report. */
export async function runPlan(
  file: string,
  how: PlanChoices,
  choices: ReportChoices & RecordChoices,
  io: Io,
): Promise<ExitCode> {
  const path = resolve(io.cwd, file);
  const workers = how.workers ?? defaultWorkers();
  return recorded(choices, { kind: "run", name: basename(path) }, io, async (recorder) => {
    const watching = { controlPort: how.control, choices, recorder };
    const report = await watchLoad((options) => startLoadFile(path, workers, options), io, watching);
    return giveReport("load run", report, choices, io, recorder);
  });
}
