import { type Static, Type } from "typebox";
import { chiSquareTail, kolmogorovTail } from "./p-values.ts";

/** Rows of one value or one range of values, in both sets. */
export interface Bin {
  /** The value, or the upper end of the range. */
  readonly label: string;
  readonly reference: number;
  readonly current: number;
}

/** What was counted of a column. */
export interface DriftCounts {
  readonly column: string;
  readonly kind: "numeric" | "categorical";
  /** Rows with a value; those without are `nulls`. */
  readonly reference: { readonly rows: number; readonly nulls: number };
  readonly current: { readonly rows: number; readonly nulls: number };
  readonly bins: readonly Bin[];
  /** Largest distance of the two distribution functions; numeric columns only. */
  readonly ksDistance: number | undefined;
  /** Of columns of numbers. */
  readonly means?: { readonly reference: number; readonly current: number };
}

const Count = Type.Object({ rows: Type.Integer(), nulls: Type.Integer() });
const Test = Type.Object({ statistic: Type.Number(), pValue: Type.Number() });

/** How far a column has moved. The size of the effect comes first: with many rows every difference is significant. */
export const ColumnDriftSchema = Type.Object({
  column: Type.String(),
  kind: Type.Enum(["numeric", "categorical"]),
  verdict: Type.Enum(["none", "moderate", "strong", "unknown"], {
    description: "By the population stability index: moderate from 0.1, strong from 0.25",
  }),
  psi: Type.Union([Type.Number(), Type.Null()], { description: "Population stability index" }),
  jensenShannon: Type.Union([Type.Number(), Type.Null()], { description: "Distance, base 2, from 0 to 1" }),
  cramersV: Type.Union([Type.Number(), Type.Null()]),
  nullShareChange: Type.Number(),
  means: Type.Optional(
    Type.Object({ reference: Type.Number(), current: Type.Number() }, { description: "Of columns of numbers" }),
  ),
  ks: Type.Union([Test, Type.Null()], { description: "Kolmogorov-Smirnov, for numeric columns" }),
  chiSquare: Type.Union([Type.Object({ ...Test.properties, degrees: Type.Integer() }), Type.Null()]),
  reference: Count,
  current: Count,
  bins: Type.Array(Type.Object({ label: Type.String(), reference: Type.Integer(), current: Type.Integer() })),
});
export type ColumnDrift = Static<typeof ColumnDriftSchema>;

/** Share that an empty bin counts as, so that one value that is new does not make the index infinite. */
const LEAST_SHARE = 1e-4;
const MODERATE = 0.1;
const STRONG = 0.25;

/** Judges the counts of a column. A set without a value gives `unknown`. */
export function judgeDrift(counts: DriftCounts): ColumnDrift {
  const { column, kind, reference, current, bins } = counts;
  const common = {
    column,
    kind,
    nullShareChange:
      shareOf(current.nulls, current.rows + current.nulls) - shareOf(reference.nulls, reference.rows + reference.nulls),
    reference,
    current,
    ...(counts.means === undefined ? {} : { means: counts.means }),
    bins: bins.map((bin) => ({ ...bin })),
  };
  if (reference.rows === 0 || current.rows === 0) {
    return { ...common, verdict: "unknown", psi: null, jensenShannon: null, cramersV: null, ks: null, chiSquare: null };
  }
  const psi = stabilityIndex(bins, reference.rows, current.rows);
  const chiSquare = homogeneity(bins, reference.rows, current.rows);
  const distance = counts.ksDistance;
  return {
    ...common,
    verdict: psi >= STRONG ? "strong" : psi >= MODERATE ? "moderate" : "none",
    psi,
    jensenShannon: jensenShannon(bins, reference.rows, current.rows),
    // With two rows in the table of counts, the smaller dimension less one is 1.
    cramersV: chiSquare ? Math.sqrt(chiSquare.statistic / (reference.rows + current.rows)) : 0,
    ks:
      distance === undefined
        ? null
        : {
            statistic: distance,
            pValue: kolmogorovTail(distance * Math.sqrt(effectiveSize(reference.rows, current.rows))),
          },
    chiSquare,
  };
}

function stabilityIndex(bins: readonly Bin[], reference: number, current: number): number {
  return sum(bins, (bin) => {
    const p = Math.max(bin.reference / reference, LEAST_SHARE);
    const q = Math.max(bin.current / current, LEAST_SHARE);
    return (q - p) * Math.log(q / p);
  });
}

function jensenShannon(bins: readonly Bin[], reference: number, current: number): number {
  const divergence = sum(bins, (bin) => {
    const p = bin.reference / reference;
    const q = bin.current / current;
    const middle = (p + q) / 2;
    return (p === 0 ? 0 : p * Math.log2(p / middle)) / 2 + (q === 0 ? 0 : q * Math.log2(q / middle)) / 2;
  });
  return Math.sqrt(Math.max(0, divergence));
}

/** Chi-square test of homogeneity; undefined with a single bin, where there is nothing to compare. */
function homogeneity(bins: readonly Bin[], reference: number, current: number): ColumnDrift["chiSquare"] {
  const filled = bins.filter((bin) => bin.reference + bin.current > 0);
  if (filled.length < 2) return null;
  const total = reference + current;
  const statistic = sum(filled, (bin) => {
    const both = bin.reference + bin.current;
    const expectedReference = (both * reference) / total;
    const expectedCurrent = (both * current) / total;
    return (
      (bin.reference - expectedReference) ** 2 / expectedReference +
      (bin.current - expectedCurrent) ** 2 / expectedCurrent
    );
  });
  const degrees = filled.length - 1;
  return { statistic, pValue: chiSquareTail(statistic, degrees), degrees };
}

function effectiveSize(n: number, m: number): number {
  return (n * m) / (n + m);
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
