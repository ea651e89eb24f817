import { MusterError } from "@muster/kernel";
import type { Cell } from "../dataset/column.ts";
import type { ServedModel } from "../serving/served-model.ts";
import { allocate, type Tensor, type TensorData, type Tensors } from "../tensor/tensor.ts";
import type { InputColumns, JobPlan, OutputColumn } from "./job.ts";
import type { Slice, SliceAnswer } from "./job-engine.ts";

export interface SlicePredictor {
  /** The model in memory; it may have been taken out since the last slice. */
  readonly model: () => Promise<ServedModel>;
  /** Resolves when a model that refused so many times in a row may be asked again; throws when nobody wants the answer. */
  readonly comeBack: (times: number) => Promise<void>;
}

/** How often rows are tried again that a model refuses because it has too much to do, or has died. */
const MAX_REFUSALS_TOGETHER = 5;
const MAX_REFUSALS = 30;

/**
 * Predicts the rows of a slice in one run. When the model cannot compute with them, they are halved until the rows
 * that are to blame stand alone. So are rows that a model refuses again and again: it may have too much to do, but they
 * may also be what its process dies of. Rows of a model that lets rows influence each other are predicted one by one, as
 * somebody who asked for each of them would get them.
 * @throws {MusterError} for what is no fault of a row.
 */
export async function predictSlice(
  plan: JobPlan,
  slice: Slice,
  predictor: SlicePredictor,
): Promise<Omit<SliceAnswer, "isLast">> {
  const outputs = plan.outputs.map(() => Array<Cell>(slice.rows).fill(null));
  const failed: SliceAnswer["failed"][number][] = [];

  async function predict(from: number, rows: number): Promise<void> {
    const model = await predictor.model();
    if (rows > 1 && !isRowByRow(model)) {
      if (await attempt(model, from, rows)) return;
      const half = Math.ceil(rows / 2);
      await predict(from, half);
      await predict(from + half, rows - half);
      return;
    }
    for (let row = from; row < from + rows; row += 1) await attempt(await predictor.model(), row, 1);
  }

  /** Whether the rows are dealt with. A single one always is. */
  async function attempt(model: ServedModel, from: number, rows: number, refusals = 0): Promise<boolean> {
    try {
      const given = await model.compute(tensorsOf(plan.inputs, slice, from, rows), rows);
      for (const [index, column] of plan.outputs.entries()) {
        putCells(outputs[index] ?? [], from, cellsOf(column, given.get(column.output), rows));
      }
      return true;
    } catch (error) {
      if (!(error instanceof MusterError)) throw error;
      if (error.code === "overloaded" && refusals < (rows === 1 ? MAX_REFUSALS : MAX_REFUSALS_TOGETHER)) {
        await predictor.comeBack(refusals + 1);
        return attempt(await predictor.model(), from, rows, refusals + 1);
      }
      if (error.code !== "invalid-request" && error.code !== "overloaded") throw error;
      if (rows === 1) failed.push({ row: from, reason: error.message });
      return rows === 1;
    }
  }

  if (slice.rows > 0) await predict(0, slice.rows);
  return { outputs, failed };
}

function isRowByRow({ batchable, signature }: ServedModel): boolean {
  return !batchable || signature.inputs.some((spec) => spec.shape[0] === 1);
}

function tensorsOf(inputs: readonly InputColumns[], slice: Slice, from: number, rows: number): Tensors {
  const tensors = new Map<string, Tensor>();
  let first = 0;
  for (const { input, datatype, rowShape, columns } of inputs) {
    const data = allocate(datatype, rows * columns.length);
    for (let index = 0; index < columns.length; index += 1) {
      const cells = slice.columns[first + index] ?? [];
      for (let row = 0; row < rows; row += 1) store(data, row * columns.length + index, cells[from + row]);
    }
    first += columns.length;
    tensors.set(input, { datatype, shape: [rows, ...rowShape], data });
  }
  return tensors;
}

function store(data: TensorData, at: number, cell: Cell): void {
  if (Array.isArray(data)) data[at] = String(cell);
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at] = BigInt(cell as string);
  // Truth values, and texts such as Infinity, are numbers here.
  else data[at] = Number(cell);
}

/** One cell for each row. @throws {MusterError} `model-invalid` for a model that gives another number of rows. */
function cellsOf({ output, isList }: OutputColumn, tensor: Tensor | undefined, rows: number): readonly Cell[] {
  if (!tensor || tensor.data.length % rows !== 0 || (rows > 1 && tensor.shape[0] !== rows)) {
    throw new MusterError("model-invalid", `output "${output}" does not have one row for each row of the inputs`);
  }
  const width = tensor.data.length / rows;
  const cells = Array.from(tensor.data as ArrayLike<number | bigint | string>, (value) => cellOf(tensor, value));
  if (!isList) return cells;
  return Array.from({ length: rows }, (_, row) => cells.slice(row * width, (row + 1) * width));
}

function cellOf({ datatype }: Tensor, value: number | bigint | string): Cell {
  if (datatype === "BOOL") return value !== 0;
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function putCells(target: Cell[], from: number, cells: readonly Cell[]): void {
  for (const [index, cell] of cells.entries()) target[from + index] = cell;
}
