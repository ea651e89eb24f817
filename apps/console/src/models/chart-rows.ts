import type { NamedType } from "./platform.ts";

/** What two columns of a result look like. */
export type RowsChart =
  | {
      readonly kind: "line";
      readonly axis: "time" | "number";
      /** Ascending. */
      readonly at: readonly number[];
      readonly values: readonly (number | null)[];
    }
  | {
      readonly kind: "bars";
      readonly bars: readonly { readonly label: unknown; readonly value: number }[];
      /** The longest bar's value, above 0. */
      readonly most: number;
    }
  /** There is no number to draw. */
  | { readonly kind: "none" };

/** A line where the column along is of numbers or times, bars in the rows' own order where it is anything else. */
export function chartOf(
  columns: readonly NamedType[],
  rows: readonly (readonly unknown[])[],
  x: number,
  y: number,
): RowsChart {
  const numbers = rows.map((row) => numberOf(row[y]));
  if (numbers.every((value) => value === null)) return { kind: "none" };
  const isTime = /^(DATE|TIMESTAMP)/.test(columns[x]?.type.toUpperCase() ?? "");
  const places = rows.map((row) => (isTime ? timeOf(row[x]) : numberOf(row[x])));
  if (places.length > 1 && places.every((place) => place !== null)) {
    const points = places
      .map((at, index): [number, number | null] => [at, numbers[index] ?? null])
      .toSorted(([a], [b]) => a - b)
      // Two values at one place cannot both be drawn on a line; the first one is.
      .filter(([at], index, all) => index === 0 || all[index - 1]?.[0] !== at);
    return {
      kind: "line",
      axis: isTime ? "time" : "number",
      at: points.map(([at]) => at),
      values: points.map(([, value]) => value),
    };
  }
  const bars = rows.flatMap((row, index) => {
    const value = numbers[index];
    return value === null || value === undefined ? [] : [{ label: row[x], value }];
  });
  return { kind: "bars", bars, most: Math.max(...bars.map(({ value }) => Math.abs(value)), Number.MIN_VALUE) };
}

/** Large whole numbers and decimals come as text, so that nothing is lost; for a chart they are near enough. */
function numberOf(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || !/^-?\d+(\.\d+)?$/.test(value)) return null;
  return Number(value);
}

function timeOf(value: unknown): number | null {
  if (typeof value !== "string") return null;
  const at = Date.parse(value.includes("T") || value.length <= 10 ? value : value.replace(" ", "T"));
  return Number.isNaN(at) ? null : at;
}
