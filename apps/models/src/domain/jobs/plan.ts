import { MusterError, type Problem } from "@muster/kernel";
import type { Column } from "../dataset/column.ts";
import type { ModelCard } from "../model/card.ts";
import type { Signature, TensorSpec } from "../model/signature.ts";
import type { InputColumns, JobPlan, OutputColumn, ResultFormat } from "./job.ts";

/** What decides on the columns of a job. */
export interface PlanRequest {
  readonly signature: Signature;
  readonly card: ModelCard;
  /** Columns of the dataset. */
  readonly columns: readonly Column[];
  /** Columns by input, where somebody knows better than their names. */
  readonly corrections: Readonly<Record<string, readonly string[]>>;
  /** Columns that are in the result too; all of them when undefined. */
  readonly carry: readonly string[] | undefined;
  readonly format: ResultFormat;
}

/** Types whose values no number can be read from. */
const NOT_NUMBERS = /^(DATE|TIME|TIMESTAMP|UUID|JSON)/;
/** A width that is a mistake rather than a model. */
const MAX_WIDTH = 4_096;

/**
 * Finds the columns for every input of a model, by names: those that the card gives to the elements of the input, the
 * name of the input itself, or that name with numbers behind it. Case and punctuation do not count.
 * @throws {MusterError} `invalid-request` naming every input without columns and every column that cannot be used.
 */
export function planJob({ signature, card, columns, corrections, carry, format }: PlanRequest): JobPlan {
  const problems: Problem[] = [];
  const known = new Map(columns.map((column) => [column.name, column]));
  const inputs = signature.inputs.flatMap((spec): readonly InputColumns[] => {
    const path = `inputs.${spec.name}`;
    const found = columnsFor(spec, card, columns, corrections[spec.name]);
    if (typeof found === "string") {
      problems.push({ path, message: found });
      return [];
    }
    for (const name of found.columns) {
      const message = misfit(spec, known.get(name), name);
      if (message !== undefined) problems.push({ path, message });
    }
    return [{ input: spec.name, datatype: spec.datatype, ...found }];
  });
  for (const name of Object.keys(corrections)) {
    if (signature.inputs.some((spec) => spec.name === name)) continue;
    problems.push({
      path: `inputs.${name}`,
      message: `is no input of the model; it takes ${quoted(signature.inputs)}`,
    });
  }
  for (const [index, name] of (carry ?? []).entries()) {
    if (!known.has(name)) problems.push({ path: `carry.${index}`, message: `the dataset has no column "${name}"` });
  }
  if (new Set(carry).size !== (carry?.length ?? 0)) problems.push({ path: "carry", message: "names a column twice" });
  if (problems.length > 0) {
    throw new MusterError("invalid-request", "the dataset does not fit the model", { problems });
  }
  const carried = carry ?? columns.map(({ name }) => name);
  const taken = new Set(carried.map((name) => name.toLowerCase()));
  return {
    inputs,
    outputs: signature.outputs.map((spec): OutputColumn => ({
      output: spec.name,
      datatype: spec.datatype,
      isList: spec.shape.slice(1).some((size) => size !== 1),
      column: freeName(spec.name, taken),
    })),
    carry: carried,
    errorColumn: freeName("prediction_error", taken),
    format,
  };
}

function columnsFor(
  spec: TensorSpec,
  card: ModelCard,
  columns: readonly Column[],
  correction: readonly string[] | undefined,
): Pick<InputColumns, "rowShape" | "columns"> | string {
  const [rows, ...rest] = spec.shape;
  if (rows !== -1 && rows !== 1) return `takes ${rows ?? "no"} rows at once, and not one after the other`;
  const open = rest.filter((size) => size === -1).length;
  const closed = rest.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  if (open > 1) return `has a shape [${spec.shape.join(",")}] that a table cannot have`;
  const described = card.inputs?.find(({ name }) => name === spec.name)?.columns.map(({ name }) => name) ?? [];
  // A size that may vary is what the columns make it.
  const width = open === 0 ? closed : (correction ?? described).length;
  const rowShape = rest.map((size) => (size === -1 ? width / closed : size));
  if (width > MAX_WIDTH) return `needs ${width} columns; ${MAX_WIDTH} are allowed`;
  if (correction) {
    if (correction.length === width && width > 0 && width % closed === 0) return { rowShape, columns: correction };
    return `needs ${open === 0 ? width : `a multiple of ${closed}`} columns, and ${correction.length} are named`;
  }
  const choices = [
    ...(described.length === width ? [described] : []),
    ...(width === 1 ? [[spec.name]] : []),
    ...[0, 1].map((from) => Array.from({ length: width }, (_, index) => `${spec.name}_${index + from}`)),
  ].filter((names) => names.length > 0);
  for (const names of choices) {
    const found = names.map((name) => named(columns, name));
    if (found.every((name) => name !== undefined)) return { rowShape, columns: found };
  }
  const [wanted = []] = choices;
  const missing = wanted.filter((name) => named(columns, name) === undefined).map((name) => `"${name}"`);
  return `the dataset has no ${shortened(missing)}; name the ${width === 1 ? "column" : `${width || ""} columns`.trim()} in inputs`;
}

/** The column of a name, or the only one whose name differs from it in case and punctuation alone. */
function named(columns: readonly Column[], wanted: string): string | undefined {
  if (columns.some(({ name }) => name === wanted)) return wanted;
  const similar = columns.filter(({ name }) => bare(name) === bare(wanted));
  return similar.length === 1 ? similar[0]?.name : undefined;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

function misfit(spec: TensorSpec, column: Column | undefined, name: string): string | undefined {
  if (column === undefined) return `the dataset has no column "${name}"`;
  if (spec.datatype === "BYTES" || !NOT_NUMBERS.test(column.type)) return undefined;
  return `"${name}" is ${column.type}, which is no ${spec.datatype}; make a version of the dataset with another type`;
}

/** A name that no column of the result has yet; from then on it is taken. */
function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 1; taken.has(name.toLowerCase()); number += 1) {
    name = number === 1 ? `${wanted}_predicted` : `${wanted}_predicted_${number}`;
  }
  taken.add(name.toLowerCase());
  return name;
}

function quoted(specs: readonly TensorSpec[]): string {
  return specs.map(({ name }) => `"${name}"`).join(", ");
}

function shortened(names: readonly string[]): string {
  return names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
}
