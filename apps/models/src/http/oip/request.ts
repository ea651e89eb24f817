import { MusterError, type Problem } from "@muster/kernel";
import { decodeElements, JSON_LENGTH_HEADER, type RawTensors } from "./binary.ts";
import type { Signature } from "../../domain/model/signature.ts";
import type { PredictionRequest } from "../../domain/serving/served-model.ts";
import {
  allocate,
  DATATYPES,
  elementCount,
  type Datatype,
  type Tensor,
  type TensorData,
} from "../../domain/tensor/tensor.ts";

/** A request of the Open Inference Protocol, read and ready to compute. */
export interface InferRequest extends PredictionRequest {
  readonly id?: string;
  /** Whether an output is wanted as raw bytes after the JSON. */
  readonly isBinary: (output: string) => boolean;
}

/** Sizes of a tensor that a reader accepts, so that a lying shape cannot make it reserve memory. */
const MAX_ELEMENTS = 2 ** 26;

/**
 * Reads an inference request. Data may be flat or nested, or raw bytes after the JSON where there are
 * such; it must agree with shape and datatype.
 * The model's signature is used only to say what was expected; fitting it is checked by the model.
 * @throws {MusterError} `invalid-request` with a sentence that names the place and what was expected.
 */
export function readInferRequest(body: unknown, signature: Signature, raw?: RawTensors): InferRequest {
  if (!isObject(body)) throw invalid("the body", "must be a JSON object");
  const { id, inputs, outputs, parameters } = body;
  if (id !== undefined && typeof id !== "string") throw invalid("id", "must be a string");
  if (parameters !== undefined && !isObject(parameters)) throw invalid("parameters", "must be an object");
  if (!Array.isArray(inputs)) throw invalid("inputs", "must be an array of tensors");
  const tensors = new Map<string, Tensor>();
  for (const [index, input] of inputs.entries()) {
    const name = nameOf(input, `inputs[${index}]`);
    if (tensors.has(name)) throw invalid(`inputs[${index}]`, `names "${name}" a second time`);
    tensors.set(name, readTensor(input, name, signature, raw));
  }
  raw?.finish();
  const wanted = outputs === undefined ? undefined : wantedOutputs(outputs);
  return {
    inputs: tensors,
    isBinary: parameters === undefined && outputs === undefined ? never : binaryOutputs(parameters, outputs),
    ...(id === undefined ? {} : { id }),
    ...(wanted === undefined ? {} : { outputs: wanted }),
  };
}

function readTensor(
  input: Readonly<Record<string, unknown>>,
  name: string,
  signature: Signature,
  raw: RawTensors | undefined,
): Tensor {
  const { datatype, shape, data, parameters } = input;
  if (!isDatatype(datatype)) {
    const expected = signature.inputs.find((spec) => spec.name === name)?.datatype;
    const hint = expected === undefined ? `one of ${DATATYPES.join(", ")}` : expected;
    throw invalid(name, `datatype must be ${hint}, not ${shown(datatype)}`);
  }
  if (!isShape(shape)) throw invalid(name, "shape must be an array of whole numbers, each 0 or more");
  const elements = elementCount(shape);
  const size = isObject(parameters) ? parameters["binary_data_size"] : undefined;
  if (size !== undefined) {
    if (!Number.isSafeInteger(size) || (size as number) < 0)
      throw invalid(name, "binary_data_size must be a number of bytes");
    if (raw === undefined) throw invalid(name, `binary_data_size needs the header ${JSON_LENGTH_HEADER}`);
    if (data !== undefined) throw invalid(name, "must have data or binary_data_size, not both");
    const bytes = raw.take(size as number, name);
    return { datatype, shape, data: decodeElements(datatype, elements, bytes, name) };
  }
  if (!Array.isArray(data)) throw invalid(name, "data must be an array, flat or nested as the shape says");
  if (elements > MAX_ELEMENTS) throw invalid(name, `shape [${shape.join()}] has more than ${MAX_ELEMENTS} elements`);
  const nested = Array.isArray(data[0]) && shape.length > 1;
  const given = nested ? undefined : data.length;
  if (given !== undefined && given !== elements) {
    throw invalid(name, `data has ${given} elements where shape [${shape.join()}] needs ${elements}`);
  }
  if (nested) checkNesting(data, shape, 0, name);
  const target = allocate(datatype, elements);
  fill(target, datatype, nested ? flattened(data, shape.length) : data, name);
  return { datatype, shape, data: target };
}

/**
 * A tensor from JSON values in row-major order.
 * @throws {MusterError} `invalid-request` naming the first value that the datatype cannot carry.
 */
export function tensorOf(
  name: string,
  datatype: Datatype,
  shape: readonly number[],
  values: readonly unknown[],
): Tensor {
  const data = allocate(datatype, values.length);
  fill(data, datatype, values, name);
  return { datatype, shape, data };
}

