import { elementCount, type Tensors } from "../tensor/tensor.ts";
import type { ModelCard } from "../model/card.ts";
import type { Signature, TensorSpec } from "../model/signature.ts";

/** Whether a column is something that callers send or something that the model answers. */
export type Side = "input" | "prediction";

/** One number or text of each row, under the name that people know it by. */
export interface RecordedColumn {
  readonly side: Side;
  readonly name: string;
  readonly tensor: string;
  /** Place within a row of the tensor, and elements of such a row. */
  readonly offset: number;
  readonly width: number;
  readonly kind: "number" | "text";
  /** Texts for the numbers of a class, where the card gives them. */
  readonly labels?: readonly string[];
}

/** A value as it is recorded; null for what is no number. */
export type RecordedValue = number | string | null;

/** Values by column key ({@link columnKey}), one for each row. */
export type RecordedCells = Readonly<Record<string, readonly RecordedValue[]>>;

/** Elements of a row that are told apart; a wider tensor, such as an image, is not recorded. */
export const MAX_WIDTH = 100;

/**
 * The columns of a model that can be recorded: those of tensors with rows first. Inputs have the names of the card's
 * columns; without them, and for outputs, the tensor's own name, with a label or a number where it is wide.
 */
export function recordedColumns(signature: Signature, card: ModelCard): readonly RecordedColumn[] {
  const inputs = signature.inputs.flatMap((spec) => {
    const described = card.inputs?.find(({ name }) => name === spec.name)?.columns.map(({ name }) => name);
    return columnsOf("input", spec, described, undefined);
  });
  const outputs = signature.outputs.flatMap((spec) => {
    const labels = card.outputs?.find(({ name }) => name === spec.name)?.labels;
    const isWide = elementCount(spec.shape.slice(1)) > 1;
    const names = isWide ? labels?.map((label) => `${spec.name}.${label}`) : undefined;
    return columnsOf("prediction", spec, names, isWide ? undefined : labels);
  });
  return [...apart(inputs), ...apart(outputs)];
}

/** The name under which a column's values are kept: sides may share names, columns of a side may not. */
export function columnKey({ side, name }: Pick<RecordedColumn, "side" | "name">): string {
  return `${side}:${name}`;
}

/** Values of a column, row by row. */
export function valuesOf(column: RecordedColumn, tensors: Tensors, rows: number): RecordedValue[] {
  const tensor = tensors.get(column.tensor);
  if (tensor === undefined) return Array.from({ length: rows }, () => null);
  const { data } = tensor;
  const isBool = tensor.datatype === "BOOL";
  return Array.from({ length: rows }, (_, row) => {
    const value = data[row * column.width + column.offset];
    if (typeof value === "string") return recordedText(value);
    const number = Number(value);
    if (!Number.isFinite(number)) return null;
    if (isBool) return number === 0 ? "false" : "true";
    return column.labels?.[number] ?? (column.kind === "text" ? String(number) : number);
  });
}

/** Characters of a text that are kept: enough to tell values apart. */
const TEXT_LENGTH = 200;

/** A text as it can be stored: without what PostgreSQL's JSON cannot carry, and not longer than needed. */
export function recordedText(text: string): string {
  return text.slice(0, TEXT_LENGTH).toWellFormed().replaceAll("\0", "\uFFFD");
}

/** All of a request's values but those of excluded columns. */
export function cellsOf(
  columns: readonly RecordedColumn[],
  excluded: ReadonlySet<string>,
  tensors: { readonly inputs: Tensors; readonly outputs: Tensors },
  rows: number,
): RecordedCells {
  const cells: Record<string, readonly RecordedValue[]> = {};
  for (const column of columns) {
    if (excluded.has(column.name)) continue;
    cells[columnKey(column)] = valuesOf(column, column.side === "input" ? tensors.inputs : tensors.outputs, rows);
  }
  return cells;
}

function columnsOf(
  side: Side,
  spec: TensorSpec,
  names: readonly string[] | undefined,
  labels: readonly string[] | undefined,
): RecordedColumn[] {
  const [rows, ...row] = spec.shape;
  const width = elementCount(row);
  if (rows !== -1 || width < 1 || width > MAX_WIDTH) return [];
  const isText = spec.datatype === "BYTES" || spec.datatype === "BOOL" || labels !== undefined;
  return Array.from({ length: width }, (_, offset) => ({
    side,
    name: (names?.length === width ? names[offset] : undefined) ?? (width === 1 ? spec.name : `${spec.name}.${offset}`),
    tensor: spec.name,
    offset,
    width,
    kind: isText ? "text" : "number",
    ...(labels === undefined ? {} : { labels }),
  }));
}

/** Columns that two tensors call the same get the tensor's name in front. */
function apart(columns: readonly RecordedColumn[]): RecordedColumn[] {
  const seen = new Map<string, number>();
  for (const { name } of columns) seen.set(name, (seen.get(name) ?? 0) + 1);
  return columns.map((column) =>
    (seen.get(column.name) ?? 0) > 1 ? { ...column, name: `${column.tensor}.${column.offset}` } : column,
  );
}
