import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { CsvDialect, Detection, Encoding, NamedType } from "../../domain/dataset/column.ts";
import { COLUMN_LIMIT, COLUMN_TYPE_PATTERN } from "../../domain/dataset/column-type.ts";
import type { Hint } from "../../domain/dataset/data-engine.ts";
import { inferColumns } from "./infer-json.ts";
import { type Session, textOf } from "./session.ts";
import { identifier, literal } from "./sql-text.ts";
import { csvSource } from "./sources.ts";
import { Refusal } from "./refusal.ts";

const SAMPLE_ROWS = 20;
const SHOWN_CHARACTERS = 200;
const SNIFFED_ROWS = 20_480;
const SNIFFED_BYTES = 4_194_304;
const COLUMN_TYPE = new RegExp(COLUMN_TYPE_PATTERN);

/** Finds out what is in a file, without reading all of it. */
export async function detect(session: Session, file: string, hint: Hint): Promise<Detection> {
  await session.confine([file]);
  const found = await detectFormat(session, file, hint);
  if (found.columns.length === 0) throw new Refusal("data-invalid", "the file has no columns");
  if (found.columns.length > COLUMN_LIMIT) {
    throw new Refusal("data-invalid", `the file has ${found.columns.length} columns; ${COLUMN_LIMIT} are allowed`);
  }
  return { ...found, sample: found.sample.map((row) => row.map(shown)) };
}

/** A cell of the sample: enough to recognise it, whatever its length or depth. */
function shown(cell: unknown): unknown {
  if (typeof cell !== "object" && typeof cell !== "string") return cell;
  if (cell === null) return null;
  const text = typeof cell === "string" ? cell : nested(cell);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function nested(cell: object): string {
  try {
    return JSON.stringify(cell);
  } catch {
    // Nested more deeply than the stack is.
    return "…";
  }
}

function detectFormat(session: Session, file: string, hint: Hint): Promise<Detection> {
  switch (hint.format) {
    case "csv":
      return detectCsv(session, file, hint.csv);
    case "jsonl":
      return detectJsonLines(file);
    case "parquet":
      return detectParquet(session, file);
  }
}

async function detectCsv(session: Session, file: string, hint: Hint["csv"]): Promise<Detection> {
  const encoding = hint.encoding ?? (await encodingOf(file));
  const options = [
    `encoding=${literal(encoding)}`,
    // A few broken rows must not hide the shape of the others; they are rejected later, with their reasons.
    "ignore_errors=true",
    `sample_size=${SNIFFED_ROWS}`,
    ...(hint.delimiter === undefined ? [] : [`delim=${literal(hint.delimiter)}`]),
    ...(hint.quote === undefined ? [] : [`quote=${literal(hint.quote)}`]),
    ...(hint.header === undefined ? [] : [`header=${hint.header}`]),
    ...(hint.skip === undefined ? [] : [`skip=${hint.skip}`]),
  ];
  const [sniffed] = await session.objects(`SELECT Delimiter AS delimiter, HasHeader AS header, SkipRows AS skip,
    Quote AS quote, DateFormat AS date_format, TimestampFormat AS timestamp_format, Columns AS columns
    FROM sniff_csv(${literal(file)}, ${options.join(", ")})`);
  if (!sniffed) throw new Refusal("data-invalid", "the file is not CSV");
  const csv: CsvDialect = {
    encoding,
    delimiter: textOf(sniffed["delimiter"]),
    // The sample may have no quotes where later rows do.
    quote: sniffed["quote"] === "'" ? "'" : '"',
    header: Boolean(sniffed["header"]),
    skip: Number(sniffed["skip"]),
    ...(sniffed["date_format"] === null ? {} : { dateFormat: textOf(sniffed["date_format"]) }),
    ...(sniffed["timestamp_format"] === null ? {} : { timestampFormat: textOf(sniffed["timestamp_format"]) }),
  };
  const columns = (sniffed["columns"] as unknown as readonly NamedType[]).map(({ name, type }) => ({
    name,
    type: knownType(type),
  }));
  const texts = columns.map(({ name }) => ({ name, type: "VARCHAR" }));
  const sample = await session.read(`SELECT * FROM ${csvSource(file, csv, texts)} LIMIT ${SAMPLE_ROWS}`);
  return { format: "csv", csv, columns, sample: [...sample.rows] };
}

async function detectJsonLines(file: string): Promise<Detection> {
  const rows: Readonly<Record<string, unknown>>[] = [];
  const stream = createReadStream(file, { encoding: "utf8", end: SNIFFED_BYTES });
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (rows.length >= SNIFFED_ROWS) break;
    const row = objectIn(line);
    if (row) rows.push(row);
  }
  stream.destroy();
  if (rows.length === 0) throw new Refusal("data-invalid", "no line of the file is a JSON object");
  const columns = inferColumns(rows);
  const sample = rows.slice(0, SAMPLE_ROWS).map((row) => columns.map(({ name }) => row[name] ?? null));
  return { format: "jsonl", columns: [...columns], sample };
}

async function detectParquet(session: Session, file: string): Promise<Detection> {
  const source = `read_parquet(${literal(file)})`;
  const { columns } = await session.read(`SELECT * FROM ${source} LIMIT 0`);
  const known = columns.map(({ name, type }) => ({ name, type: knownType(type) }));
  const cells = known.map(({ name, type }) => `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`);
  const sample = await session.read(`SELECT ${cells.join(", ")} FROM ${source} LIMIT ${SAMPLE_ROWS}`);
  return { format: "parquet", columns: known, sample: [...sample.rows] };
}

function knownType(type: string): string {
  if (COLUMN_TYPE.test(type)) return type;
  if (type.startsWith("TIMESTAMP")) return "TIMESTAMP";
  // Blobs and enumerations are texts; lists, structures and maps are JSON.
  return /[[(]/.test(type) && !type.startsWith("ENUM") ? "JSON" : "VARCHAR";
}

/** UTF-16 by its mark, UTF-8 when the beginning is valid, otherwise the encoding in which everything is valid. */
async function encodingOf(file: string): Promise<Encoding> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let first = true;
  for await (const chunk of createReadStream(file, { end: SNIFFED_BYTES }) as AsyncIterable<Buffer>) {
    if (first && chunk.length >= 2 && (chunk.readUInt16BE() === 0xfffe || chunk.readUInt16BE() === 0xfeff))
      return "utf-16";
    first = false;
    try {
      decoder.decode(chunk, { stream: true });
    } catch {
      return "latin-1";
    }
  }
  return "utf-8";
}

function objectIn(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
