import { dirname } from "node:path";
import type { Column } from "../../domain/dataset/column.ts";
import type { IngestOrder } from "../../domain/dataset/data-engine.ts";
import type { Measures } from "../../domain/dataset/quality.ts";
import { rulesOf } from "../../domain/dataset/rules-of-columns.ts";
import { Refusal } from "./refusal.ts";
import { type Session, textOf } from "./session.ts";
import { identifier, literal } from "./sql-text.ts";
import { csvSource, lineSource, MAX_CSV_FAULTS } from "./sources.ts";
import { brokenCondition, measureSql, ROW } from "./rules.ts";

const DATA = "output.main.data";
const REJECTED = "output.main.rejected";

/** Reads a file into a table file: good rows into `data`, the others with their reasons into `rejected`. */
export async function ingest(session: Session, order: IngestOrder): Promise<Measures> {
  checkColumns(order);
  await session.attach(order.table, "output", "READ_WRITE");
  await session.confine([order.source], dirname(order.table));
  await session.run(`CREATE TABLE ${REJECTED} (line BIGINT, reasons VARCHAR, content VARCHAR)`);
  await load(session, order);
  const measures = await applyRules(session, order);
  await session.run("CHECKPOINT output");
  return measures;
}

function checkColumns({ detection, columns }: IngestOrder): void {
  const names = columns.map(({ name }) => name.toLowerCase());
  if (new Set(names).size !== names.length) throw new Refusal("data-invalid", "two columns have the same name");
  const detected = new Set(detection.columns.map(({ name }) => name));
  const unknown = columns.find(({ name }) => !detected.has(name));
  if (unknown) throw new Refusal("data-invalid", `the file has no column "${unknown.name}"`);
}

function load(session: Session, order: IngestOrder): Promise<void> {
  switch (order.detection.format) {
    case "csv":
      return loadCsv(session, order);
    case "jsonl":
      return loadJsonLines(session, order);
    case "parquet":
      return loadParquet(session, order);
  }
}

async function loadCsv(session: Session, { source, detection, columns }: IngestOrder): Promise<void> {
  if (!detection.csv) throw new Refusal("data-invalid", "the file was not looked at as CSV");
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  // Columns that are not wanted are read as text, which holds everything.
  const read = detection.columns.map(({ name }) => ({ name, type: types.get(name) ?? "VARCHAR" }));
  const wanted = columns.map(({ name }) => identifier(name)).join(", ");
  await session.run(`CREATE TABLE ${DATA} AS SELECT ${wanted} FROM ${csvSource(source, detection.csv, read)}`);
  await refuseTooManyFaults(session);
  await keepUnreadable(session);
}

/** Faults above the limit were not recorded, so what is there would be neither all nor counted. */
async function refuseTooManyFaults(session: Session): Promise<void> {
  const [faults] = await session.objects(
    "SELECT count(*) AS count, min_by(line, line) AS line, min_by(error_message, line) AS message FROM reject_errors",
  );
  if (Number(faults?.["count"]) < MAX_CSV_FAULTS) return;
  throw new Refusal(
    "data-invalid",
    `more than ${MAX_CSV_FAULTS} rows or values do not fit; the first in line ${textOf(faults?.["line"])}: ${textOf(faults?.["message"])}`,
  );
}

/** Lines that the reader refused: ragged, of another encoding, too long, or with a value of another type. */
async function keepUnreadable(session: Session): Promise<void> {
  const places = "CASE WHEN column_name IS NULL THEN '' ELSE column_name || ': ' END";
  await session.run(`INSERT INTO ${REJECTED}
    SELECT line, string_agg(DISTINCT CASE error_type WHEN 'CAST' THEN error_message ELSE ${places} || error_message END, '; '),
      any_value(csv_line)
    FROM reject_errors GROUP BY line ORDER BY line`);
}

async function loadJsonLines(session: Session, { source, columns }: IngestOrder): Promise<void> {
  const shape = JSON.stringify(Object.fromEntries(columns.map(({ name }) => [name, "VARCHAR"])));
  // A line is parsed once; what is no JSON object has no members.
  const lines = `SELECT row_number() OVER () AS number, line,
      json_transform(CASE WHEN json_type(TRY_CAST(line AS JSON)) = 'OBJECT' THEN line END, ${literal(shape)}) AS member
    FROM ${lineSource(source)} WHERE line <> ''`;
  const cells = columns.map(({ name, type }) => ({ name, type, value: `member.${identifier(name)}` }));
  await session.run(`CREATE TEMP TABLE staged AS ${lines}`);
  const misfits = [`CASE WHEN member IS NULL THEN 'the line is not a JSON object' END`, ...cells.map(misfit)];
  const reasons = `list_filter([${misfits.join(", ")}], reason -> reason IS NOT NULL)`;
  await session.run(`INSERT INTO ${REJECTED}
    SELECT number, array_to_string(reasons, '; '), line FROM (SELECT *, ${reasons} AS reasons FROM staged)
    WHERE len(reasons) > 0`);
  await keepUnreadable(session);
  await session.run(`CREATE TABLE ${DATA} AS SELECT ${cells.map(cast).join(", ")}
    FROM staged WHERE member IS NOT NULL ${cells.map((cell) => ` AND NOT ${isMisfit(cell)}`).join("")} ORDER BY number`);
  await session.run("DROP TABLE staged");
}

