import { shellWord } from "../evidence/filters.ts";
import type { ModelCard, TensorData, TensorSpec } from "./platform.ts";

/** One value of a row that a person types in. */
export interface Field {
  /** Unique within the form: tensor and place in it. */
  readonly id: string;
  readonly tensor: string;
  readonly label: string;
  readonly kind: "text" | "whole" | "decimal" | "yes-no";
  readonly unit?: string;
  /** What the model was trained on; beyond it the answer is a guess. */
  readonly min?: number;
  readonly max?: number;
}

/** A tensor that has too many values, or too free a shape, for one box each: its values are typed as JSON. */
export interface ListField {
  readonly id: string;
  readonly tensor: string;
  readonly label: string;
  readonly kind: "list";
  readonly shape: readonly number[];
}

export type AnyField = Field | ListField;
export type Values = Readonly<Record<string, string>>;

/** More boxes than this are no form. */
const MOST_FIELDS_OF_A_TENSOR = 40;

/** The form of a model: one row of its inputs, by its signature, with the names that its card gives them. */
export function fieldsOf(inputs: readonly TensorSpec[], card: ModelCard): readonly AnyField[] {
  return inputs.flatMap((spec): readonly AnyField[] => {
    const rest = rowShape(spec.shape);
    const count = rest.reduce((product, size) => product * size, 1);
    if (rest.some((size) => size < 0) || count > MOST_FIELDS_OF_A_TENSOR || count === 0) {
      return [{ id: spec.name, tensor: spec.name, label: spec.name, kind: "list", shape: spec.shape }];
    }
    const columns = card.inputs?.find(({ name }) => name === spec.name)?.columns ?? [];
    return Array.from({ length: count }, (_, index): Field => {
      const column = columns.length === count ? columns[index] : undefined;
      return {
        id: `${spec.name}.${index}`,
        tensor: spec.name,
        label: column?.name ?? (count === 1 ? spec.name : `${spec.name} ${index + 1}`),
        kind: kindOf(spec.datatype),
        ...(column?.unit === undefined ? {} : { unit: column.unit }),
        ...(column?.min === undefined ? {} : { min: column.min }),
        ...(column?.max === undefined ? {} : { max: column.max }),
      };
    });
  });
}

/** A row that the training left with the model, and what it answered then. */
export interface Example {
  readonly values: Values;
  /** Values of each output for this row, by the output's name. */
  readonly expected: Readonly<Record<string, TensorData["data"]>>;
}

/** The rows of the model's golden cases, each as values of the form. */
export function examplesOf(inputs: readonly TensorSpec[], card: ModelCard): readonly Example[] {
  return (card.golden?.cases ?? []).flatMap((each) => {
    const rows = Math.min(...each.inputs.map(({ shape }) => shape[0] ?? 0));
    return Array.from({ length: Number.isFinite(rows) ? rows : 0 }, (_, row) => ({
      values: Object.fromEntries(
        inputs.flatMap((spec) => {
          const found = each.inputs.find(({ name }) => name === spec.name);
          if (!found) return [];
          const data = rowOf(found, row);
          const rest = rowShape(spec.shape);
          const single = rest.some((size) => size < 0) || data.length > MOST_FIELDS_OF_A_TENSOR;
          if (single) return [[spec.name, JSON.stringify(data)]];
          return data.map((value, index) => [`${spec.name}.${index}`, String(value)]);
        }),
      ) as Values,
      expected: Object.fromEntries(each.outputs.map((output) => [output.name, rowOf(output, row)])),
    }));
  });
}

/** The values of one row of a tensor. */
export function rowOf({ shape, data }: TensorData, row: number): TensorData["data"] {
  const width = data.length / Math.max(1, shape[0] ?? 1);
  return data.slice(row * width, (row + 1) * width);
}

export interface InferBody {
  readonly inputs: readonly TensorData[];
}

/** A request of one row, or what is wrong with each field. */
export type Built =
  | { readonly body: InferBody; readonly problems?: undefined }
  | { readonly body?: undefined; readonly problems: Readonly<Record<string, string>> };

