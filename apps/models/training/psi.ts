import { judgeDrift } from "../src/domain/dataset/drift.ts";

const TENTHS = 10;

/**
 * Population stability index of values against a reference, over the tenths of the reference: the figure
 * that the platform gives for a column of the same rows.
 */
export function stabilityIndex(reference: readonly number[], values: readonly number[]): number {
  const sorted = reference.toSorted((one, other) => one - other);
  const ends = Array.from(
    { length: TENTHS - 1 },
    (_, index) => sorted[Math.ceil(((index + 1) * sorted.length) / TENTHS) - 1] as number,
  );
  const edges = [...new Set(ends), Number.POSITIVE_INFINITY];
  const binOf = (value: number): number => edges.findIndex((edge) => value <= edge);
  const bins = edges.map((edge, bin) => ({
    label: String(edge),
    reference: reference.filter((value) => binOf(value) === bin).length,
    current: values.filter((value) => binOf(value) === bin).length,
  }));
  const { psi } = judgeDrift({
    column: "values",
    kind: "numeric",
    reference: { rows: reference.length, nulls: 0 },
    current: { rows: values.length, nulls: 0 },
    bins: bins.filter((bin) => bin.reference + bin.current > 0),
    ksDistance: undefined,
  });
  return psi ?? Number.NaN;
}
