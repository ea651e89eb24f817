import type { LoadReport, LoadSlice } from "@muster/contract";

/** One slice of a run with what is drawn of it. */
export interface CoursePoint {
  readonly slice: LoadSlice;
  /** The middle of the slice, in ms from the start. */
  readonly atMs: number;
  /** Answers and failures per second. */
  readonly perSecond: number;
  /** Share of the requests that failed, 0 to 1; undefined without requests. */
  readonly failedShare: number | undefined;
}

/** Below so many slices a line between points would be invented. */
export const FEWEST_SLICES = 3;
/** A last slice shorter than this share of a whole one gives no rate that can be compared. */
const SHORTEST_LAST = 0.3;

/** The course of a run, its last slice with its own length. */
export function courseOf({ timeline, sliceMs, durationMs }: LoadReport): CoursePoint[] {
  return timeline
    .map((slice) => ({ slice, lengthMs: Math.min(sliceMs, Math.max(0, durationMs - slice.atMs)) }))
    .filter(({ slice, lengthMs }) => slice.atMs === 0 || lengthMs >= sliceMs * SHORTEST_LAST)
    .map(({ slice, lengthMs }) => ({
      slice,
      atMs: slice.atMs + lengthMs / 2,
      perSecond: lengthMs > 0 ? (slice.requests * 1_000) / lengthMs : 0,
      failedShare: slice.requests > 0 ? slice.failed / slice.requests : undefined,
    }));
}

/** A field of the heatmap: how many answers of a stretch of time took about how long. */
export interface HeatCell {
  readonly column: number;
  /** From the row of the quickest answers, 0. */
  readonly row: number;
  readonly count: number;
}

/** The heatmap of a run: columns of time, rows of equal ratio. */
export interface Heatmap {
  readonly columns: number;
  readonly columnMs: number;
  readonly rows: number;
  /** Edges of the whole, in ms. */
  readonly lowMs: number;
  readonly highMs: number;
  readonly most: number;
  readonly cells: readonly HeatCell[];
}

/** Rows for each doubling, as reports carry them. */
const ROWS_PER_OCTAVE = 2;

/** Sums the slices of a report into at most so many columns; counts add up, so nothing is lost. */
export function heatmapOf({ timeline, sliceMs }: LoadReport, mostColumns = 150): Heatmap | undefined {
  const slicesEach = Math.max(1, Math.ceil(timeline.length / mostColumns));
  const counts = new Map<string, HeatCell>();
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [index, { heat }] of timeline.entries()) {
    const column = Math.floor(index / slicesEach);
    for (let at = 0; at + 1 < heat.length; at += 2) {
      const place = Math.round(Math.log2(heat[at] as number) * ROWS_PER_OCTAVE);
      if (!Number.isFinite(place)) continue;
      const key = `${column} ${place}`;
      const count = (counts.get(key)?.count ?? 0) + (heat[at + 1] as number);
      counts.set(key, { column, row: place, count });
      lowest = Math.min(lowest, place);
      highest = Math.max(highest, place);
    }
  }
  if (counts.size === 0) return undefined;
  const cells = [...counts.values()].map((cell) => ({ ...cell, row: cell.row - lowest }));
  return {
    columns: Math.ceil(timeline.length / slicesEach),
    columnMs: sliceMs * slicesEach,
    rows: highest - lowest + 1,
    lowMs: 2 ** (lowest / ROWS_PER_OCTAVE),
    highMs: 2 ** ((highest + 1) / ROWS_PER_OCTAVE),
    most: Math.max(...cells.map((cell) => cell.count)),
    cells,
  };
}

/** How strongly a field is coloured, 0 to 1: by the logarithm, so that few slow answers are seen beside many quick ones. */
export function heatStrength(count: number, most: number): number {
  return 0.14 + 0.86 * (Math.log1p(count) / Math.log1p(Math.max(1, most)));
}
