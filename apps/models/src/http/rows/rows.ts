import { MusterError, type Problem } from "@muster/kernel";
import type { TensorSpec } from "../../domain/model/signature.ts";
import type { ServedModel } from "../../domain/serving/served-model.ts";
import { elementCount, type Tensor, type Tensors } from "../../domain/tensor/tensor.ts";
import { tensorOf } from "../oip/request.ts";

/** A table as data frames are sent: names of columns, and rows of cells. */
export interface Frame {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * Tensors from instances, one for each row: a value or nested list for a model with one input, or an
 * object with a member for each input.
 */
export function tensorsOfInstances(model: ServedModel, instances: readonly unknown[]): Tensors {
  const { inputs } = model.signature;
  const [only] = inputs;
  if (only && inputs.length === 1 && !isMembers(instances[0])) {
    return new Map([[only.name, tensorOfNested(only, instances)]]);
  }
  return new Map(
    inputs.map((spec) => {
      const values = instances.map((instance, row) => {
        if (isMembers(instance) && spec.name in instance) return instance[spec.name];
        throw invalid(`instances[${row}]`, `must be an object with the member "${spec.name}"`);
      });
      return [spec.name, tensorOfNested(spec, values)];
    }),
  );
}

/** Tensors from columns: the nested list of the one input, or an object with one for each input. */
export function tensorsOfColumns(model: ServedModel, columns: unknown): Tensors {
  const { inputs } = model.signature;
  const [only] = inputs;
  if (Array.isArray(columns)) {
    if (!only || inputs.length !== 1)
      throw invalid("inputs", `must be an object with ${quoted(inputs.map(({ name }) => name))}`);
    return new Map([[only.name, tensorOfNested(only, columns)]]);
  }
  if (!isMembers(columns)) throw invalid("inputs", "must be a list, or an object with a list for each input");
  const unknown = Object.keys(columns).filter((name) => !inputs.some((spec) => spec.name === name));
  if (unknown.length > 0) throw invalid("inputs", `has ${quoted(unknown)}, which the model does not take`);
  return new Map(
    inputs.flatMap((spec) => {
      const values = columns[spec.name];
      // What is missing is named when the inputs are fitted to the model.
      return Array.isArray(values) ? [[spec.name, tensorOfNested(spec, values)] as const] : [];
    }),
  );
}

/** Tensors from a data frame: columns are found by the names of inputs, or by those of the card's columns. */
export function tensorsOfFrame(model: ServedModel, frame: Frame): Tensors {
  const { inputs } = model.signature;
  if (frame.rows.length === 0) throw invalid("data", "has no rows; at least one is needed");
  for (const [row, cells] of frame.rows.entries()) {
    if (cells.length !== frame.columns.length) {
      throw invalid(`row ${row}`, `has ${cells.length} cells where there are ${frame.columns.length} columns`);
    }
  }
  const [only] = inputs;
  const described =
    only && inputs.length === 1 ? model.card.inputs?.find(({ name }) => name === only.name)?.columns : undefined;
  if (only && described && described.length > 0 && !frame.columns.includes(only.name)) {
    const names = described.map(({ name }) => name);
    const places = placesOf(frame, names);
    return new Map([
      [
        only.name,
        tensorOfNested(
          only,
          frame.rows.map((cells) => places.map((place) => cells[place])),
        ),
      ],
    ]);
  }
  const places = placesOf(
    frame,
    inputs.map(({ name }) => name),
  );
  return new Map(
    inputs.map((spec, index) => {
      const values = frame.rows.map((cells) => cells[places[index] ?? -1]);
      return [spec.name, tensorOfNested(spec, values)];
    }),
  );
}

/** Answers row by row: plain values for a model with one output, or objects with a member for each. */
export function rowsOf(outputs: Tensors): readonly unknown[] {
  const columns = [...outputs].map(([name, tensor]) => [name, nested(name, tensor)] as const);
  const [only] = columns;
  if (only && columns.length === 1) return only[1];
  return (only?.[1] ?? []).map((_, row) => Object.fromEntries(columns.map(([name, values]) => [name, values[row]])));
}

function placesOf(frame: Frame, names: readonly string[]): readonly number[] {
  const problems: Problem[] = names
    .filter((name) => !frame.columns.includes(name))
    .map((name) => ({ path: "columns", message: `has no "${name}"` }));
  for (const column of frame.columns) {
    if (!names.includes(column))
      problems.push({ path: "columns", message: `has "${column}", which the model does not take` });
  }
  if (problems.length > 0) throw new MusterError("invalid-request", "the columns do not fit the model", { problems });
  return names.map((name) => frame.columns.indexOf(name));
}

/** A tensor from nested lists, whose shape they tell. A list of plain values fits a column of width 1. */
function tensorOfNested(spec: TensorSpec, values: readonly unknown[]): Tensor {
  const shape: number[] = [];
  for (let level: unknown = values; Array.isArray(level) && shape.length < spec.shape.length; level = level[0]) {
    shape.push(level.length);
  }
  const flat = values.flat(shape.length - 1);
  const isColumn = spec.shape.length === 2 && spec.shape[1] === 1 && shape.length === 1;
  if (isColumn) shape.push(1);
  if (flat.length !== elementCount(shape)) throw invalid(spec.name, "has rows of different lengths");
  return tensorOf(spec.name, spec.datatype, shape, flat);
}

/** A tensor as nested lists, rows first. @throws {MusterError} `invalid-request` for what JSON cannot carry. */
function nested(name: string, { datatype, shape, data }: Tensor): readonly unknown[] {
  const values = Array.from(data as ArrayLike<number | bigint | string>, (value, index) => {
    if (datatype === "BOOL") return value !== 0;
    if (typeof value === "bigint") return Number(value);
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw invalid(name, `is ${value} at ${index}, which JSON cannot carry; check the inputs for extreme values`);
    }
    return value;
  });
  let level: unknown[] = values;
  for (const size of shape.slice(1).toReversed()) {
    const next: unknown[] = [];
    for (let at = 0; at < level.length; at += size) next.push(level.slice(at, at + size));
    level = next;
  }
  return level;
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function invalid(path: string, message: string): MusterError {
  return new MusterError("invalid-request", "the rows do not fit the model", { problems: [{ path, message }] });
}
