import type { Datatype } from "../domain/tensor/tensor.ts";
import { ELEMENT, type Element, writeOnnx, type Node } from "../../training/onnx/model.ts";

/** ONNX's name for each element type of the Open Inference Protocol. */
const ELEMENT_OF: Readonly<Record<Datatype, Element>> = {
  BOOL: ELEMENT.BOOL,
  UINT8: ELEMENT.UINT8,
  UINT16: ELEMENT.UINT16,
  UINT32: ELEMENT.UINT32,
  UINT64: ELEMENT.UINT64,
  INT8: ELEMENT.INT8,
  INT16: ELEMENT.INT16,
  INT32: ELEMENT.INT32,
  INT64: ELEMENT.INT64,
  FP16: ELEMENT.FLOAT16,
  FP32: ELEMENT.FLOAT,
  FP64: ELEMENT.DOUBLE,
  BYTES: ELEMENT.STRING,
};

/** A model that gives back its input, `x` as `y`: rows of two elements of any type. */
export function identityModel(datatype: Datatype): Uint8Array {
  const value = (name: string) => ({ name, element: ELEMENT_OF[datatype], shape: ["batch", 2] }) as const;
  return writeOnnx({
    name: "identity",
    inputs: [value("x")],
    outputs: [value("y")],
    weights: [],
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  });
}

/** A model `y = x · factor` on one column of numbers. */
export function scalingModel(factor: number): Uint8Array {
  return model([{ op: "Mul", inputs: ["x", "factor"], outputs: ["y"] }], factor);
}

/** A model that normalises over the whole batch, so that rows influence each other. */
export function batchDependentModel(): Uint8Array {
  const axes = { name: "axis", kind: "int", value: 0 } as const;
  return model([{ op: "Softmax", inputs: ["x"], outputs: ["y"], attributes: [axes] }], 1);
}

/**
 * A model that computes for a very long time, or for a moment: 40 products of a matrix of that size. The
 * matrix comes from the input, because what does not is computed when the model is loaded.
 */
export function slowModel(size = 3_000): Uint8Array {
  const scalar = { name: "keepdims", kind: "int", value: 0 } as const;
  return model(
    [
      { op: "ReduceMax", inputs: ["x"], outputs: ["largest"], attributes: [scalar] },
      { op: "Mul", inputs: ["largest", "factor"], outputs: ["cell"] },
      { op: "Expand", inputs: ["cell", "size"], outputs: ["matrix"] },
      ...Array.from({ length: 40 }, (_, index): Node => {
        const from = index === 0 ? "matrix" : `m${index - 1}`;
        return { op: "MatMul", inputs: [from, "matrix"], outputs: [`m${index}`] };
      }),
      { op: "ReduceMax", inputs: ["m39"], outputs: ["max"], attributes: [scalar] },
      { op: "Mul", inputs: ["x", "max"], outputs: ["y"] },
    ],
    // Each product of two such matrices is such a matrix again, so that nothing overflows.
    1 / size,
    [{ name: "size", shape: [2], values: [size, size] }],
  );
}

function model(
  nodes: readonly Node[],
  factor: number,
  sizes: readonly { name: string; shape: readonly number[]; values: readonly number[] }[] = [],
): Uint8Array {
  return writeOnnx({
    name: "test",
    inputs: [{ name: "x", element: ELEMENT.FLOAT, shape: ["batch", 1] }],
    outputs: [{ name: "y", element: ELEMENT.FLOAT, shape: ["batch", 1] }],
    weights: [{ name: "factor", shape: [1], values: [factor] }],
    integers: sizes,
    nodes,
  });
}
