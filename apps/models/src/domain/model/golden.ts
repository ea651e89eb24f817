import { MusterError } from "@muster/kernel";
import {
  allocate,
  elementCount,
  joinRows,
  sliceRows,
  type Tensor,
  type TensorData,
  type Tensors,
} from "../tensor/tensor.ts";
import type { CardTensor, Golden, ModelCard } from "./card.ts";
import type { ModelSession } from "./runtime.ts";
import { hasRowsFirst, type Signature } from "./signature.ts";

const TIMED_RUNS = 3;

/** How far an answer may lie from the recorded one on another machine. */
const RECORDED_TOLERANCE = 0.001;

/** What trying a model out has shown, beside what its author says. */
export interface Inspection {
  readonly signature: Signature;
  /** Whether requests may share a run. */
  readonly batchable: boolean;
  /** The author's golden cases, or without them one that was recorded here. */
  readonly golden: Golden;
  /** Milliseconds that a golden case takes to compute, once warm; 0 without cases. Absent for what was tried out before it was measured. */
  readonly runMs?: number;
}

/**
 * Tries a model out: repeats its golden cases, or records one, and finds out whether rows can be joined.
 * @throws {MusterError} `model-invalid` when it does not do what its card promises.
 */
export async function inspectModel(session: ModelSession, card: ModelCard): Promise<Inspection> {
  const { signature } = session;
  const golden = card.golden ?? { tolerance: RECORDED_TOLERANCE, cases: await recordCases(session) };
  await proveGolden(session, golden);
  const joins = hasRowsFirst(signature) && (await rowsAreIndependent(session, golden));
  if (card.batchable === true && !joins) {
    throw new MusterError("model-invalid", "the card says batchable, but rows that are joined give other answers");
  }
  return { signature, batchable: card.batchable ?? joins, golden, runMs: await timeCase(session, golden) };
}

/** Whether a model was seen to compute within milliseconds. One that nobody has seen compute may do anything. */
export function computesQuickly({ golden, runMs = 0 }: Inspection, withinMs: number): boolean {
  return golden.cases.length > 0 && runMs <= withinMs;
}

/** The fastest of some runs: what it takes when nothing else is in the way. */
async function timeCase(session: ModelSession, golden: Golden): Promise<number> {
  const [first] = golden.cases;
  if (!first) return 0;
  const inputs = named(first.inputs);
  let fastest = Number.POSITIVE_INFINITY;
  for (let time = 0; time < TIMED_RUNS; time += 1) {
    const begun = performance.now();
    await session.run(inputs);
    fastest = Math.min(fastest, performance.now() - begun);
  }
  return Number(fastest.toFixed(3));
}

/**
 * Runs golden cases and compares the answers with the recorded ones. It proves that the file, the
 * runtime and the machine agree, and it warms the model up.
 * @throws {MusterError} `model-invalid` naming the first value that differs.
 */
export async function proveGolden(session: ModelSession, golden: Golden): Promise<void> {
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

/** One case with a row of ones; none when the model cannot compute with it or gives what JSON cannot carry. */
async function recordCases(session: ModelSession): Promise<Golden["cases"]> {
  const inputs = session.signature.inputs.map((spec): CardTensor => {
    const shape = spec.shape.map((size) => (size === -1 ? 1 : size));
    const one = spec.datatype === "BYTES" ? "" : spec.datatype === "BOOL" ? true : 1;
    return { name: spec.name, datatype: spec.datatype, shape, data: Array<typeof one>(elementCount(shape)).fill(one) };
  });
  try {
    const outputs = [...(await session.run(named(inputs)))].map(([name, tensor]) => toCard(name, tensor));
    const finite = outputs.every(({ data }) =>
      data.every((value) => typeof value !== "number" || Number.isFinite(value)),
    );
    return finite ? [{ inputs, outputs }] : [];
  } catch {
    return [];
  }
}

/** Runs each case twice in one batch: both halves must give what the case gives alone. */
async function rowsAreIndependent(session: ModelSession, golden: Golden): Promise<boolean> {
  for (const { inputs } of golden.cases) {
    const alone = named(inputs);
    const rows = inputs[0]?.shape[0] ?? 1;
    const twice = new Map([...alone].map(([name, tensor]) => [name, joinRows([tensor, tensor])] as const));
    const expected = await session.run(alone);
    const joined = await session.run(twice);
    for (const [name, tensor] of expected) {
      const both = joined.get(name);
      if (both?.shape[0] !== 2 * rows || tensor.shape[0] !== rows) return false;
      const card = toCard(name, tensor);
      for (const half of [0, rows]) {
        if (firstDifference(sliceRows(both, half, rows), card, golden.tolerance) !== undefined) return false;
      }
    }
  }
  return golden.cases.length > 0;
}

function named(tensors: readonly CardTensor[]): Tensors {
  return new Map(tensors.map((tensor) => [tensor.name, fromCard(tensor)]));
}

function fromCard(tensor: CardTensor): Tensor {
  const data = allocate(tensor.datatype, tensor.data.length);
  for (const [index, value] of tensor.data.entries()) store(data, index, value);
  return { datatype: tensor.datatype, shape: tensor.shape, data };
}

function toCard(name: string, { datatype, shape, data }: Tensor): CardTensor {
  const values = Array.from(data as ArrayLike<number | bigint | string>, (value) =>
    typeof value === "string" ? value : datatype === "BOOL" ? value !== 0 : Number(value),
  );
  return { name, datatype, shape: [...shape], data: values };
}

function store(data: TensorData, index: number, value: number | boolean | string): void {
  if (Array.isArray(data)) data[index] = String(value);
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = BigInt(value);
  else data[index] = Number(value);
}

function firstDifference(actual: Tensor, expected: CardTensor, tolerance: number): string | undefined {
  if (actual.shape.join() !== expected.shape.join()) {
    return `has shape [${actual.shape.join()}], expected [${expected.shape.join()}]`;
  }
  for (const [index, wanted] of expected.data.entries()) {
    const given = actual.data[index];
    const same = typeof wanted === "string" ? given === wanted : Math.abs(Number(given) - Number(wanted)) <= tolerance;
    // A NaN differs from everything, and must.
    if (!same) return `has ${String(given)} at ${index}, expected ${String(wanted)}`;
  }
  return undefined;
}
