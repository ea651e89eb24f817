import { resolve } from "node:path";
import type { Capacity } from "@muster/contract";
import { type CapacityMeasurement, measureCapacity } from "@muster/load";
import { renderCapacity } from "@muster/report";
import { printEnvelope } from "../output/envelope.ts";
import { type Io, type Paint, paintFor } from "../output/io.ts";
import { table } from "../output/text.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { ownVersion } from "../program/version.ts";
import { type LoadRecorder, recorded } from "./record-load.ts";
import type { RecordChoices } from "./record-options.ts";
import type { FindingChoices } from "./report-options.ts";
import { writeOutput } from "./report-output.ts";
import { untilInterrupted } from "./until-interrupted.ts";

/** Searches for the highest rate at which the objective holds, and shows how it was found. */
export async function runCapacity(
  measurement: CapacityMeasurement,
  choices: FindingChoices & RecordChoices,
  io: Io,
): Promise<ExitCode> {
  return recorded(choices, { kind: "capacity", name: "load capacity" }, io, (recorder) =>
    search(measurement, choices, io, recorder),
  );
}

async function search(
  measurement: CapacityMeasurement,
  { json, html }: FindingChoices,
  io: Io,
  recorder: LoadRecorder | undefined,
): Promise<ExitCode> {
  const found = await untilInterrupted(io, (signal) =>
    measureCapacity(measurement, signal, ({ ratePerSecond, holds, summary }) =>
      io.err(`${ratePerSecond}/s ${holds ? "holds" : "breaks"}: ${summary}\n`),
    ),
  );
  const verdict = sentence(found, measurement.objective.join(", "));
  if (json) {
    printEnvelope(io, { command: "load capacity", result: found.settled ? "good" : "error", verdict, data: found });
  } else {
    io.out(`${verdict}\n\n${stepsText(found, paintFor(io.outIsTerminal, io.env))}\n`);
  }
  const terms = { target: measurement.request.url.href, sentence: verdict, objective: measurement.objective };
  if (html !== undefined) {
    await writeOutput(resolve(io.cwd, html), renderCapacity(found, { ...terms, muster: await ownVersion() }));
  }
  await recorder?.finish({ kind: "capacity", capacity: found, ...terms });
  return found.settled ? EXIT.good : EXIT.unjudged;
}

function sentence({ holdsAt, breaksAt, tries, settled }: Capacity, objective: string): string {
  if (holdsAt === undefined) return `NO CAPACITY FOUND: "${objective}" does not even hold at ${breaksAt ?? 0}/s`;
  if (breaksAt === undefined) return `NO LIMIT FOUND: "${objective}" holds at ${holdsAt}/s, the most that was tried`;
  if (!settled)
    return `NOT SETTLED: "${objective}" holds at ${holdsAt}/s and breaks at ${breaksAt}/s, but not every time`;
  return `CAPACITY ${holdsAt}/s: "${objective}" holds there in most of ${tries.holds} tries and breaks at ${breaksAt}/s in most of ${tries.breaks}`;
}

function stepsText({ steps }: Capacity, paint: Paint): string {
  const rates = [...new Set(steps.map((step) => step.ratePerSecond))].sort((a, b) => a - b);
  return table([
    ["rate", "held", "seen the last time"].map((title) => paint("quiet", title)),
    ...rates.map((rate) => {
      const tries = steps.filter((step) => step.ratePerSecond === rate);
      const held = tries.filter((step) => step.holds).length;
      return [`${rate}/s`, `${held} of ${tries.length}`, tries.at(-1)?.summary ?? ""];
    }),
  ]);
}
