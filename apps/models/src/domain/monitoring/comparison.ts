import type { CsvDialect } from "../dataset/column.ts";
import type { DataEngine } from "../dataset/data-engine.ts";
import type { DatasetFiles } from "../dataset/dataset-files.ts";
import type { DatasetVersionRecord } from "../dataset/dataset-store.ts";
import type { DriftCounts } from "../dataset/drift.ts";
import { hasRowsFirst, type TensorSpec } from "../model/signature.ts";
import type { VersionRecord } from "../registry/registry.ts";
import { allocate, type Tensors } from "../tensor/tensor.ts";
import {
  columnKey,
  type RecordedCells,
  type RecordedColumn,
  recordedColumns,
  type RecordedValue,
  valuesOf,
} from "./recorded-columns.ts";

/** Rows with their values by column key. */
export interface CellRows {
  readonly rows: number;
  readonly cells: RecordedCells;
}

/** Counts of a column, and which one it is. */
export interface ColumnCounts {
  readonly column: RecordedColumn;
  readonly counts: DriftCounts;
}

export interface ComparisonParts {
  readonly engine: DataEngine;
  readonly files: DatasetFiles;
  /** Lets a version that is warm answer; rows at most {@link CHUNK_ROWS}. */
  readonly predict: (version: VersionRecord, inputs: Tensors, rows: number) => Promise<Tensors>;
}

/** Rows of the reference that are read, evenly spread over it, and answered by the model anew. */
const REFERENCE_ROWS = 10_000;
/** The same for a model whose rows must be asked one by one. */
const REFERENCE_ROWS_ONE_BY_ONE = 1_000;
/** Rows that the reference's share in a run: few, so that callers do not notice. */
export const CHUNK_ROWS = 64;

const DIALECT: CsvDialect = { encoding: "utf-8", delimiter: ",", quote: '"', header: false, skip: 0 };

/** The input columns of a model of which rows have values: those of tensors of which every column is there. */
export function sharedInputs(columns: readonly RecordedColumn[], there: readonly string[]): RecordedColumn[] {
  const names = new Set(there);
  const missing = new Set(columns.filter(({ name }) => !names.has(name)).map(({ tensor }) => tensor));
  return columns.filter(({ side, tensor }) => side === "input" && !missing.has(tensor));
}

/**
 * Counts how rows that a version answered differ from the reference. The reference's predictions are those of the same
 * version, so that what differs is the world and not the model.
 * @param excluded names of columns that are not compared.
 */
export async function compareWithReference(
  { engine, files, predict }: ComparisonParts,
  version: VersionRecord,
  reference: DatasetVersionRecord,
  current: AsyncIterable<CellRows>,
  excluded: ReadonlySet<string>,
): Promise<readonly ColumnCounts[]> {
  const { signature } = version.inspection;
  const all = recordedColumns(signature, version.card);
  const inputs = sharedInputs(
    all,
    reference.columns.map(({ name }) => name),
  );
  const isWhole = signature.inputs.every(({ name }) => inputs.some(({ tensor }) => tensor === name));
  const answers = isWhole && hasRowsFirst(signature) ? all.filter(({ side }) => side === "prediction") : [];
  const compared = [...inputs, ...answers].filter(({ name }) => !excluded.has(name));
  if (compared.length === 0) return [];

  const referenceRows = async function* (): AsyncGenerator<CellRows> {
    const isBatchable = version.inspection.batchable;
    const limit = isBatchable ? REFERENCE_ROWS : REFERENCE_ROWS_ONE_BY_ONE;
    const rows = await readReference({ engine, files }, reference, inputs, limit);
    const chunk = isBatchable ? CHUNK_ROWS : 1;
    for (let from = 0; from < rows.length; from += chunk) {
      const some = rows.slice(from, from + chunk);
      const tensors = tensorsOf(signature.inputs, inputs, some);
      const outputs = answers.length === 0 ? new Map() : await predict(version, tensors, some.length);
      const cells = Object.fromEntries(
        compared.map((column) => [
          columnKey(column),
          valuesOf(column, column.side === "input" ? tensors : outputs, some.length),
        ]),
      );
      yield { rows: some.length, cells };
    }
  };

  const work = await files.workPath();
  try {
    const sides = {
      reference: { file: `${work}.reference`, where: undefined },
      current: { file: `${work}.current`, where: undefined },
    };
    await makeTable({ engine, files }, compared, referenceRows(), `${work}.reference-rows`, sides.reference.file);
    await makeTable({ engine, files }, compared, current, `${work}.current-rows`, sides.current.file);
    const counted = await engine.drift({ ...sides, columns: compared.map((_, index) => tableColumn(index)) });
    return compared.flatMap((column, index) => {
      const counts = counted[index];
      return counts === undefined ? [] : [{ column, counts: { ...counts, column: column.name } }];
    });
  } finally {
    await files.discard(work);
  }
}

