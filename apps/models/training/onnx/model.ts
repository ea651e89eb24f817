import { bytes, concat, float, floats, integer, integers, message, type Bytes } from "./protobuf.ts";

/** Element types of ONNX tensors (TensorProto.DataType) that ONNX Runtime carries to and from JavaScript. */
export const ELEMENT = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
} as const;
export type Element = (typeof ELEMENT)[keyof typeof ELEMENT];

/** An input or output of the graph. A text dimension is symbolic: `batch`. */
export interface GraphValue {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly (number | string)[];
}

/** A constant of the graph: numbers in row-major order. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export type Attribute =
  | { readonly name: string; readonly kind: "int"; readonly value: number }
  | { readonly name: string; readonly kind: "float"; readonly value: number }
  | { readonly name: string; readonly kind: "string"; readonly value: string }
  | { readonly name: string; readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly name: string; readonly kind: "floats"; readonly value: ArrayLike<number> }
  | { readonly name: string; readonly kind: "strings"; readonly value: readonly string[] };

export interface Node {
  readonly op: string;
  /** `ai.onnx.ml` for tree ensembles; absent for the default operators. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly Attribute[];
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly weights: readonly Weight[];
  /** Constants of 64-bit whole numbers: shapes and indices. */
  readonly integers?: readonly Weight[];
  readonly nodes: readonly Node[];
}

/** Operator sets that the graphs are written against; both are read by every ONNX Runtime since 1.15. */
const OPSET = 13;
const ML_OPSET = 3;
/** Version of the file format: ONNX 1.12 and later. */
const IR_VERSION = 8;

/**
 * Writes a graph as an ONNX file (onnx.proto3, message ModelProto). The same graph gives the same
 * bytes, so that a model can be compared with its training run by digest.
 */
export function writeOnnx(graph: Graph): Bytes {
  const usesTrees = graph.nodes.some((node) => node.domain === "ai.onnx.ml");
  return concat([
    integer(1, IR_VERSION),
    bytes(2, "muster"),
    message(7, [
      ...graph.nodes.map((node, index) => message(1, nodeFields(node, index))),
      bytes(2, graph.name),
      ...graph.weights.map((weight) => message(5, weightFields(weight))),
      ...(graph.integers ?? []).map((constant) => message(5, integerFields(constant))),
      ...graph.inputs.map((value) => message(11, valueFields(value))),
      ...graph.outputs.map((value) => message(12, valueFields(value))),
    ]),
    message(8, [bytes(1, ""), integer(2, OPSET)]),
    ...(usesTrees ? [message(8, [bytes(1, "ai.onnx.ml"), integer(2, ML_OPSET)])] : []),
  ]);
}

function nodeFields(node: Node, index: number): Bytes[] {
  return [
    ...node.inputs.map((name) => bytes(1, name)),
    ...node.outputs.map((name) => bytes(2, name)),
    bytes(3, `${node.op}_${index}`),
    bytes(4, node.op),
    ...(node.attributes ?? []).map((attribute) => message(5, attributeFields(attribute))),
    ...(node.domain === undefined ? [] : [bytes(7, node.domain)]),
  ];
}

function attributeFields(attribute: Attribute): Bytes[] {
  const name = bytes(1, attribute.name);
  switch (attribute.kind) {
    case "float":
      return [name, float(2, attribute.value), integer(20, 1)];
    case "int":
      return [name, integer(3, attribute.value), integer(20, 2)];
    case "string":
      return [name, bytes(4, attribute.value), integer(20, 3)];
    case "floats":
      return [name, floats(7, attribute.value), integer(20, 6)];
    case "ints":
      return [name, integers(8, attribute.value), integer(20, 7)];
    case "strings":
      return [name, ...attribute.value.map((each) => bytes(9, each)), integer(20, 8)];
  }
}

function weightFields(weight: Weight): Bytes[] {
  const raw = new Uint8Array(Float32Array.from(weight.values).buffer);
  return [integers(1, weight.shape), integer(2, ELEMENT.FLOAT), bytes(8, weight.name), bytes(9, raw)];
}

function integerFields(constant: Weight): Bytes[] {
  const raw = new Uint8Array(BigInt64Array.from(Array.from(constant.values, BigInt)).buffer);
  return [integers(1, constant.shape), integer(2, ELEMENT.INT64), bytes(8, constant.name), bytes(9, raw)];
}

function valueFields(value: GraphValue): Bytes[] {
  const dimensions = value.shape.map((size) =>
    message(1, [typeof size === "number" ? integer(1, size) : bytes(2, size)]),
  );
  return [bytes(1, value.name), message(2, [message(1, [integer(1, value.element), message(2, dimensions)])])];
}
