import type { FedColumn } from "../../domain/jobs/job-engine.ts";
import type { Datatype } from "../../domain/tensor/tensor.ts";
import type { Session } from "./session.ts";
import { identifier, literal } from "./sql-text.ts";

/** What a datatype is in SQL. Those of floating point travel with all their digits and are rounded by the tensor. */
const FED_TYPE: Readonly<Record<Datatype, string>> = {
  BOOL: "BOOLEAN",
  UINT8: "UTINYINT",
  UINT16: "USMALLINT",
  UINT32: "UINTEGER",
  UINT64: "UBIGINT",
  INT8: "TINYINT",
  INT16: "SMALLINT",
  INT32: "INTEGER",
  INT64: "BIGINT",
  FP16: "DOUBLE",
  FP32: "DOUBLE",
  FP64: "DOUBLE",
  BYTES: "VARCHAR",
};
/** Largest finite numbers; what is larger in 64 bits would become infinite. */
const LARGEST: Readonly<Partial<Record<Datatype, string>>> = { FP16: "65504", FP32: "3.4028234663852886e38" };
const WHOLE = /^U?INT/;
const FRACTIONS = /^(FLOAT|DOUBLE|DECIMAL|VARCHAR)/;
const SHOWN_CHARACTERS = 60;

export const REASON = "reason of the platform";

/**
 * Rows as a model takes them: a column `value_0`, `value_1` and so on for each fed column, and why the row cannot be
 * taken, which is null for those that can.
 */
export async function fedRows(
  session: Session,
  columns: readonly FedColumn[],
  rows: { readonly offset: number; readonly limit: number },
): Promise<string> {
  const names = [...new Set(columns.map(({ column }) => column))];
  const from = `SELECT ${names.map(identifier).join(", ")} FROM input.main.data`;
  const types = new Map((await session.read(`${from} LIMIT 0`)).columns.map(({ name, type }) => [name, type]));
  const values = columns.map((fed, index) => `${valueOf(fed, types.get(fed.column) ?? "")} AS value_${index}`);
  const raw = names.map((name, index) => `${identifier(name)} AS raw_${index}`);
  const reasons = columns.map(({ column, datatype }, index) => {
    const shown = `left(CAST(raw_${names.indexOf(column)} AS VARCHAR), ${SHOWN_CHARACTERS})`;
    return `CASE WHEN raw_${names.indexOf(column)} IS NULL THEN ${literal(`${column} is missing`)}
      WHEN value_${index} IS NULL THEN ${literal(`${column}: `)} || ${shown} || ${literal(` is no ${datatype}`)} END`;
  });
  const reason = `nullif(array_to_string(list_distinct(list_filter([${reasons.join(", ")}], each -> each IS NOT NULL)), '; '), '')`;
  return `SELECT ${columns.map((_, index) => `value_${index}`).join(", ")}, ${reason} AS ${identifier(REASON)}
    FROM (SELECT ${[...values, ...raw].join(", ")} FROM (${from} LIMIT ${rows.limit} OFFSET ${rows.offset}))`;
}

/** The value as the datatype has it; null for what it cannot carry. Nothing is rounded to a whole number. */
function valueOf({ column, datatype }: FedColumn, type: string): string {
  const name = identifier(column);
  const cast = `TRY_CAST(${name} AS ${FED_TYPE[datatype]})`;
  const largest = LARGEST[datatype];
  if (largest !== undefined) return `CASE WHEN abs(${cast}) <= ${largest} OR NOT isfinite(${cast}) THEN ${cast} END`;
  if (WHOLE.test(datatype) && FRACTIONS.test(type)) {
    const number = `TRY_CAST(${name} AS DOUBLE)`;
    return `CASE WHEN ${number} = trunc(${number}) THEN ${cast} END`;
  }
  if (datatype === "BOOL" && type !== "BOOLEAN" && type !== "VARCHAR") {
    return `CASE WHEN ${name} IN (0, 1) THEN ${cast} END`;
  }
  return cast;
}
