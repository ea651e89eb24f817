import { durationMs, humanDuration } from "@muster/kernel";
import type { Column, QualityReport, RuleResult } from "./column.ts";
import { rulesOf } from "./rules-of-columns.ts";

/** What was measured of a version while its rules were applied. */
export interface Measures {
  readonly columns: QualityReport["columns"];
  /** For each column with a rule on age: the newest value, in milliseconds since the epoch. */
  readonly newest: readonly (number | null)[];
  /** Rows that break each rule, in the order of {@link rulesOf}. */
  readonly failed: readonly number[];
  readonly rows: number;
  readonly rejected: number;
}

export interface QualityGate {
  /** Share of rows that may be rejected. */
  readonly maxRejectedShare: number;
  /** Milliseconds since the epoch, to which ages refer. */
  readonly now: number;
}

/** Decides whether a version is good enough to be used where no version is named. */
export function judgeQuality(
  measures: Measures,
  columns: readonly Column[],
  { maxRejectedShare, now }: QualityGate,
): QualityReport {
  const { rows, rejected } = measures;
  const failures: string[] = [];
  const rules = rulesOf(columns).map(({ column, rule, action }, index): RuleResult => {
    if (rule !== "maxAge") return { column, rule, action, failed: measures.failed[index] ?? 0 };
    const place = columns.findIndex(({ name }) => name === column);
    const maxAge = columns[place]?.rules?.maxAge ?? "0ms";
    const newest = measures.newest[place] ?? undefined;
    const age = newest === undefined ? undefined : now - newest;
    if (age !== undefined && age <= durationMs(maxAge)) {
      return { column, rule, action, failed: 0, detail: `the newest value is ${humanDuration(age)} old` };
    }
    const detail =
      age === undefined
        ? "there is no value"
        : `the newest value is ${humanDuration(age)} old; at most ${maxAge} is allowed`;
    if (action === "reject") failures.push(`${column}: ${detail}`);
    return { column, rule, action, failed: 1, detail };
  });
  const share = rows + rejected === 0 ? 0 : rejected / (rows + rejected);
  if (share > maxRejectedShare) {
    failures.push(`${percent(share)} of the rows were rejected; at most ${percent(maxRejectedShare)} may be`);
  }
  if (rows === 0) failures.push("no row is left");
  return { passed: failures.length === 0, failures, rows, rejected, columns: measures.columns, rules };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
