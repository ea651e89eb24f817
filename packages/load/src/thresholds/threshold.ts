import type { ThresholdResult } from "@muster/contract";
import { meanOf, MusterError, quantile } from "@muster/kernel";
import { type Metrics, totalSeries } from "../metrics/metrics.ts";
import type { Series } from "../metrics/series.ts";

/** A demand on the figures of a run. */
export interface Threshold {
  /** `p95 < 100ms`, `errors < 1%`, `rate > 1000/s`, `checks >= 99%`, `service p99 < 50ms`, `cart_size mean > 2`. */
  readonly that: string;
  /** Only the requests of this scenario. */
  readonly scenario?: string;
  /** Only the requests of this step, as it is reported: `GET /livez`. */
  readonly step?: string;
  /** Only the requests with this tag, as `key=value`. */
  readonly tag?: string;
  /** Ends the run as soon as it is broken. */
  readonly abort?: boolean;
  /** Ms from the start during which `abort` does nothing; 10,000 by default. */
  readonly abortAfterMs?: number;
}

const DEMAND =
  /^\s*(?:([A-Za-z_][\w.-]*)\s+)?([a-z]+|p\d{1,2}(?:\.\d+)?)\s*(<=|>=|<|>|=)\s*(\d+(?:\.\d+)?)\s*(ms|s|%|\/s|\/min)?\s*$/;
const TIMES = new Set(["response", "service", "firstByte", "sendLag", "iteration", "connect", "tls"]);
const STATISTICS = new Set(["min", "mean", "max"]);
const SHARES = new Set(["errors", "checks", "missed"]);

interface Demand {
  /** A kind of time, a custom metric, or nothing for the response time. */
  readonly metric: string | undefined;
  /** `p95`, `mean`, `errors`, `rate`, … */
  readonly statistic: string;
  readonly operator: string;
  /** In ms, as a share of 1, per second, or a plain number. */
  readonly limit: number;
  readonly unit: "ms" | "%" | "/s" | "";
}

/**
 * Reads a demand.
 * @throws {MusterError} `load-plan-invalid` when it is not understood.
 */
export function parseDemand(text: string): Demand {
  const parts = DEMAND.exec(text);
  if (!parts) throw invalid(text, 'write it as "p95 < 100ms", "errors < 1%" or "rate > 1000/s"');
  const [, metric, statistic = "", operator = "", number = "", unit = ""] = parts;
  const value = Number(number);
  const percentile = /^p\d/.test(statistic);
  if (percentile || STATISTICS.has(statistic)) {
    const time = metric === undefined || TIMES.has(metric);
    if (time && unit !== "ms" && unit !== "s") throw invalid(text, "a time needs ms or s");
    if (!time && unit !== "") throw invalid(text, "a metric of the scenario's own has no unit");
    return { metric, statistic, operator, limit: unit === "s" ? value * 1_000 : value, unit: time ? "ms" : "" };
  }
  if (SHARES.has(statistic)) {
    if (metric !== undefined || unit !== "%") throw invalid(text, `"${statistic}" is a share and needs %`);
    return { metric, statistic, operator, limit: value / 100, unit: "%" };
  }
  if (statistic === "rate") {
    if (metric !== undefined || (unit !== "/s" && unit !== "/min")) throw invalid(text, "a rate needs /s or /min");
    return { metric, statistic, operator, limit: unit === "/min" ? value / 60 : value, unit: "/s" };
  }
  if (statistic === "total" || statistic === "last") {
    if (metric === undefined || unit !== "")
      throw invalid(text, `"${statistic}" needs the name of a metric and no unit`);
    return { metric, statistic, operator, limit: value, unit: "" };
  }
  throw invalid(
    text,
    "it begins with a percentile such as p95 or p99.9, min, mean, max, errors, checks, missed, rate, total or last",
  );
}

function invalid(text: string, hint: string): MusterError {
  return new MusterError("load-plan-invalid", `the threshold "${text}" is not understood: ${hint}`);
}

/** A threshold as a plan may write it, in full. */
export function thresholdOf(written: string | Threshold): Threshold {
  return typeof written === "string" ? { that: written } : written;
}

/**
 * Judges a threshold. Without data it does not hold: nothing was shown.
 * `elapsedMs` is the time that the load lasted, for rates.
 */
export function judgeThreshold(threshold: Threshold, metrics: Metrics, elapsedMs: number): ThresholdResult {
  const demand = parseDemand(threshold.that);
  const text = scopedText(threshold);
  const seen = seenValue(demand, threshold, metrics, elapsedMs);
  const what = demand.metric === undefined ? demand.statistic : `${demand.metric} ${demand.statistic}`;
  const figure = demand.metric === undefined && demand.unit === "ms" ? `response ${what}` : what;
  const { limit } = demand;
  const allowed = `allowed ${demand.operator} ${shownValue(demand.limit, demand.unit)}`;
  if (seen === undefined) return { text, ok: false, limit, figure, summary: `${what}: there is no data; ${allowed}` };
  const ok = compareWith(seen, demand.operator, demand.limit);
  return { text, ok, seen, limit, figure, summary: `${what} ${shownValue(seen, demand.unit)}, ${allowed}` };
}

