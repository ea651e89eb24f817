import { type Instant, toInstant } from "@muster/kernel";

import { countTime, emptyTimes, percentile } from "./times.ts";

/** What is counted together: what one caller did on one route, all of a caller, all of a route, or all of an hour. */
export const USAGE_GROUPS = ["caller-and-route", "caller", "route", "hour"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** Calls that are counted together. */
export interface UsageRow {
  /** Null where several callers are counted together; so are route and hour. */
  readonly caller: string | null;
  /** Method and pattern: `POST /v2/models/:name/infer`. */
  readonly route: string | null;
  /** When the hour began. */
  readonly hour: Instant | null;
  readonly calls: number;
  /** Answers with 4xx: the caller's doing. */
  readonly refused: number;
  /** Of those, the ones with 429: too many at once. */
  readonly limited: number;
  /** Answers with 5xx: ours. */
  readonly failed: number;
  /** Milliseconds, within a tenth; the largest is exact. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Which calls are counted, and how they are put together. */
export interface UsageQuestion {
  /** The last ones, the present one included. */
  readonly hours: number;
  readonly by?: UsageGroup;
  /** Only what these did. */
  readonly caller?: string;
  readonly route?: string;
}

/** Who calls what, how often and how slow, by the hour. */
export interface Usage {
  record(caller: string, route: string, status: number, milliseconds: number): void;
  /** Most calls first; hours newest first. */
  rows(question: UsageQuestion): readonly UsageRow[];
}

interface Tally {
  calls: number;
  refused: number;
  limited: number;
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
      if (status === 429) tally.limited += 1;
      if (milliseconds > tally.max) tally.max = milliseconds;
      countTime(tally.times, milliseconds);
    },
    rows({ hours: wanted, by = "caller-and-route", caller: onlyCaller, route: onlyRoute }) {
      const oldest = Math.floor(now() / HOUR_MS) - wanted;
      const sums = new Map<string, { readonly of: Group; readonly tally: Tally }>();
      for (const [hour, routes] of hours) {
        if (hour <= oldest) continue;
        for (const [route, callers] of routes) {
          if (onlyRoute !== undefined && route !== onlyRoute) continue;
          for (const [caller, tally] of callers) {
            if (onlyCaller !== undefined && caller !== onlyCaller) continue;
            const of = groupOf(by, caller, route, hour);
            const key = JSON.stringify(of);
            const sum = sums.get(key) ?? { of, tally: emptyTally() };
            sums.set(key, sum);
            add(sum.tally, tally);
          }
        }
      }
      return [...sums.values()]
        .map(({ of, tally }) => rowOf(of, tally))
        .toSorted((a, b) => (b.hour ?? "").localeCompare(a.hour ?? "", "en") || b.calls - a.calls);
    },
  };
}

type Group = Pick<UsageRow, "caller" | "route" | "hour">;

function groupOf(by: UsageGroup, caller: string, route: string, hour: number): Group {
  switch (by) {
    case "caller-and-route":
      return { caller, route, hour: null };
    case "caller":
      return { caller, route: null, hour: null };
    case "route":
      return { caller: null, route, hour: null };
    case "hour":
      return { caller: null, route: null, hour: toInstant(hour * HOUR_MS) };
  }
}

function rowOf(group: Group, { calls, refused, limited, failed, max, times }: Tally): UsageRow {
  const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => Math.min(percentile(times, calls, share), max));
  return { ...group, calls, refused, limited, failed, p50, p95, p99, max };
}

function emptyTally(): Tally {
  return { calls: 0, refused: 0, limited: 0, failed: 0, max: 0, times: emptyTimes() };
}

function add(sum: Tally, tally: Tally): void {
  sum.calls += tally.calls;
  sum.refused += tally.refused;
  sum.limited += tally.limited;
  sum.failed += tally.failed;
  sum.max = Math.max(sum.max, tally.max);
  for (const [bucket, count] of tally.times.entries()) sum.times[bucket] = (sum.times[bucket] ?? 0) + count;
}
