import { countTime, emptyTimes, percentile } from "./times.ts";

/** What one caller did on one route in some time. */
export interface UsageRow {
  readonly caller: string;
  /** Method and pattern: `POST /v2/models/:name/infer`. */
  readonly route: string;
  readonly calls: number;
  /** Answers with 4xx: the caller's doing. */
  readonly refused: number;
  /** Answers with 5xx: ours. */
  readonly failed: number;
  /** Milliseconds, within a tenth; the largest is exact. */
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** Who calls what, how often and how slow, by the hour. */
export interface Usage {
  record(caller: string, route: string, status: number, milliseconds: number): void;
  /** Rows of the last hours, the present one included, most calls first. */
  rows(hours: number): readonly UsageRow[];
}

interface Tally {
  calls: number;
  refused: number;
  failed: number;
  max: number;
  /** Calls by the logarithm of their time. */
  readonly times: Uint32Array;
}

/** Pairs of caller and route that are told apart in one hour; the rest is counted together. */
const MAX_TALLIES = 2_000;
const OTHERS = "others";
const HOUR_MS = 3_600_000;
export const MAX_USAGE_HOURS = 24;

export function createUsage(now: () => number): Usage {
  const hours = new Map<number, Map<string, Map<string, Tally>>>();
  let presentHour = Number.NaN;
  let present = new Map<string, Map<string, Tally>>();
  let tallies = 0;

  function startHour(hour: number): void {
    presentHour = hour;
    present = new Map();
    tallies = 0;
    hours.set(hour, present);
    for (const old of hours.keys()) if (old <= hour - MAX_USAGE_HOURS) hours.delete(old);
  }

  function tallyOf(caller: string, route: string): Tally {
    const known = present.get(route)?.get(caller);
    if (known) return known;
    if (tallies >= MAX_TALLIES && caller !== OTHERS) return tallyOf(OTHERS, OTHERS);
    const callers = present.get(route) ?? new Map<string, Tally>();
    present.set(route, callers);
    const tally = emptyTally();
    callers.set(caller, tally);
    tallies += 1;
    return tally;
  }

  return {
    record(caller, route, status, milliseconds) {
      const hour = Math.floor(now() / HOUR_MS);
      if (hour !== presentHour) startHour(hour);
      const tally = tallyOf(caller, route);
      tally.calls += 1;
      if (status >= 500) tally.failed += 1;
      else if (status >= 400) tally.refused += 1;
      if (milliseconds > tally.max) tally.max = milliseconds;
      countTime(tally.times, milliseconds);
    },
    rows(wanted) {
      const oldest = Math.floor(now() / HOUR_MS) - wanted;
      const sums = new Map<string, { caller: string; route: string; tally: Tally }>();
      for (const [hour, routes] of hours) {
        if (hour <= oldest) continue;
        for (const [route, callers] of routes) {
          for (const [caller, tally] of callers) {
            const key = `${route}\n${caller}`;
            const sum = sums.get(key) ?? { caller, route, tally: emptyTally() };
            sums.set(key, sum);
            add(sum.tally, tally);
          }
        }
      }
      return [...sums.values()]
        .map(({ caller, route, tally: { calls, refused, failed, max, times } }) => {
          const p50 = Math.min(percentile(times, calls, 0.5), max);
          return {
            caller,
            route,
            calls,
            refused,
            failed,
            p50,
            p95: Math.min(percentile(times, calls, 0.95), max),
            max,
          };
        })
        .toSorted((a, b) => b.calls - a.calls);
    },
  };
}

function emptyTally(): Tally {
  return { calls: 0, refused: 0, failed: 0, max: 0, times: emptyTimes() };
}

function add(sum: Tally, tally: Tally): void {
  sum.calls += tally.calls;
  sum.refused += tally.refused;
  sum.failed += tally.failed;
  sum.max = Math.max(sum.max, tally.max);
  for (const [bucket, count] of tally.times.entries()) sum.times[bucket] = (sum.times[bucket] ?? 0) + count;
}
