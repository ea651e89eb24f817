import type { NamedType } from "../../domain/dataset/column.ts";

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
const TIMESTAMP_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)$/;

/** Names and types of what JSON objects hold, in the order in which the names first appear. */
export function inferColumns(rows: readonly Readonly<Record<string, unknown>>[]): readonly NamedType[] {
  const types = new Map<string, string | undefined>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      const known = types.get(name);
      const seen = typeOf(value);
      types.set(name, known === undefined ? seen : seen === undefined ? known : joined(known, seen));
    }
  }
  return [...types].map(([name, type]) => ({ name, type: type ?? "VARCHAR" }));
}

function typeOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "boolean":
      return "BOOLEAN";
    case "number":
      return Number.isSafeInteger(value) ? "BIGINT" : "DOUBLE";
    case "string":
      return DATE.test(value)
        ? "DATE"
        : TIMESTAMP.test(value)
          ? "TIMESTAMP"
          : TIMESTAMP_ZONE.test(value)
            ? "TIMESTAMP WITH TIME ZONE"
            : "VARCHAR";
    default:
      return value === null ? undefined : "JSON";
  }
}

/** The narrowest type that holds both. */
function joined(a: string, b: string): string {
  if (a === b) return a;
  const both = new Set([a, b]);
  if (both.has("BIGINT") && both.has("DOUBLE")) return "DOUBLE";
  if (both.has("DATE") && both.has("TIMESTAMP")) return "TIMESTAMP";
  return both.has("JSON") ? "JSON" : "VARCHAR";
}
