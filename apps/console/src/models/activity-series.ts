import type { Series } from "../parts/series.ts";
import type { Activity, ActivityWindow } from "./platform.ts";

/** Charts of what a model did, on one axis. */
export interface ActivityCharts {
  /** Middles of the windows, in milliseconds since the epoch. */
  readonly at: readonly number[];
  /** Windows of which the platform can tell: not those before it was started, and not those it has not told yet. */
  readonly known: readonly boolean[];
  /** Predictions a second, by version. */
  readonly throughput: readonly Series[];
  /** Milliseconds of the 95th percentile, by version; a gap where nothing was asked. */
  readonly latency: readonly Series[];
  readonly totals: { readonly answered: number; readonly refused: number; readonly failed: number };
}

/** Windows that end after the platform's newest answer are missing, and not zero, once this much time has gone by. */
const LATE_WINDOWS = 2;

/**
 * @param champion drawn first, where it did something.
 * @param now the server's time, in milliseconds since the epoch.
 */
export function activityCharts(
  activity: Activity,
  champion: string | undefined,
  minutes: number,
  now: number,
): ActivityCharts {
  const { windowMs } = activity;
  const until = Date.parse(activity.until);
  const since = Date.parse(activity.since);
  const late = Math.max(0, Math.floor((now - until) / windowMs) - LATE_WINDOWS);
  const end = until + late * windowMs;
  const count = Math.round((minutes * 60_000) / windowMs);
  const begins = Array.from({ length: count }, (_, index) => end - (count - index) * windowMs);
  const known = begins.map((begin) => begin >= since && begin < until);
  const versions = activity.versions.toSorted(
    (a, b) => Number(b.version === champion) - Number(a.version === champion) || Number(b.version) - Number(a.version),
  );
  const lines = (valueOf: (window: ActivityWindow | undefined) => number | null): readonly Series[] => {
    const shown = versions.length > 0 ? versions : [{ version: champion ?? "1", windows: [] }];
    return shown.map(({ version, windows }) => {
      const byBegin = new Map(windows.map((window) => [Date.parse(window.at), window]));
      return {
        label: `version ${version}`,
        values: begins.map((begin, index) => (known[index] === true ? valueOf(byBegin.get(begin)) : null)),
      };
    });
  };
  const all = versions.flatMap(({ windows }) => windows);
  const sum = (of: (window: ActivityWindow) => number): number => all.reduce((total, each) => total + of(each), 0);
  return {
    at: begins.map((begin) => begin + windowMs / 2),
    known,
    throughput: lines((window) => ((window?.answered ?? 0) * 1_000) / windowMs),
    latency: lines((window) => window?.p95 ?? null),
    totals: {
      answered: sum(({ answered }) => answered),
      refused: sum(({ refused }) => refused),
      failed: sum(({ failed }) => failed),
    },
  };
}