export function buildRequest(inputs: readonly TensorSpec[], fields: readonly AnyField[], values: Values): Built {
  const problems: Record<string, string> = {};
  const tensors = inputs.map((spec): TensorData => {
    const own = fields.filter(({ tensor }) => tensor === spec.name);
    const [first] = own;
    if (first?.kind === "list") {
      const read = readList(spec, values[first.id] ?? "");
      if (typeof read === "string") problems[first.id] = read;
      return typeof read === "string" ? { ...spec, data: [] } : read;
    }
    const data = own.map((field) => {
      const read = readValue(field as Field, spec.datatype, values[field.id] ?? "");
      if ("problem" in read) problems[field.id] = read.problem;
      return "problem" in read ? "" : read.value;
    });
    return { name: spec.name, datatype: spec.datatype, shape: spec.shape.map((size) => (size < 0 ? 1 : size)), data };
  });
  return Object.keys(problems).length > 0 ? { problems } : { body: { inputs: tensors } };
}

/** A value that is allowed but further out than anything that the model was trained on. */
export function beyondTraining(field: AnyField, text: string): string | undefined {
  if (field.kind === "list" || text.trim() === "") return undefined;
  const value = Number(text);
  if (Number.isNaN(value)) return undefined;
  if (field.min !== undefined && value < field.min) return `below ${field.min}, the least it was trained on`;
  if (field.max !== undefined && value > field.max) return `above ${field.max}, the most it was trained on`;
  return undefined;
}

/** The command that asks the same. */
export function inferCommand(model: string, version: string, body: InferBody, fresh: boolean): string {
  return [
    `curl -s "$MODELS_URL/v2/models/${model}/versions/${version}/infer"`,
    `-H "authorization: Bearer $KEY"`,
    `-H 'content-type: application/json'`,
    ...(fresh ? [`-H 'cache-control: no-cache'`] : []),
    `-d ${shellWord(JSON.stringify(body))}`,
  ].join(" ");
}

function kindOf(datatype: string): Field["kind"] {
  if (datatype === "BYTES") return "text";
  if (datatype === "BOOL") return "yes-no";
  return /^U?INT/.test(datatype) ? "whole" : "decimal";
}

/** Without the first dimension where that counts rows; one number stands for a tensor without more. */
function rowShape(shape: readonly number[]): readonly number[] {
  return shape[0] === -1 ? shape.slice(1) : shape;
}

type Read = { readonly value: number | boolean | string } | { readonly problem: string };

function readValue(field: Field, datatype: string, text: string): Read {
  if (field.kind === "text") return { value: text };
  if (field.kind === "yes-no") return { value: text === "true" };
  const trimmed = text.trim();
  if (trimmed === "") return { problem: "A number is needed." };
  const value = Number(trimmed);
  if (!Number.isFinite(value)) return { problem: `"${trimmed}" is not a number.` };
  if (field.kind === "decimal") return { value };
  if (!Number.isSafeInteger(value)) return { problem: "A whole number is needed." };
  if (datatype.startsWith("U") && value < 0) return { problem: "It cannot be below 0." };
  return { value };
}

function readList(spec: TensorSpec, text: string): TensorData | string {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return "A list in JSON is needed, such as [1, 2, 3].";
  }
  if (!Array.isArray(data)) return "A list in JSON is needed, such as [1, 2, 3].";
  const flat = data.flat(Number.POSITIVE_INFINITY) as TensorData["data"];
  if (!flat.every((each) => ["number", "string", "boolean"].includes(typeof each)))
    return "Only numbers, texts and true or false can stand in it.";
  const rest = rowShape(spec.shape);
  const known = rest.filter((size) => size > 0).reduce((product, size) => product * size, 1);
  const free = rest.filter((size) => size < 0).length;
  if (flat.length === 0 || flat.length % known !== 0 || (free === 0 && flat.length !== known)) {
    return free === 0 ? `${known} values are needed, not ${flat.length}.` : `A multiple of ${known} values is needed.`;
  }
  // The first free dimension takes what the known ones leave.
  let left = flat.length / known;
  const shape = rest.map((size) => {
    if (size > 0) return size;
    const taken = left;
    left = 1;
    return taken;
  });
  return { name: spec.name, datatype: spec.datatype, shape: spec.shape[0] === -1 ? [1, ...shape] : shape, data: flat };
}
