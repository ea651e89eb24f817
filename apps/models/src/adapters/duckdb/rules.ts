import type { Column } from "../../domain/dataset/column.ts";
import type { RuleName } from "../../domain/dataset/rules-of-columns.ts";
import { identifier, literal } from "./sql-text.ts";

/** A table's alias where whole rows are meant; no file has a column of this name, which would be meant instead. */
export const ROW = '"row of muster"';

const SHOWN_CHARACTERS = 100;

/**
 * SQL that is true for rows which break a rule. A missing value breaks `required` and no other; no single row breaks
 * `maxAge`, which is about the newest.
 */
export function brokenCondition({ name, type, rules = {} }: Column, rule: RuleName, table: string): string {
  const value = `${ROW}.${identifier(name)}`;
  switch (rule) {
    case "required":
      return `${value} IS NULL`;
    case "min":
      return `coalesce(${value} < ${bound(rules.min, type)}, false)`;
    case "max":
      return `coalesce(${value} > ${bound(rules.max, type)}, false)`;
    case "pattern":
      return `coalesce(NOT regexp_full_match(CAST(${value} AS VARCHAR), ${literal(rules.pattern ?? "")}), false)`;
    case "unique":
      return `(${value} IS NOT NULL AND ${ROW}.rowid NOT IN
        (SELECT min(rowid) FROM ${table} WHERE ${identifier(name)} IS NOT NULL GROUP BY ${identifier(name)}))`;
    case "maxAge":
      return "false";
  }
}

/** One scan that measures every column: missing values, smallest, largest, and the newest as milliseconds. */
export function measureSql(columns: readonly Column[], table: string): string {
  const parts = columns.flatMap(({ name, type, rules }, index) => {
    const value = identifier(name);
    const shown = (end: string) =>
      `left(CAST(${end}(${type === "JSON" ? "NULL" : value}) AS VARCHAR), ${SHOWN_CHARACTERS})`;
    return [
      `count(*) - count(${value}) AS nulls_${index}`,
      `${shown("min")} AS min_${index}`,
      `${shown("max")} AS max_${index}`,
      ...(rules?.maxAge === undefined ? [] : [`epoch_ms(max(CAST(${value} AS TIMESTAMP))) AS newest_${index}`]),
    ];
  });
  return `SELECT count(*) AS rows, ${parts.join(", ")} FROM ${table}`;
}

function bound(value: number | string | undefined, type: string): string {
  return typeof value === "number" ? String(value) : `CAST(${literal(value ?? "")} AS ${type})`;
}