function scopedText({ that, scenario, step, tag }: Threshold): string {
  const scopes = [
    scenario === undefined ? "" : `scenario "${scenario}"`,
    step === undefined ? "" : `step "${step}"`,
    tag === undefined ? "" : `tag ${tag}`,
  ].filter((scope) => scope !== "");
  return scopes.length === 0 ? that : `${that} for ${scopes.join(", ")}`;
}

function seenValue(demand: Demand, scope: Threshold, metrics: Metrics, elapsedMs: number): number | undefined {
  const { metric, statistic } = demand;
  if (metric !== undefined && !TIMES.has(metric)) return customValue(metric, statistic, metrics);
  if (statistic === "checks") return checksPassed(metrics, scope.scenario);
  if (statistic === "missed") return missedShare(metrics, scope.scenario);
  if (metric === "connect" || metric === "tls") return statisticOf(metrics.connections[metric], statistic);
  if (metric === "iteration") {
    return scope.scenario === undefined
      ? undefined
      : statisticOf(metrics.scenarios.get(scope.scenario)?.iteration, statistic);
  }
  const series = seriesOf(metrics, scope);
  if (series === undefined || series.requests === 0) return undefined;
  if (statistic === "errors") return series.failed / series.requests;
  if (statistic === "rate") return elapsedMs > 0 ? (series.requests * 1_000) / elapsedMs : undefined;
  return statisticOf(series[(metric ?? "response") as "response" | "service" | "firstByte" | "sendLag"], statistic);
}

function seriesOf(metrics: Metrics, { scenario, step, tag }: Threshold): Series | undefined {
  if (tag !== undefined) return metrics.tags.get(tag);
  if (step === undefined) return totalSeries(metrics, scenario);
  for (const [name, each] of metrics.scenarios) {
    if (scenario !== undefined && scenario !== name) continue;
    const series = each.steps.get(step);
    if (series !== undefined) return series;
  }
  return undefined;
}

function customValue(name: string, statistic: string, metrics: Metrics): number | undefined {
  const metric = metrics.custom.get(name);
  if (metric === undefined) return undefined;
  switch (metric.kind) {
    case "counter":
      return statistic === "total" ? metric.total : undefined;
    case "gauge":
      if (statistic === "last") return metric.last;
      return statistic === "min" ? metric.min : statistic === "max" ? metric.max : undefined;
    case "trend":
      return statisticOf(metric.values, statistic);
  }
}

function checksPassed(metrics: Metrics, scenario: string | undefined): number | undefined {
  let passed = 0;
  let total = 0;
  for (const [name, each] of metrics.scenarios) {
    if (scenario !== undefined && scenario !== name) continue;
    for (const counts of each.checks.values()) {
      passed += counts.passed;
      total += counts.passed + counts.failed;
    }
  }
  return total === 0 ? undefined : passed / total;
}

function missedShare(metrics: Metrics, scenario: string | undefined): number | undefined {
  let missed = 0;
  let total = 0;
  for (const [name, { iterations }] of metrics.scenarios) {
    if (scenario !== undefined && scenario !== name) continue;
    missed += iterations.missed;
    total += iterations.started + iterations.missed;
  }
  return total === 0 ? undefined : missed / total;
}

function statisticOf(histogram: Parameters<typeof quantile>[0] | undefined, statistic: string): number | undefined {
  if (histogram === undefined || histogram.count === 0) return undefined;
  switch (statistic) {
    case "min":
      return histogram.min;
    case "max":
      return histogram.max;
    case "mean":
      return meanOf(histogram);
    default:
      return /^p\d/.test(statistic) ? quantile(histogram, Number(statistic.slice(1)) / 100) : undefined;
  }
}

/** Whether a value stands to a limit as the operator of a demand says. */
export function compareWith(seen: number, operator: string, limit: number): boolean {
  switch (operator) {
    case "<":
      return seen < limit;
    case "<=":
      return seen <= limit;
    case ">":
      return seen > limit;
    case ">=":
      return seen >= limit;
    default:
      return seen === limit;
  }
}

/** A value with its unit, for people. */
export function shownValue(value: number, unit: Demand["unit"]): string {
  const number = unit === "%" ? value * 100 : value;
  const digits = Math.abs(number) >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(3)));
  return unit === "" ? digits : unit === "/s" ? `${digits}/s` : `${digits} ${unit}`;
}