async function loadParquet(session: Session, { source, columns }: IngestOrder): Promise<void> {
  const file = `read_parquet(${literal(source)})`;
  const inFile = new Map(
    (await session.read(`SELECT * FROM ${file} LIMIT 0`)).columns.map(({ name, type }) => [name, type]),
  );
  const cells = columns.map(({ name, type }) => ({ name, type, value: identifier(name) }));
  const casts = cells.filter(({ name, type }) => inFile.get(name) !== type);
  const good = casts.map((cell) => `NOT ${isMisfit(cell)}`).join(" AND ");
  await session.run(
    `CREATE TABLE ${DATA} AS SELECT ${cells.map(cast).join(", ")} FROM ${file} ${good === "" ? "" : `WHERE ${good}`}`,
  );
  if (good === "") return;
  const reasons = `list_filter([${casts.map(misfit).join(", ")}], reason -> reason IS NOT NULL)`;
  await session.run(`INSERT INTO ${REJECTED}
    SELECT file_row_number + 1, array_to_string(${reasons}, '; '), CAST(to_json(${ROW}) AS VARCHAR)
    FROM read_parquet(${literal(source)}, file_row_number = true) AS ${ROW} WHERE NOT (${good})`);
}

interface CastCell {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

function cast({ name, type, value }: CastCell): string {
  return `TRY_CAST(${value} AS ${type}) AS ${identifier(name)}`;
}

function isMisfit({ type, value }: CastCell): string {
  return `(${value} IS NOT NULL AND TRY_CAST(${value} AS ${type}) IS NULL)`;
}

function misfit(cell: CastCell): string {
  const shown = `left(CAST(${cell.value} AS VARCHAR), 100)`;
  return `CASE WHEN ${isMisfit(cell)} THEN ${literal(`${cell.name}: `)} || ${shown} || ${literal(` is not ${cell.type}`)} END`;
}

async function applyRules(session: Session, order: IngestOrder): Promise<Measures> {
  const { columns } = order;
  const rules = rulesOf(columns);
  const failed = await countFailures(session, columns);
  const rejecting = rules.filter(
    ({ rule, action }, index) => rule !== "maxAge" && action === "reject" && (failed[index] ?? 0) > 0,
  );
  if (rejecting.length > 0) {
    if (columns.some(({ name }) => name.toLowerCase() === "rowid")) {
      throw new Refusal("data-invalid", 'rows with a column "rowid" cannot be told apart; leave it out of the columns');
    }
    const checks = rejecting.map((each) => {
      const column = columns.find(({ name }) => name === each.column) as Column;
      return `CASE WHEN ${brokenCondition(column, each.rule, DATA)} THEN ${literal(`${each.column}: ${each.sentence}`)} END`;
    });
    await session.run(`CREATE TEMP TABLE broken AS SELECT row_id, reasons FROM (
        SELECT rowid AS row_id, list_filter([${checks.join(", ")}], reason -> reason IS NOT NULL) AS reasons FROM ${DATA} AS ${ROW})
      WHERE len(reasons) > 0`);
    await session.run(`INSERT INTO ${REJECTED}
      SELECT NULL, array_to_string(reasons, '; '), CAST(to_json(${ROW}) AS VARCHAR)
      FROM ${DATA} AS ${ROW} JOIN broken ON ${ROW}.rowid = row_id ORDER BY row_id`);
    await session.run(`DELETE FROM ${DATA} WHERE rowid IN (SELECT row_id FROM broken)`);
    await session.run("DROP TABLE broken");
  }
  const [rejected] = await session.objects(`SELECT count(*) AS count FROM ${REJECTED}`);
  const [measured] = await session.objects(measureSql(columns, DATA));
  return {
    columns: columns.map(({ name, type }, index) => ({
      name,
      type,
      nulls: Number(measured?.[`nulls_${index}`]),
      min: textOrNull(measured?.[`min_${index}`]),
      max: textOrNull(measured?.[`max_${index}`]),
    })),
    newest: columns.map((_, index) => {
      const newest = measured?.[`newest_${index}`];
      return newest === null || newest === undefined ? null : Number(newest);
    }),
    failed,
    rows: Number(measured?.["rows"]),
    rejected: Number(rejected?.["count"]),
  };
}

/** Rows that break each rule, in the order of the rules. */
async function countFailures(session: Session, columns: readonly Column[]): Promise<readonly number[]> {
  const conditions = rulesOf(columns).map(({ column, rule }) =>
    brokenCondition(columns.find(({ name }) => name === column) as Column, rule, DATA),
  );
  if (conditions.length === 0) return [];
  const counts = conditions.map((condition) => `count(*) FILTER (WHERE ${condition})`).join(", ");
  const { rows } = await session.read(`SELECT ${counts} FROM ${DATA} AS ${ROW}`);
  return (rows[0] ?? []).map(Number);
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