/** Copies JSON values into a tensor's storage and refuses each one that the datatype cannot carry. */
function fill(target: TensorData, datatype: Datatype, values: readonly unknown[], name: string): void {
  // One plain loop each, because this runs for every prediction.
  if (datatype === "FP32") {
    const numbers = target as Float32Array;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index];
      if (typeof value !== "number") throw wrongElement(name, index, value, "a number");
      numbers[index] = value;
      // What is finite in 64 bits but not in 32 has become infinite, and so has 1e999 on parsing.
      if (!Number.isFinite(numbers[index])) throw wrongElement(name, index, value, "a number that FP32 can carry");
    }
    return;
  }
  const accept = ELEMENT_READERS[datatype];
  for (let index = 0; index < values.length; index += 1) {
    const element = accept.read(values[index]);
    if (element === undefined) throw wrongElement(name, index, values[index], accept.expected);
    (target as unknown[])[index] = element;
  }
}

interface ElementReader {
  readonly expected: string;
  /** The element as the tensor stores it, or undefined when it cannot. */
  read(value: unknown): number | bigint | string | undefined;
}

function wholeNumber(min: number, max: number): ElementReader {
  return {
    expected: `a whole number from ${min} to ${max}`,
    read: (value) =>
      Number.isInteger(value) && (value as number) >= min && (value as number) <= max ? (value as number) : undefined,
  };
}

/** JSON numbers above 2^53 have lost digits when they arrive, so they are refused instead of changed. */
function longNumber(min: number): ElementReader {
  return {
    expected: `a whole number from ${min} to ${Number.MAX_SAFE_INTEGER}; larger ones need the binary extension`,
    read: (value) => (Number.isSafeInteger(value) && (value as number) >= min ? BigInt(value as number) : undefined),
  };
}

function realNumber(max: number, datatype: Datatype): ElementReader {
  return {
    expected: `a number that ${datatype} can carry`,
    read: (value) => (typeof value === "number" && Math.abs(value) <= max ? value : undefined),
  };
}

const ELEMENT_READERS: Readonly<Record<Exclude<Datatype, "FP32">, ElementReader>> = {
  BOOL: {
    expected: "true or false",
    read: (value) => (typeof value === "boolean" ? Number(value) : undefined),
  },
  UINT8: wholeNumber(0, 255),
  UINT16: wholeNumber(0, 65_535),
  UINT32: wholeNumber(0, 4_294_967_295),
  UINT64: longNumber(0),
  INT8: wholeNumber(-128, 127),
  INT16: wholeNumber(-32_768, 32_767),
  INT32: wholeNumber(-2_147_483_648, 2_147_483_647),
  INT64: longNumber(Number.MIN_SAFE_INTEGER),
  FP16: realNumber(65_504, "FP16"),
  FP64: realNumber(Number.MAX_VALUE, "FP64"),
  BYTES: {
    expected: "a string",
    read: (value) => (typeof value === "string" ? value : undefined),
  },
};

function checkNesting(data: readonly unknown[], shape: readonly number[], depth: number, name: string): void {
  if (data.length !== shape[depth]) {
    throw invalid(
      name,
      `data has ${data.length} entries at depth ${depth + 1} where shape [${shape.join()}] needs ${shape[depth]}`,
    );
  }
  if (depth === shape.length - 1) return;
  for (const part of data) {
    if (!Array.isArray(part))
      throw invalid(name, `data must be flat, or nested ${shape.length} deep as shape [${shape.join()}] says`);
    checkNesting(part, shape, depth + 1, name);
  }
}

/** Opens exactly as many levels as were checked, so that a deeper nesting is met as a wrong element. */
function flattened(data: readonly unknown[], rank: number): readonly unknown[] {
  return data.flat(rank - 1);
}

function wantedOutputs(outputs: unknown): readonly string[] | undefined {
  if (!Array.isArray(outputs)) throw invalid("outputs", "must be an array of objects with a name");
  if (outputs.length === 0) return undefined;
  return outputs.map((output, index) => nameOf(output, `outputs[${index}]`));
}

function never(): boolean {
  return false;
}

/** An output says it for itself; `binary_data_output` says it for those that do not. */
function binaryOutputs(
  parameters: Readonly<Record<string, unknown>> | undefined,
  outputs: unknown,
): (name: string) => boolean {
  const all = parameters?.["binary_data_output"] === true;
  const said = new Map<string, boolean>();
  for (const output of Array.isArray(outputs) ? outputs : []) {
    const own = isObject(output) && isObject(output["parameters"]) ? output["parameters"]["binary_data"] : undefined;
    if (typeof own === "boolean") said.set(String((output as { name?: unknown }).name), own);
  }
  return (name) => said.get(name) ?? all;
}

function nameOf(value: unknown, path: string): string {
  if (!isObject(value) || typeof value["name"] !== "string") throw invalid(path, "must be an object with a name");
  return value["name"];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDatatype(value: unknown): value is Datatype {
  return DATATYPES.includes(value as Datatype);
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= 16 && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function wrongElement(name: string, index: number, value: unknown, expected: string): MusterError {
  return invalid(name, `data[${index}] must be ${expected}, not ${shown(value)}`);
}

/** A value as a message may repeat it: short, and never a whole document. */
function shown(value: unknown): string {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return "a number beyond 64 bits";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function invalid(path: string, message: string): MusterError {
  const problem: Problem = { path, message };
  return new MusterError("invalid-request", "the request is not an inference request", { problems: [problem] });
}
