import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  FLOAT,
  INTEGER,
  LIST,
  listValue,
  SMALLINT,
  TINYINT,
  UBIGINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from "@duckdb/node-api";
import type { Cell } from "../../domain/dataset/column.ts";
import type { OutputColumn } from "../../domain/jobs/job.ts";
import type {
  JoinOrder,
  PartMeasures,
  PartOrder,
  ProbeAnswer,
  ProbeOrder,
  Slice,
  SliceAnswer,
} from "../../domain/jobs/job-engine.ts";
import type { Datatype } from "../../domain/tensor/tensor.ts";
import { fedRows, REASON } from "./fed-columns.ts";
import { columnsFor } from "./query.ts";
import type { Session } from "./session.ts";
import { identifier, literal } from "./sql-text.ts";

/** Whoever has slices predicted. */
export interface Peer {
  say(line: string): void;
  hear(): Promise<string>;
}

/** Slices on their way: while one is predicted, the next one is read. */
const AHEAD = 2;
const PARQUET = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false";
const CSV = "FORMAT csv, HEADER true, USE_TMP_FILE false";

const OUTPUT_TYPE: Readonly<Record<Datatype, DuckDBType>> = {
  BOOL: BOOLEAN,
  UINT8: UTINYINT,
  UINT16: USMALLINT,
  UINT32: UINTEGER,
  UINT64: UBIGINT,
  INT8: TINYINT,
  INT16: SMALLINT,
  INT32: INTEGER,
  INT64: BIGINT,
  FP16: FLOAT,
  FP32: FLOAT,
  FP64: DOUBLE,
  BYTES: VARCHAR,
};

export async function probe(session: Session, { table, limit, columns }: ProbeOrder): Promise<ProbeAnswer> {
  await session.attach(table, "input", "READ_ONLY");
  await session.confine([]);
  const rows = await fedRows(session, columns, { offset: 0, limit });
  const reason = identifier(REASON);
  const { rows: counted } = await session.read(
    `SELECT count(*), count(${reason}), first(${reason}) FILTER (${reason} IS NOT NULL) FROM (${rows})`,
  );
  const [count, unfit, why] = counted[0] ?? [];
  return { rows: Number(count), unfit: Number(unfit), reason: typeof why === "string" ? why : null };
}

/** Reads rows, has them predicted, and writes them with what came of it, in their order. */
export async function writePart(session: Session, order: PartOrder, peer: Peer): Promise<PartMeasures> {
  await session.attach(order.table, "input", "READ_ONLY");
  await session.confine([order.target]);
  const types = [...order.outputs.map(typeOf), VARCHAR];
  const names = [...order.outputs.map(({ column }) => column), order.errorColumn];
  const columns = names.map((name, index) => `${identifier(name)} ${types[index]?.toString() ?? ""}`);
  await session.run(`CREATE TABLE predicted (${columns.join(", ")})`);
  const measures = await predictRows(session, order, types, peer);
  const chosen = order.carry.map(identifier).join(", ");
  const rows =
    order.carry.length === 0
      ? "SELECT * FROM predicted"
      : `SELECT * FROM (SELECT ${chosen} FROM input.main.data LIMIT ${measures.rows} OFFSET ${order.offset}) POSITIONAL JOIN predicted`;
  // Parts keep every digit; see there.
  const kept = await columnsFor(session, `(${rows})`, "parquet");
  await session.run(`COPY (SELECT ${kept} FROM (${rows})) TO ${literal(order.target)} (${PARQUET})`);
  return measures;
}

export async function joinParts(session: Session, { parts, format, target }: JoinOrder): Promise<void> {
  await session.confine([...parts, target]);
  await session.run(`COPY (SELECT * FROM read_parquet([${parts.map(literal).join(", ")}]))
    TO ${literal(target)} (${format === "csv" ? CSV : PARQUET})`);
}

async function predictRows(
  session: Session,
  order: PartOrder,
  types: readonly DuckDBType[],
  peer: Peer,
): Promise<PartMeasures> {
  const appender = await session.appender("predicted");
  const sent: (readonly (string | null)[])[] = [];
  let rows = 0;
  let failed = 0;
  let isLast = false;

  async function takeAnswer(): Promise<void> {
    const reasons = sent.shift() ?? [];
    const answer = JSON.parse(await peer.hear()) as SliceAnswer;
    isLast ||= answer.isLast;
    const errors = errorsOf(reasons, answer);
    const chunk = DuckDBDataChunk.create(types, reasons.length);
    for (const [index, output] of order.outputs.entries()) {
      chunk.setColumnValues(index, spread(reasons, answer.outputs[index] ?? [], output));
    }
    chunk.setColumnValues(order.outputs.length, errors);
    appender.appendDataChunk(chunk);
    rows += reasons.length;
    failed += errors.filter((error) => error !== null).length;
  }

  const sql = await fedRows(session, order.columns, order);
  for await (const chunk of session.stream(sql)) {
    const reasons = chunk.at(-1) as readonly (string | null)[];
    for (let from = 0; from < reasons.length && !isLast; from += order.sliceRows) {
      const these = reasons.slice(from, from + order.sliceRows);
      peer.say(JSON.stringify(sliceOf(chunk.slice(0, -1), these, from)));
      sent.push(these);
      if (sent.length >= AHEAD) await takeAnswer();
    }
    if (isLast) break;
  }
  while (sent.length > 0) await takeAnswer();
  appender.closeSync();
  return { rows, failed };
}

/** What of some rows a model can be given. */
function sliceOf(columns: readonly (readonly unknown[])[], reasons: readonly (string | null)[], from: number): Slice {
  const good = reasons.flatMap((reason, index) => (reason === null ? [from + index] : []));
  return {
    read: reasons.length,
    rows: good.length,
    columns: columns.map((values) => good.map((row) => carried(values[row]))),
  };
}

/** A value as JSON carries it without loss. */
function carried(value: unknown): Cell {
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function errorsOf(reasons: readonly (string | null)[], { failed }: SliceAnswer): (string | null)[] {
  const byRow = new Map(failed.map(({ row, reason }) => [row, reason]));
  let row = 0;
  return reasons.map((reason) => {
    if (reason !== null) return reason;
    row += 1;
    return byRow.get(row - 1) ?? null;
  });
}

/** Values of rows that were predicted, with nothing where one was not. */
function spread(
  reasons: readonly (string | null)[],
  values: readonly Cell[],
  { datatype, isList }: OutputColumn,
): DuckDBValue[] {
  let row = 0;
  return reasons.map((reason) => {
    if (reason !== null) return null;
    const value = values[row];
    row += 1;
    if (value === null || value === undefined) return null;
    return isList ? listValue((value as Cell[]).map((each) => stored(each, datatype))) : stored(value, datatype);
  });
}

function stored(value: Cell, datatype: Datatype): DuckDBValue {
  if (datatype === "BYTES" || datatype === "BOOL") return value as string | boolean;
  return datatype === "INT64" || datatype === "UINT64" ? BigInt(value as string) : Number(value);
}

function typeOf({ datatype, isList }: OutputColumn): DuckDBType {
  return isList ? LIST(OUTPUT_TYPE[datatype]) : OUTPUT_TYPE[datatype];
}
