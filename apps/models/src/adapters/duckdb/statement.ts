import { Refusal } from "./refusal.ts";

/** Functions that give tables and read nothing but their arguments. */
const TABLE_FUNCTIONS = new Set(["range", "generate_series", "unnest", "json_each", "json_tree"]);

/** Functions that tell of the process, that write, or that only wait. */
const REFUSED_FUNCTIONS = new Set([
  "current_setting",
  "getvariable",
  "current_query",
  "write_log",
  "parse_duckdb_log_message",
  "sleep_ms",
  "pg_sleep",
  "nextval",
  "currval",
  "json_execute_serialized_sql",
]);

/** Parts of a FROM clause that need no look, because what they contain is looked at. */
const PLAIN_SOURCES = new Set(["SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY", "PIVOT"]);
/** Keys under which the serialised statement keeps parts of a FROM clause. */
const SOURCE_KEYS = new Set(["from_table", "left", "right", "source"]);
const SYSTEM_NAME = /^(duckdb|pragma|sqlite|pg)_/;

/**
 * Holds a statement, as DuckDB's `json_serialize_sql` gives it, to what may be asked: one SELECT over the given
 * tables. Everything that is not known to be harmless is refused; what DuckDB itself refuses with its locked
 * configuration is refused here first, with a better sentence.
 * @throws {Refusal} `query-refused`.
 */
export function holdToTables(serialised: string, tables: readonly string[]): void {
  const tree = JSON.parse(serialised) as {
    readonly error: boolean;
    readonly error_type?: string;
    readonly error_message?: string;
    readonly statements?: readonly unknown[];
  };
  if (tree.error) {
    const isOther = tree.error_type === "not implemented";
    throw refused(isOther ? "only a SELECT can be asked" : (tree.error_message ?? "it is not SQL"));
  }
  if (tree.statements?.length !== 1) throw refused("ask exactly one statement");
  const known = new Set(tables.map((name) => name.toLowerCase()));
  for (const name of commonTables(tree.statements)) {
    if (SYSTEM_NAME.test(name)) throw refused(`"${name}" cannot be used as a name`);
    known.add(name);
  }
  look(tree.statements, known);
}

function look(part: unknown, known: ReadonlySet<string>, key?: string): void {
  if (Array.isArray(part)) {
    for (const each of part) look(each, known);
    return;
  }
  if (!isObject(part)) return;
  if (part["type"] === "BASE_TABLE") lookAtTable(part, known);
  else if (part["type"] === "TABLE_FUNCTION") lookAtTableFunction(part);
  else if (key !== undefined && SOURCE_KEYS.has(key) && part["class"] === undefined) lookAtSource(part);
  if (part["class"] === "FUNCTION") lookAtFunction(part);
  for (const [name, each] of Object.entries(part)) look(each, known, name);
}

function lookAtTable(part: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): void {
  const name = text(part["table_name"]);
  if (text(part["schema_name"]) !== "" || text(part["catalog_name"]) !== "") {
    throw refused(`name the table "${name}" without a schema`);
  }
  if (known.has(name)) return;
  const tables = [...known].filter((each) => each !== "").join(", ");
  throw refused(`there is no table "${name}"; the tables of this query are: ${tables === "" ? "none" : tables}`);
}

function lookAtTableFunction(part: Readonly<Record<string, unknown>>): void {
  const called = part["function"];
  const name = isObject(called) ? text(called["function_name"]) : "";
  if (!TABLE_FUNCTIONS.has(name)) throw refused(`the function "${name}" may not be used`);
}

function lookAtSource(part: Readonly<Record<string, unknown>>): void {
  const type = part["type"];
  // The two sides of a UNION are statements, not sources; what they contain is looked at.
  if (typeof type !== "string" || type.endsWith("_NODE")) return;
  if (!PLAIN_SOURCES.has(type)) throw refused("DESCRIBE, SHOW and SUMMARIZE cannot be asked");
}

function lookAtFunction(part: Readonly<Record<string, unknown>>): void {
  const name = text(part["function_name"]);
  if (REFUSED_FUNCTIONS.has(name)) throw refused(`the function "${name}" may not be used`);
}

/** Names that WITH gives, wherever it stands. */
function commonTables(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(commonTables);
  if (!isObject(part)) return [];
  const map = part["cte_map"];
  const entries = isObject(map) && Array.isArray(map["map"]) ? (map["map"] as readonly unknown[]) : [];
  const own = entries.map((entry) => (isObject(entry) ? text(entry["key"]) : ""));
  return [...own, ...Object.values(part).flatMap(commonTables)];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value.toLowerCase() : "";
}

function refused(message: string): Refusal {
  return new Refusal("query-refused", message);
}
