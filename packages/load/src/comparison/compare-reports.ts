import type { LoadReport, Turn, TurnsVerdict } from "@muster/contract";
import { createRandom } from "@muster/kernel";
import { judgeTurns } from "./judge-turns.ts";

/**
 * Judges whether two runs of the same plan differ: each slice of time counts as one value. Unlike targets that are
 * loaded in turns, two runs also differ in everything that changed on the machines in between.
 */
export function compareReports(a: LoadReport, b: LoadReport): TurnsVerdict {
  return judgeTurns(turnsOf(a), turnsOf(b), createRandom(1));
}

function turnsOf(report: LoadReport): Turn[] {
  return report.timeline
    .filter((slice) => slice.requests > 0)
    .map(({ requests, failed, p50, p95 }) => ({ requests, failed, p50, p95 }));
}
