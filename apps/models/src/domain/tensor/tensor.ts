/** Element types of the Open Inference Protocol. */
export const DATATYPES = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
] as const;

export type Datatype = (typeof DATATYPES)[number];

/** Elements in row-major order. BOOL is 0 or 1 in a Uint8Array; BYTES are texts. */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float16Array
  | Float32Array
  | Float64Array
  | string[];

export interface Tensor {
  readonly datatype: Datatype;
  /** Rows first, for a tensor that carries a batch. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Tensors by name. */
export type Tensors = ReadonlyMap<string, Tensor>;

const CONSTRUCTORS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Float16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

/** Room for a number of elements: zeros, or empty texts. */
export function allocate(datatype: Datatype, elements: number): TensorData {
  if (datatype === "BYTES") return Array.from({ length: elements }, () => "");
  return new CONSTRUCTORS[datatype](elements);
}

/** How many elements a shape holds; 1 for the empty shape of a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Joins tensors of one datatype and one row shape along the first dimension. */
export function joinRows(parts: readonly Tensor[]): Tensor {
  const first = parts[0];
  if (first === undefined) throw new RangeError("there is nothing to join");
  if (parts.length === 1) return first;
  let rows = 0;
  let elements = 0;
  for (const part of parts) {
    rows += part.shape[0] ?? 0;
    elements += part.data.length;
  }
  const data = allocate(first.datatype, elements);
  let at = 0;
  for (const part of parts) {
    copyInto(data, part.data, at);
    at += part.data.length;
  }
  return { datatype: first.datatype, shape: [rows, ...first.shape.slice(1)], data };
}

/** A view of rows `from` to `from + rows` of a tensor, without copying numbers. */
export function sliceRows(tensor: Tensor, from: number, rows: number): Tensor {
  const total = tensor.shape[0] ?? 0;
  if (from === 0 && rows === total) return tensor;
  const width = total === 0 ? 0 : tensor.data.length / total;
  const start = from * width;
  const end = start + rows * width;
  const data = Array.isArray(tensor.data) ? tensor.data.slice(start, end) : tensor.data.subarray(start, end);
  return { datatype: tensor.datatype, shape: [rows, ...tensor.shape.slice(1)], data };
}

function copyInto(target: TensorData, source: TensorData, at: number): void {
  if (Array.isArray(target)) {
    for (const [index, text] of (source as string[]).entries()) target[at + index] = text;
    return;
  }
  // Both arrays come from the same datatype, so their element kinds agree.
  (target as Float32Array).set(source as Float32Array, at);
}
