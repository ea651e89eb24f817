import { durationMs } from "@muster/kernel";
import type { DriftWindow, MonitoringSettings, WatchedColumn, WindowVerdict } from "./platform.ts";

/** A column of a model over the windows in which it was compared with the reference. */
export interface ColumnHistory {
  /** Unique: an input and a prediction may have one name. */
  readonly id: string;
  readonly name: string;
  readonly side: WatchedColumn["side"];
  /** Of the newest window that there is. */
  readonly verdict: WindowVerdict;
  readonly reason: string;
  readonly psi: number | null;
  /** Of each place of the axis; null where nothing is known. */
  readonly values: readonly (number | null)[];
}

/** Every column on one axis of windows, furthest from the reference first. */
export interface DriftHistory {
  /** Middles of the windows, in milliseconds since the epoch. */
  readonly at: readonly number[];
  readonly columns: readonly ColumnHistory[];
}

/** Windows that are drawn at most. */
export const DRAWN_WINDOWS = 60;

/**
 * Puts windows on a regular axis that ends with the newest one. A window that is missing, or could not be judged, is a
 * gap: nobody looked, or there were too few rows.
 *
 * @param windows newest first, as the platform gives them.
 */
export function driftHistory(
  windows: readonly DriftWindow[],
  settings: Pick<MonitoringSettings, "window">,
): DriftHistory {
  const [newest] = windows;
  if (!newest) return { at: [], columns: [] };
  const size = durationMs(settings.window);
  const last = Date.parse(newest.from);
  const oldest = Math.min(last, ...windows.map(({ from }) => Date.parse(from)));
  const count = Math.min(DRAWN_WINDOWS, Math.round((last - oldest) / size) + 1);
  const begins = Array.from({ length: count }, (_, index) => last - (count - 1 - index) * size);
  const byBegin = new Map(windows.map((window) => [Date.parse(window.from), window]));
  const ids = new Map<string, { name: string; side: WatchedColumn["side"] }>();
  for (const { columns } of windows) {
    for (const { column, side } of columns) ids.set(`${side} ${column}`, { name: column, side });
  }
  const columns = [...ids].map(([id, { name, side }]): ColumnHistory => {
    const find = (window: DriftWindow | undefined) =>
      window?.columns.find((each) => each.column === name && each.side === side);
    const now = find(newest);
    return {
      id,
      name,
      side,
      verdict: now?.verdict ?? "unknown",
      reason: now?.reason ?? newest.reason ?? "it was not compared in the newest window",
      psi: now?.psi ?? null,
      values: begins.map((begin) => find(byBegin.get(begin))?.psi ?? null),
    };
  });
  return {
    at: begins.map((begin) => begin + size / 2),
    columns: columns.toSorted((a, b) => (b.psi ?? -1) - (a.psi ?? -1) || a.name.localeCompare(b.name)),
  };
}
