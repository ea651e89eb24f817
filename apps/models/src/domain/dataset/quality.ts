import { durationMs, humanDuration } from "@muster/kernel";
import type { Column, QualityReport, RuleResult } from "./column.ts";

export type RuleName = RuleResult["rule"];

/** One rule of one column. */
export interface RuleOfColumn {
  readonly column: string;
  readonly rule: RuleName;
  readonly action: RuleResult["action"];
  /** What a row that breaks it did. */
  readonly sentence: string;
}

/** The rules of all columns, in a fixed order. */
export function rulesOf(columns: readonly Column[]): readonly RuleOfColumn[] {
  return columns.flatMap(({ name, rules = {} }) => {
    const rule = (kind: RuleName, sentence: string): RuleOfColumn => ({
      column: name,
      rule: kind,
      action: rules.action ?? "reject",
      sentence,
    });
    return [
      ...(rules.required === true ? [rule("required", "is missing")] : []),
      ...(rules.min === undefined ? [] : [rule("min", `is below ${rules.min}`)]),
      ...(rules.max === undefined ? [] : [rule("max", `is above ${rules.max}`)]),
      ...(rules.pattern === undefined ? [] : [rule("pattern", `does not match ${rules.pattern}`)]),
      ...(rules.unique === true ? [rule("unique", "is there already")] : []),
      ...(rules.maxAge === undefined ? [] : [rule("maxAge", `is older than ${rules.maxAge}`)]),
    ];
  });
}

/** What was measured of a version after its rules were applied. */
export interface Measured {
  readonly columns: QualityReport["columns"];
  /** For each column with a rule on age: the newest value, in milliseconds since the epoch. */
  readonly newest: readonly (number | undefined)[];
  readonly rules: readonly (RuleOfColumn & { readonly failed: number })[];
  readonly rows: number;
  readonly rejected: number;
  readonly maxRejectedShare: number;
  readonly now: number;
}

/** Decides whether a version is good enough to be used where no version is named. */
export function judgeQuality(measured: Measured, columns: readonly Column[]): QualityReport {
  const { rows, rejected, maxRejectedShare } = measured;
  const failures: string[] = [];
  const rules = measured.rules.map(({ column, rule, action, failed }): RuleResult => {
    if (rule !== "maxAge") return { column, rule, action, failed };
    const maxAge = columns.find(({ name }) => name === column)?.rules?.maxAge ?? "0ms";
    const newest = measured.newest[measured.columns.findIndex(({ name }) => name === column)];
    const age = newest === undefined ? undefined : measured.now - newest;
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
  return { passed: failures.length === 0, failures, rows, rejected, columns: measured.columns, rules };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