/** Columns of the tables are numbered, because names of columns may differ in nothing but capitals. */
function tableColumn(index: number): string {
  return `c${index}`;
}

async function makeTable(
  { engine, files }: Pick<ComparisonParts, "engine" | "files">,
  compared: readonly RecordedColumn[],
  rows: AsyncIterable<CellRows>,
  source: string,
  table: string,
): Promise<void> {
  await files.write(
    source,
    csvLines(
      compared.map((column) => columnKey(column)),
      rows,
    ),
  );
  const columns = compared.map(({ kind }, index) => ({
    name: tableColumn(index),
    type: kind === "number" ? "DOUBLE" : "VARCHAR",
  }));
  await engine.ingest({ source, table, detection: { format: "csv", csv: DIALECT, columns, sample: [] }, columns });
}

/** Rows as CSV without a head; a missing value is an empty cell without quotes. */
export async function* csvLines(keys: readonly string[], rows: AsyncIterable<CellRows>): AsyncGenerator<string> {
  for await (const { rows: count, cells } of rows) {
    let text = "";
    for (let row = 0; row < count; row += 1) {
      text += `${keys.map((key) => csvCell(cells[key]?.[row] ?? null)).join(",")}\n`;
    }
    yield text;
  }
}

export function csvCell(value: RecordedValue): string {
  if (value === null) return "";
  return typeof value === "number" ? String(value) : `"${value.replaceAll('"', '""')}"`;
}

type ReferenceRow = readonly (number | string)[];

/** Rows of a dataset that have every wanted value, evenly spread over it. */
async function readReference(
  { engine, files }: Pick<ComparisonParts, "engine" | "files">,
  { table, report }: DatasetVersionRecord,
  columns: readonly RecordedColumn[],
  limit: number,
): Promise<readonly ReferenceRow[]> {
  const names = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(", ");
  const step = Math.max(1, Math.ceil(report.rows / limit));
  const sql =
    step === 1
      ? `SELECT ${names} FROM reference`
      : `SELECT ${names} FROM (SELECT *, row_number() OVER () AS muster_place FROM reference) WHERE muster_place % ${step} = 0`;
  const work = await files.workPath();
  try {
    const tables = [{ name: "reference", file: await files.tablePath(table) }];
    const { rows } = await engine.query({ tables, sql, result: work, limit });
    return rows.flatMap((cells) => {
      const values = cells.map((cell, index) => valueOf(cell, columns[index]?.kind ?? "text"));
      return values.every((value) => value !== null) ? [values] : [];
    });
  } finally {
    await files.discard(work);
  }
}

function valueOf(cell: unknown, kind: RecordedColumn["kind"]): number | string | null {
  if (cell === null || cell === undefined || cell === "") return null;
  if (kind === "text") return typeof cell === "string" ? cell : JSON.stringify(cell);
  const number = Number(cell);
  return Number.isFinite(number) ? number : null;
}

/** Tensors of rows whose cells are in the order of the columns. */
function tensorsOf(
  specs: readonly TensorSpec[],
  columns: readonly RecordedColumn[],
  rows: readonly ReferenceRow[],
): Tensors {
  return new Map(
    specs.flatMap((spec) => {
      const places = columns.flatMap(({ tensor }, index) => (tensor === spec.name ? [index] : []));
      if (places.length === 0) return [];
      const data = allocate(spec.datatype, rows.length * places.length);
      for (const [row, cells] of rows.entries()) {
        for (const [offset, place] of places.entries()) {
          const value = cells[place] ?? 0;
          const at = row * places.length + offset;
          if (Array.isArray(data)) data[at] = String(value);
          else if (data instanceof BigInt64Array || data instanceof BigUint64Array)
            data[at] = BigInt(Math.round(Number(value)));
          else data[at] = spec.datatype === "BOOL" ? Number(value === "true") : Number(value);
        }
      }
      return [[spec.name, { datatype: spec.datatype, shape: [rows.length, ...spec.shape.slice(1)], data }] as const];
    }),
  );
}
