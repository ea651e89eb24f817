import { ERRORS, MusterError } from "@muster/kernel";
import type { Predictor } from "../serving/predictor.ts";
import { countTime, emptyTimes, percentile } from "./times.ts";

/** What one version of a model did in one stretch of time. */
export interface ActivityWindow {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** Predictions that were answered; each may have many rows. */
  readonly answered: number;
  readonly rows: number;
  /** Of those answered, from the cache. */
  readonly cached: number;
  /** Not answered because of the caller: the inputs did not fit. */
  readonly refused: number;
  /** Not answered because of the platform. */
  readonly failed: number;
  /** Milliseconds from the request's validation to its answer, queueing included; absent where nothing was answered. */
  readonly p50?: number;
  readonly p95?: number;
  readonly max?: number;
}

/** What the versions of a model did lately, on this replica. */
export interface Activity {
  record(model: string, version: string, done: Done): void;
  /**
   * Complete windows, oldest first, of every version that did something in them. A window in which nothing
   * was asked has zeros; one from before the start is not there, because nobody knows what it was like.
   */
  windows(model: string, minutes: number): readonly VersionActivity[];
  /** When counting began, in milliseconds since the epoch. */
  readonly since: number;
}

export interface VersionActivity {
  readonly version: string;
  readonly windows: readonly ActivityWindow[];
}

export type Done =
  | { readonly outcome: "answered"; readonly rows: number; readonly ms: number; readonly cached: boolean }
  | { readonly outcome: "refused" | "failed" };

export const WINDOW_MS = 10_000;
export const MAX_ACTIVITY_MINUTES = 30;
const KEPT_WINDOWS = (MAX_ACTIVITY_MINUTES * 60_000) / WINDOW_MS;
/** Versions that are told apart; what comes beyond is not counted until one of them was quiet for long enough. */
const MAX_VERSIONS = 500;

interface Tally {
  answered: number;
  rows: number;
  cached: number;
  refused: number;
  failed: number;
  max: number;
  readonly times: Uint32Array;
}

interface Track {
  readonly model: string;
  readonly version: string;
  /** The window that is being counted, so that most records need no look-up. */
  window: number;
  tally: Tally;
  readonly tallies: Map<number, Tally>;
}

export function createActivity(now: () => number): Activity {
  const since = now();
  const tracks = new Map<string, Track>();

  function trackOf(model: string, version: string, window: number): Track | undefined {
    const key = `${model}@${version}`;
    const known = tracks.get(key);
    if (known) return known;
    if (tracks.size >= MAX_VERSIONS) forgetQuiet(window);
    if (tracks.size >= MAX_VERSIONS) return undefined;
    const tally = emptyTally();
    const track: Track = { model, version, window, tally, tallies: new Map([[window, tally]]) };
    tracks.set(key, track);
    return track;
  }

  function forgetQuiet(window: number): void {
    for (const [key, track] of tracks) if (track.window <= window - KEPT_WINDOWS) tracks.delete(key);
  }

  return {
    since,
    record(model, version, done) {
      const window = Math.floor(now() / WINDOW_MS);
      const track = trackOf(model, version, window);
      if (!track) return;
      if (track.window !== window) {
        track.window = window;
        track.tally = emptyTally();
        track.tallies.set(window, track.tally);
        for (const old of track.tallies.keys()) if (old <= window - KEPT_WINDOWS) track.tallies.delete(old);
      }
      const { tally } = track;
      if (done.outcome !== "answered") {
        tally[done.outcome] += 1;
        return;
      }
      tally.answered += 1;
      tally.rows += done.rows;
      if (done.cached) tally.cached += 1;
      if (done.ms > tally.max) tally.max = done.ms;
      countTime(tally.times, done.ms);
    },
    windows(model, minutes) {
      const present = Math.floor(now() / WINDOW_MS);
      const first = Math.max(present - (minutes * 60_000) / WINDOW_MS, Math.ceil(since / WINDOW_MS));
      return [...tracks.values()]
        .filter((track) => track.model === model && track.window >= first)
        .map(({ version, tallies }) => ({
          version,
          windows: Array.from({ length: Math.max(0, present - first) }, (_, index) =>
            windowOf((first + index) * WINDOW_MS, tallies.get(first + index)),
          ),
        }))
        .toSorted((a, b) => Number(a.version) - Number(b.version));
    },
  };
}

/** A predictor whose every prediction is counted. */
export function countingPredictions(predictor: Predictor, activity: Activity, stopwatch: () => number): Predictor {
  return {
    async predict(model, request, options) {
      const began = stopwatch();
      try {
        const prediction = await predictor.predict(model, request, options);
        const { rows, cached } = prediction;
        const ms = stopwatch() - began;
        activity.record(model.name, model.version, {
          outcome: "answered",
          rows,
          ms,
          cached: cached === "memory" || cached === "shared",
        });
        return prediction;
      } catch (error) {
        const theirs = error instanceof MusterError && ERRORS[error.code].status < 500;
        activity.record(model.name, model.version, { outcome: theirs ? "refused" : "failed" });
        throw error;
      }
    },
  };
}

function emptyTally(): Tally {
  return { answered: 0, rows: 0, cached: 0, refused: 0, failed: 0, max: 0, times: emptyTimes() };
}

function windowOf(at: number, tally: Tally | undefined): ActivityWindow {
  if (!tally) return { at, answered: 0, rows: 0, cached: 0, refused: 0, failed: 0 };
  const { answered, rows, cached, refused, failed, max, times } = tally;
  const counts = { at, answered, rows, cached, refused, failed };
  if (answered === 0) return counts;
  const within = (share: number): number => Math.min(percentile(times, answered, share), max);
  return { ...counts, p50: within(0.5), p95: within(0.95), max };
}
