/** A line of a chart. A value that is null draws a gap. */
export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** Stretches of an axis in which nothing is known, as pairs of positions, the end included. */
export function unknownStretches(known: readonly boolean[]): readonly (readonly [from: number, to: number])[] {
  const stretches: [number, number][] = [];
  for (const [index, each] of known.entries()) {
    if (each) continue;
    const last = stretches.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else stretches.push([index, index]);
  }
  return stretches;
}

/** A number as it is read in a chart: three digits that count, and never more places than that needs. */
export function chartNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString("en-GB");
  if (size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** The chart in words: the newest value of each line, its least and its most, and how much is not known. */
export function seriesSummary(
  title: string,
  unit: string,
  series: readonly Series[],
  known: readonly boolean[],
): string {
  const parts = series.map(({ label, values }) => {
    const seen = values.filter((value) => value !== null);
    const last = seen.at(-1);
    if (last === undefined) return `${label}: nothing yet`;
    return `${label}: ${chartNumber(last)} ${unit}, between ${chartNumber(Math.min(...seen))} and ${chartNumber(Math.max(...seen))}`;
  });
  const gaps = known.filter((each) => !each).length;
  const share = gaps === 0 ? [] : [`${Math.round((gaps / known.length) * 100)} % not known`];
  return `${title}. ${[...parts, ...share].join("; ")}`;
}

/** Where the scale ends: a limit is in sight when it is near enough for the lines to keep their shape. */
export function scaleEnd(series: readonly Series[], threshold: number | undefined): number {
  const most = Math.max(0, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));
  const end = most === 0 ? 1 : most * 1.15;
  return threshold !== undefined && threshold <= most * 3 ? Math.max(end, threshold * 1.1) : end;
}
