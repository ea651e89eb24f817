import { MusterError } from "@muster/kernel";
import type { LogEntry } from "./prediction-log.ts";
import { columnKey, type RecordedColumn, recordedText, type RecordedValue } from "./recorded-columns.ts";
import type { TruthSettings } from "./settings.ts";

/** What somebody says turned out to be true of a row of a prediction. */
export interface ToldTruth {
  readonly id: string;
  /** Counted from 0; may be left out where the prediction has one row. */
  readonly row: number | undefined;
  readonly value: unknown;
}

/** A true value beside what was predicted, both as the kind of the output has them. */
export interface TruthDraft {
  readonly id: string;
  readonly row: number;
  /** Column of the predictions that it is about. */
  readonly output: string;
  readonly version: string;
  /** When it was predicted; milliseconds since the epoch. */
  readonly at: number;
  readonly predicted: number | string;
  readonly actual: number | string;
}

/** A truth as it was written down, now or before. */
export interface TruthRecord extends TruthDraft {
  readonly isNew: boolean;
}

/** Why a truth was not taken. */
export const REFUSALS = ["unknown", "row", "contradiction", "no-prediction"] as const;
export type Refusal = (typeof REFUSALS)[number];

/** A truth that was not taken. */
export interface RefusedTruth {
  readonly id: string;
  readonly row: number | null;
  readonly why: Refusal;
  readonly message: string;
}

/**
 * What a model's truths are compared with where nobody said it: its only class, or its only number, which is a
 * probability where it is called one. Undefined where there are several.
 */
export function defaultTruth(columns: readonly RecordedColumn[]): TruthSettings | undefined {
  const single = columns.filter(({ side, width }) => side === "prediction" && width === 1);
  const classes = single.filter(({ kind }) => kind === "text");
  if (classes.length === 1 && classes[0]) return { output: classes[0].name, kind: "class" };
  const [only] = single;
  if (single.length !== 1 || !only) return undefined;
  return { output: only.name, kind: /probab/i.test(only.name) ? "probability" : "number" };
}

/**
 * A true value in the form of its kind: a label for a class, 0 or 1 for a probability, a number.
 * @returns undefined for a value that is none.
 */
export function actualValue(value: unknown, kind: TruthSettings["kind"], labels: readonly string[] | undefined) {
  switch (kind) {
    case "class": {
      if (typeof value === "string" && value !== "") {
        // In the form in which predictions are recorded, so that equal ones are equal.
        return labels === undefined ? recordedText(value) : labels.includes(value) ? value : undefined;
      }
      if (typeof value === "boolean") return String(value);
      if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
      return labels === undefined ? String(value) : labels[value];
    }
    case "probability":
      if (typeof value === "boolean") return Number(value);
      return value === 0 || value === 1 ? value : undefined;
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  }
}

/** Finds the rows that truths are about. */
export function matchTruths(
  told: readonly ToldTruth[],
  entries: readonly LogEntry[],
  truth: TruthSettings,
  column: RecordedColumn,
): { readonly drafts: readonly TruthDraft[]; readonly refused: readonly RefusedTruth[] } {
  const known = new Map(entries.map((entry) => [entry.id, entry]));
  const drafts: TruthDraft[] = [];
  const refused: RefusedTruth[] = [];
  const problems: { path: string; message: string }[] = [];
  for (const [index, { id, row, value }] of told.entries()) {
    const actual = actualValue(value, truth.kind, column.labels);
    if (actual === undefined) {
      problems.push({ path: `truths.${index}.value`, message: `must be ${expected(truth.kind, column.labels)}` });
      continue;
    }
    const entry = known.get(id.toLowerCase());
    const refuse = (why: Refusal, message: string): void => void refused.push({ id, row: row ?? null, why, message });
    if (entry === undefined) {
      refuse("unknown", "no recorded prediction of this model has this id; it was not in the sample, or is forgotten");
      continue;
    }
    if (row === undefined && entry.rows > 1) {
      refuse("row", `the prediction has ${entry.rows} rows; say which, from 0`);
      continue;
    }
    if (row !== undefined && row >= entry.rows) {
      refuse("row", `the prediction has ${entry.rows} rows, counted from 0`);
      continue;
    }
    const predicted: RecordedValue = entry.cells[columnKey(column)]?.[row ?? 0] ?? null;
    if (predicted === null) {
      refuse("no-prediction", `"${truth.output}" of this prediction was not recorded, or is no number`);
      continue;
    }
    drafts.push({
      id: entry.id,
      row: row ?? 0,
      output: truth.output,
      version: entry.version,
      at: entry.at,
      predicted: truth.kind === "class" ? String(predicted) : predicted,
      actual,
    });
  }
  if (problems.length > 0) {
    throw new MusterError("invalid-request", "the truths do not hold; none was taken", {
      problems: problems.slice(0, 100),
    });
  }
  return { drafts, refused };
}

function expected(kind: TruthSettings["kind"], labels: readonly string[] | undefined): string {
  if (kind === "number") return "a number";
  if (kind === "probability") return "0 or 1, or false or true";
  return labels === undefined ? "a text or a number" : `one of ${labels.slice(0, 20).join(", ")}, or its place from 0`;
}
