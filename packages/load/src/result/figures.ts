import type { CustomFigures, LoadSlice, RequestFigures, ScenarioFigures } from "@muster/contract";
import { bucketMiddle, countUpTo, forEachBucket, type Histogram, histogramData, quantile } from "@muster/kernel";
import type { CustomMetric, Metrics, ScenarioMetrics } from "../metrics/metrics.ts";
import { totalSeries } from "../metrics/metrics.ts";
import type { Series } from "../metrics/series.ts";
import type { Timeline } from "../metrics/timeline.ts";
import { latencyOf } from "./latency.ts";

/** Coarse buckets per power of two in the heatmap. */
const HEAT_PER_OCTAVE = 2;

/** What figures are reckoned with, beside what was counted. */
export interface FigureTerms {
  /** How long the load lasted, for rates. */
  readonly elapsedMs: number;
  /** Response time in ms that satisfies a user; up to four times as much is tolerated (Apdex, version 1.1). */
  readonly satisfiedMs: number | undefined;
}

/** The figures of a series, as reports carry them. */
export function requestFigures(name: string, series: Series, { elapsedMs, satisfiedMs }: FigureTerms): RequestFigures {
  const histogram = histogramData(series.response);
  return {
    name,
    requests: series.requests,
    failed: series.failed,
    perSecond: elapsedMs > 0 ? (series.requests * 1_000) / elapsedMs : 0,
    errors: Object.fromEntries(series.errors),
    statuses: Object.fromEntries([...series.statuses].map(([status, times]) => [String(status), times])),
    bytesIn: series.bytesIn,
    bytesOut: series.bytesOut,
    ...latencies({
      response: series.response,
      service: series.service,
      firstByte: series.firstByte,
      sendLag: series.sendLag,
    }),
    ...(satisfiedMs === undefined || series.requests === 0 ? {} : { apdex: apdexOf(series, satisfiedMs) }),
    histogram: { ...histogram, buckets: [...histogram.buckets] },
  };
}

/** Satisfied users and half of those who put up with it; a failed request satisfies nobody, however quick it was. */
function apdexOf({ response, requests, errors }: Series, satisfiedMs: number): number {
  const satisfied = countUpTo(response, satisfiedMs);
  const tolerated = countUpTo(response, satisfiedMs * 4) - satisfied;
  // Answers of 4xx and 5xx are in the histogram with their times, but not told apart there: taken off the best first.
  return Math.max(0, satisfied + tolerated / 2 - (errors.get("status") ?? 0)) / requests;
}

export function scenarioFigures(
  name: string,
  own: ScenarioMetrics,
  metrics: Metrics,
  terms: FigureTerms,
): ScenarioFigures {
  const { started, completed, failed, interrupted, missed } = own.iterations;
  return {
    name,
    iterations: { started, completed, failed, interrupted, missed },
    ...latencies({ iteration: own.iteration }),
    total: requestFigures(name, totalSeries(metrics, name), terms),
    steps: [...own.steps].map(([step, series]) => requestFigures(step, series, terms)),
    groups: [...own.groups].map(([group, duration]) => ({
      name: group,
      count: duration.count,
      ...latencies({ duration }),
    })),
    checks: [...own.checks].map(([check, counts]) => ({ name: check, ...counts })),
  };
}

export function customFigures(name: string, metric: CustomMetric): CustomFigures {
  if (metric.kind !== "trend") return { name, ...metric };
  return { name, kind: "trend", count: metric.values.count, ...latencies({ values: metric.values }) };
}

export function sliceFigures(timeline: Timeline): LoadSlice[] {
  return timeline.slices.map((slice, index) => {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(slice.response, share));
    return {
      atMs: index * timeline.sliceMs,
      requests: slice.requests,
      failed: slice.failed,
      users: slice.users,
      ...(p50 === undefined ? {} : { p50 }),
      ...(p95 === undefined ? {} : { p95 }),
      ...(p99 === undefined ? {} : { p99 }),
      heat: heatOf(slice.response),
    };
  });
}

/** A histogram in coarse buckets: alternating lower edge in ms and count. */
function heatOf(histogram: Histogram): number[] {
  const counts = new Map<number, number>();
  forEachBucket(histogram, (bucket, times) => {
    const place = Math.floor(Math.log2(bucketMiddle(bucket)) * HEAT_PER_OCTAVE);
    counts.set(place, (counts.get(place) ?? 0) + times);
  });
  return [...counts].flatMap(([place, times]) => [2 ** (place / HEAT_PER_OCTAVE), times]);
}

/** Summaries of those histograms that hold something. */
function latencies<K extends string>(
  histograms: Readonly<Record<K, Histogram>>,
): { [N in K]?: NonNullable<ReturnType<typeof latencyOf>> } {
  const summaries: { [N in K]?: NonNullable<ReturnType<typeof latencyOf>> } = {};
  for (const name in histograms) {
    const summary = latencyOf(histograms[name]);
    if (summary !== undefined) summaries[name] = summary;
  }
  return summaries;
}
