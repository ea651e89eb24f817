import { MusterError } from "@muster/kernel";
import { allocate, type Tensor, type TensorData, type Tensors } from "../tensor/tensor.ts";
import type { CardTensor, ModelCard } from "./card.ts";
import type { ModelSession } from "./runtime.ts";

/**
 * Runs a card's golden cases and compares the answers with what the training computed. It proves that
 * the file, the runtime and the machine agree, and it warms the model up.
 * @throws {MusterError} `model-invalid` naming the first value that differs.
 */
export async function proveGolden(session: ModelSession, golden: ModelCard["golden"]): Promise<void> {
  for (const [index, { inputs, outputs }] of golden.cases.entries()) {
    const answers = await session.run(named(inputs));
    for (const expected of outputs) {
      const actual = answers.get(expected.name);
      const difference = actual ? firstDifference(actual, expected, golden.tolerance) : "is not given";
      if (difference !== undefined) {
        throw new MusterError("model-invalid", `golden case ${index + 1}: output "${expected.name}" ${difference}`);
      }
    }
  }
}

function named(tensors: readonly CardTensor[]): Tensors {
  return new Map(tensors.map((tensor) => [tensor.name, fromCard(tensor)]));
}

function fromCard(tensor: CardTensor): Tensor {
  const data = allocate(tensor.datatype, tensor.data.length);
  for (const [index, value] of tensor.data.entries()) store(data, index, value);
  return { datatype: tensor.datatype, shape: tensor.shape, data };
}

function store(data: TensorData, index: number, value: number | boolean | string): void {
  if (Array.isArray(data)) data[index] = String(value);
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = BigInt(value);
  else data[index] = Number(value);
}

function firstDifference(actual: Tensor, expected: CardTensor, tolerance: number): string | undefined {
  if (actual.shape.join() !== expected.shape.join())
    return `has shape [${actual.shape.join()}], expected [${expected.shape.join()}]`;
  for (const [index, wanted] of expected.data.entries()) {
    const given = actual.data[index];
    const same = typeof wanted === "string" ? given === wanted : Math.abs(Number(given) - Number(wanted)) <= tolerance;
    // A NaN differs from everything, and must.
    if (!same) return `has ${String(given)} at ${index}, expected ${String(wanted)}`;
  }
  return undefined;
}
