import type { Column, RuleResult } from "./column.ts";

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
