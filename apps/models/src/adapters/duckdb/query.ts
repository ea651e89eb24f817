import type {
  ExportOrder,
  NamedTable,
  Page,
  PageOrder,
  QueryAnswer,
  QueryOrder,
} from "../../domain/dataset/data-engine.ts";
import type { Session } from "./session.ts";
import { identifier, literal } from "./sql-text.ts";
import { holdToTables } from "./statement.ts";

/** Runs a statement over tables; the whole result is kept in a file, and its first rows come back. */
export async function runQuery(session: Session, { tables, sql, result, limit }: QueryOrder): Promise<QueryAnswer> {
  holdToTables(
    await session.parse(sql),
    tables.map(({ name }) => name),
  );
  await attachTables(session, tables);
  await session.attach(result, "output", "READ_WRITE");
  await session.confine([]);
  const begun = performance.now();
  // The statement was parsed alone, as one SELECT, so it is one SELECT behind these words too.
  await session.run(`CREATE TABLE output.main.result AS ${sql}`);
  const elapsedMs = performance.now() - begun;
  // Whoever keeps the file keeps it without the log beside it.
  await session.run("CHECKPOINT output");
  const count = await session.read("SELECT count(*) FROM output.main.result");
  const page = await session.read(`SELECT * FROM output.main.result LIMIT ${limit}`);
  return { ...page, totalRows: Number(count.rows[0]?.[0]), elapsedMs };
}

export async function readPage(session: Session, { file, relation, offset, limit }: PageOrder): Promise<Page> {
  await session.attach(file, "input", "READ_ONLY");
  await session.confine([]);
  return session.read(`SELECT * FROM input.main.${identifier(relation)} LIMIT ${limit} OFFSET ${offset}`);
}

export async function exportRelation(session: Session, { file, relation, format, target }: ExportOrder): Promise<void> {
  await session.attach(file, "input", "READ_ONLY");
  await session.confine([target]);
  const source = `input.main.${identifier(relation)}`;
  const options = format === "csv" ? "FORMAT csv, HEADER true" : "FORMAT parquet, COMPRESSION zstd";
  // Without a temporary file beside the target, which would be one file more to allow.
  await session.run(`COPY (SELECT ${await columnsFor(session, source, format)} FROM ${source})
    TO ${literal(target)} (${options}, USE_TMP_FILE false)`);
}

/** Views by which statements know the tables. */
async function attachTables(session: Session, tables: readonly NamedTable[]): Promise<void> {
  for (const [index, { name, file }] of tables.entries()) {
    await session.attach(file, `input_${index}`, "READ_ONLY");
    await session.run(`CREATE TEMP VIEW ${identifier(name)} AS SELECT * FROM input_${index}.main.data`);
  }
}

/** Parquet has no 128-bit integers, and DuckDB would write them as floating-point numbers, which loses digits. */
export async function columnsFor(session: Session, source: string, format: ExportOrder["format"]): Promise<string> {
  if (format === "csv") return "*";
  const { columns } = await session.read(`SELECT * FROM ${source} LIMIT 0`);
  const wide = columns.filter(({ type }) => type === "HUGEINT" || type === "UHUGEINT");
  if (wide.length === 0) return "*";
  const casts = wide.map(({ name }) => `CAST(${identifier(name)} AS DECIMAL(38,0)) AS ${identifier(name)}`);
  return `* REPLACE (${casts.join(", ")})`;
}
