import { type ColumnDrift, type DriftCounts, judgeDrift } from "../dataset/drift.ts";
import type { Side } from "./recorded-columns.ts";
import type { MonitoringSettings } from "./settings.ts";

/** What a window says; `unknown` where there was too little to say anything. */
export const VERDICTS = ["good", "warn", "alarm", "unknown"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** How far a column of a window has moved from the reference. */
export interface WindowColumn extends Omit<ColumnDrift, "verdict"> {
  readonly side: Side;
  readonly verdict: Verdict;
  /** Figures and bounds, in a sentence. */
  readonly reason: string;
}

type Bounds = Pick<MonitoringSettings, "minimumRows" | "warnPsi" | "alarmPsi">;

/**
 * With few rows, chance alone moves the shares of ten bins by more than the bounds: what chance would do in one window
 * of a hundred is not held against a column. It only ever excuses; how likely something is never raises an alarm.
 */
const CHANCE = 0.01;

/** Judges a column by the size of the effect. */
export function judgeColumn(side: Side, counts: DriftCounts, bounds: Bounds): WindowColumn {
  const { verdict: _verdict, ...drift } = judgeDrift(counts);
  const column = { ...drift, side };
  const tooFew = Math.min(drift.reference.rows, drift.current.rows);
  const { psi } = drift;
  if (psi === null || tooFew < bounds.minimumRows) {
    const where = drift.current.rows < bounds.minimumRows ? "the window" : "the reference";
    const reason = `too little data: ${tooFew} values in ${where}, ${bounds.minimumRows} are needed`;
    return { ...column, verdict: "unknown", reason };
  }
  const byChance = Math.min(drift.chiSquare?.pValue ?? 1, drift.ks?.pValue ?? 1) >= CHANCE;
  const verdict = byChance || psi < bounds.warnPsi ? "good" : psi < bounds.alarmPsi ? "warn" : "alarm";
  return { ...column, verdict, reason: reasonFor(column, psi, verdict, bounds) };
}

/** The worst of several; unknown where nothing is known. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  for (const verdict of ["alarm", "warn", "good"] as const) if (verdicts.includes(verdict)) return verdict;
  return "unknown";
}

function reasonFor(column: Omit<WindowColumn, "verdict" | "reason">, psi: number, verdict: Verdict, bounds: Bounds) {
  const [word, limit] =
    verdict === "alarm"
      ? ["over", bounds.alarmPsi]
      : verdict === "warn"
        ? ["over", bounds.warnPsi]
        : ["within", bounds.warnPsi];
  const chance = verdict === "good" && psi >= bounds.warnPsi ? " or by chance" : "";
  return `${column.side === "input" ? "column" : "prediction"} ${column.column}: PSI ${shown(psi)} ${word} ${limit}${chance}, ${movement(column)}`;
}

/** What changed, as people would say it: the mean of numbers, or the value whose share changed most. */
function movement({ means, bins, reference, current }: Omit<WindowColumn, "verdict" | "reason">): string {
  if (means) return `mean moved from ${shown(means.reference)} to ${shown(means.current)}`;
  const shares = bins.map((bin) => ({
    label: bin.label,
    before: bin.reference / reference.rows,
    after: bin.current / current.rows,
  }));
  const [most] = shares.toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
  if (!most) return "no value to compare";
  return `share of "${most.label.slice(0, 60)}" moved from ${percent(most.before)} to ${percent(most.after)}`;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
