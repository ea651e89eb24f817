import { MusterError, type Problem } from "@muster/kernel";
import type { Datatype, Tensor, Tensors } from "../tensor/tensor.ts";

/** An input or output of a model. A size of −1 may vary; the first one that varies counts rows. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** What a model takes and gives, as its file says. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Whether every input and output has rows first, so that requests can be joined and answers cut apart. */
export function hasRowsFirst(signature: Signature): boolean {
  return [...signature.inputs, ...signature.outputs].every((spec) => spec.shape[0] === -1);
}

/**
 * Number of rows in a request whose inputs fit the signature.
 * @throws {MusterError} `invalid-request` naming every input that is missing, unknown, of another
 *   datatype or shape, empty, or of another number of rows than the first one.
 */
export function checkInputs(signature: Signature, inputs: Tensors, maxRows: number): number {
  const problems: Problem[] = [];
  let rows: number | undefined;
  for (const spec of signature.inputs) {
    const tensor = inputs.get(spec.name);
    if (tensor === undefined) {
      problems.push({ path: spec.name, message: `is missing; the model needs ${describe(spec)}` });
      continue;
    }
    const message = misfit(spec, tensor);
    if (message !== undefined) {
      problems.push({ path: spec.name, message });
      continue;
    }
    if (spec.shape[0] !== -1) continue;
    const own = tensor.shape[0] ?? 0;
    if (own === 0) problems.push({ path: spec.name, message: "has no rows; at least one is needed" });
    else if (own > maxRows)
      problems.push({ path: spec.name, message: `has ${own} rows; at most ${maxRows} are allowed` });
    else if (rows !== undefined && own !== rows)
      problems.push({ path: spec.name, message: `has ${own} rows where the input before it has ${rows}` });
    rows ??= own;
  }
  for (const name of inputs.keys()) {
    if (!signature.inputs.some((spec) => spec.name === name)) {
      problems.push({ path: name, message: `is not an input of the model; it takes ${names(signature.inputs)}` });
    }
  }
  if (problems.length > 0) throw new MusterError("invalid-request", "the inputs do not fit the model", { problems });
  return rows ?? 1;
}

/** @throws {MusterError} `invalid-request` when a wanted output is not one of the model. */
export function checkOutputs(signature: Signature, wanted: readonly string[]): void {
  const problems = wanted
    .filter((name) => !signature.outputs.some((spec) => spec.name === name))
    .map((name) => ({ path: name, message: `is not an output of the model; it gives ${names(signature.outputs)}` }));
  if (problems.length > 0) throw new MusterError("invalid-request", "the outputs do not fit the model", { problems });
}

/** `FP32 [-1,4]`, for messages. */
export function describe(spec: TensorSpec): string {
  return `${spec.datatype} [${spec.shape.join(",")}]`;
}

function misfit(spec: TensorSpec, tensor: Tensor): string | undefined {
  if (tensor.datatype !== spec.datatype) return `must be ${spec.datatype}, not ${tensor.datatype}`;
  const fits =
    tensor.shape.length === spec.shape.length &&
    spec.shape.every((size, index) => size === -1 || size === tensor.shape[index]);
  return fits ? undefined : `must have the shape [${spec.shape.join(",")}], not [${tensor.shape.join(",")}]`;
}

function names(specs: readonly TensorSpec[]): string {
  return specs.map((spec) => `"${spec.name}"`).join(", ");
}
