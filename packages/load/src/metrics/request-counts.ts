import { clearHistogram, mergeHistogram } from "@muster/kernel";
import type { RequestOutcome } from "../user/user-http.ts";
import { mergeSeries, type Metrics, type ScenarioMetrics, stepSeries, tagSeries } from "./metrics.ts";
import { createSeries, recordAnswer, recordFailure, type Series } from "./series.ts";
import { recordInTime, sliceAt, type Timeline } from "./timeline.ts";

/** What was counted of requests with the same step and tags since it was last put where it belongs. */
interface Tally {
  readonly fresh: Series;
  /** The series of the step and of each tag. */
  readonly into: readonly Series[];
  /** Tallies of the same with one tag more, by its key and value. */
  readonly tagged: Map<string, Map<string, Tally>>;
}

/** Where a scenario's requests are counted. */
export interface Steps {
  readonly scenario: ScenarioMetrics;
  readonly tallies: Map<string, Tally>;
}

/** Combinations of step and tags that are tallied; requests with others are counted one by one. */
const MAX_TALLIES = 1_000;

/**
 * Counts the requests of a thread by step, by tag and by time. A request counts in several places, so it is recorded
 * once, with those like it, and the sum is added everywhere when a slice of time ends or somebody looks.
 */
export class RequestCounts {
  readonly #metrics: Metrics;
  readonly #timeline: Timeline;
  readonly #tallies: Tally[] = [];
  /** The present slice of time, in ms since the start of the run. */
  #sliceFrom = 0;
  #sliceTo: number;

  constructor(metrics: Metrics, timeline: Timeline) {
    this.#metrics = metrics;
    this.#timeline = timeline;
    this.#sliceTo = timeline.sliceMs;
  }

  /** Counts a request that ended so many ms after the start of the run. Requests come in the order in which they end. */
  record(steps: Steps, outcome: RequestOutcome, sinceStartMs: number): void {
    if (sinceStartMs >= this.#sliceTo) this.settle(sinceStartMs);
    const tally = this.#tallyOf(steps, outcome);
    if (tally === undefined) this.#countAlone(steps, outcome, sinceStartMs);
    else count(tally.fresh, outcome);
  }

  /** Puts everything that was counted where it belongs, as it is so many ms after the start of the run. */
  settle(sinceStartMs: number): void {
    for (const { fresh, into } of this.#tallies) {
      if (fresh.requests === 0) continue;
      for (const series of into) mergeSeries(series, fresh);
      const slice = sliceAt(this.#timeline, this.#sliceFrom);
      slice.requests += fresh.requests;
      slice.failed += fresh.failed;
      mergeHistogram(slice.response, fresh.response);
      clear(fresh);
    }
    const { sliceMs } = this.#timeline;
    this.#sliceFrom = Math.floor(sinceStartMs / sliceMs) * sliceMs;
    this.#sliceTo = this.#sliceFrom + sliceMs;
  }

  #tallyOf(steps: Steps, { name, tags }: RequestOutcome): Tally | undefined {
    let tally = steps.tallies.get(name) ?? this.#openStep(steps, name);
    if (tags === undefined) return tally;
    for (const key in tags) {
      if (tally === undefined) return undefined;
      const value = tags[key] as string;
      tally = tally.tagged.get(key)?.get(value) ?? this.#openTag(tally, key, value);
    }
    return tally;
  }

  /** Only what has a series of its own is tallied: what was folded into one for all the rest is noted each time. */
  #openStep({ scenario, tallies }: Steps, name: string): Tally | undefined {
    const series = scenario.steps.get(name);
    const tally = series && this.#open([series]);
    if (tally !== undefined) tallies.set(name, tally);
    return tally;
  }

  #openTag({ into, tagged }: Tally, key: string, value: string): Tally | undefined {
    const series = this.#metrics.tags.get(tagOf(key, value));
    const tally = series && this.#open([...into, series]);
    if (tally === undefined) return undefined;
    const ofKey = tagged.get(key) ?? new Map<string, Tally>();
    tagged.set(key, ofKey.set(value, tally));
    return tally;
  }

  #open(into: readonly Series[]): Tally | undefined {
    if (this.#tallies.length >= MAX_TALLIES) return undefined;
    const tally = { fresh: createSeries(), into, tagged: new Map<string, Map<string, Tally>>() };
    this.#tallies.push(tally);
    return tally;
  }

  #countAlone({ scenario }: Steps, outcome: RequestOutcome, sinceStartMs: number): void {
    const { name, tags = {}, failure, status } = outcome;
    count(stepSeries(this.#metrics, scenario, name), outcome);
    for (const [key, value] of Object.entries(tags)) count(tagSeries(this.#metrics, tagOf(key, value)), outcome);
    const known = failure === undefined || failure.kind === "timeout";
    const responseMs = known ? outcome.endedAt - outcome.intendedAt : undefined;
    recordInTime(this.#timeline, sinceStartMs, responseMs, failure !== undefined || status >= 400);
  }
}

function tagOf(key: string, value: string): string {
  return `${key}=${value}`;
}

function count(series: Series, outcome: RequestOutcome): void {
  const { failure } = outcome;
  if (failure === undefined) {
    recordAnswer(series, outcome, outcome.endedAt, outcome.status, outcome.bytesIn, outcome.bytesOut);
  } else if (failure.kind !== "stopped") {
    recordFailure(series, outcome, outcome.endedAt, failure.kind, outcome.bytesOut);
  }
}

function clear(series: Series): void {
  series.requests = 0;
  series.failed = 0;
  series.bytesIn = 0;
  series.bytesOut = 0;
  series.errors.clear();
  series.statuses.clear();
  clearHistogram(series.response);
  clearHistogram(series.service);
  clearHistogram(series.firstByte);
  clearHistogram(series.sendLag);
}
