import { createHistogram, type Histogram, mergeHistogram } from "@muster/kernel";
import { createSeries, type ErrorKind, type Series } from "./series.ts";

/** Most different steps that one scenario, most tags, and most names of other kinds that a run keeps apart. */
export const SERIES_LIMITS = { steps: 200, tags: 500, names: 200 } as const;
/** What the rest is counted under when a limit is reached. */
export const FOLDED = "(other)";

export interface CheckCount {
  passed: number;
  failed: number;
}

/** What became of the iterations of a scenario: one iteration is one call of its `run`. */
export interface IterationCounts {
  started: number;
  completed: number;
  /** It threw. */
  failed: number;
  /** The run ended, or its time was up, before it did. */
  interrupted: number;
  /** The schedule called for it, but no user was free until the end. */
  missed: number;
  /** It had not begun when the schedule ended; it did later, or is missed. */
  late: number;
}

export interface ScenarioMetrics {
  readonly iterations: IterationCounts;
  /** From the intended start of an iteration to its end, in ms, of those that completed. */
  readonly iteration: Histogram;
  readonly steps: Map<string, Series>;
  /** Duration of each group, in ms. */
  readonly groups: Map<string, Histogram>;
  readonly checks: Map<string, CheckCount>;
}

/** A measure that a scenario takes itself. */
export type CustomMetric =
  | { readonly kind: "counter"; total: number }
  | { readonly kind: "gauge"; last: number; min: number; max: number }
  | { readonly kind: "trend"; readonly values: Histogram };

export interface ConnectionMetrics {
  opened: number;
  failed: number;
  /** Requests sent again because the server closed an idle connection just then. */
  retries: number;
  /** Errors of this machine: no file descriptors or ports left. */
  refusedLocally: number;
  /** Milliseconds to a TCP connection, and from there to TLS. */
  readonly connect: Histogram;
  readonly tls: Histogram;
}

/** Everything that a run counts. Two of them add up without loss, so it does not matter which worker saw what. */
export interface Metrics {
  readonly scenarios: Map<string, ScenarioMetrics>;
  /** Series of all requests that carry a tag, under `key=value`. */
  readonly tags: Map<string, Series>;
  readonly custom: Map<string, CustomMetric>;
  /** Failed requests and iterations by what they said, for people. */
  readonly messages: Map<string, number>;
  /** How often something was counted under {@link FOLDED}, by what was folded. */
  readonly folded: Map<string, number>;
  readonly connections: ConnectionMetrics;
  /** How late the generator noticed what was due, in ms. */
  readonly generatorLag: Histogram;
}

export function createMetrics(): Metrics {
  return {
    scenarios: new Map(),
    tags: new Map(),
    custom: new Map(),
    messages: new Map(),
    folded: new Map(),
    connections: {
      opened: 0,
      failed: 0,
      retries: 0,
      refusedLocally: 0,
      connect: createHistogram(),
      tls: createHistogram(),
    },
    generatorLag: createHistogram(),
  };
}

export function createScenarioMetrics(): ScenarioMetrics {
  return {
    iterations: { started: 0, completed: 0, failed: 0, interrupted: 0, missed: 0, late: 0 },
    iteration: createHistogram(),
    steps: new Map(),
    groups: new Map(),
    checks: new Map(),
  };
}

/** The metrics of a scenario, begun if there are none. */
export function scenarioMetrics(metrics: Metrics, name: string): ScenarioMetrics {
  return getOrCreate(metrics.scenarios, name, createScenarioMetrics);
}

/** The series of a step, or of all steps beyond the limit. */
export function stepSeries(metrics: Metrics, scenario: ScenarioMetrics, step: string): Series {
  return bounded(metrics, scenario.steps, step, SERIES_LIMITS.steps, "steps", createSeries);
}

/** The series of a tag `key=value`, or of all tags beyond the limit. */
export function tagSeries(metrics: Metrics, tag: string): Series {
  return bounded(metrics, metrics.tags, tag, SERIES_LIMITS.tags, "tag values", createSeries);
}

export function groupDurations(metrics: Metrics, scenario: ScenarioMetrics, group: string): Histogram {
  return bounded(metrics, scenario.groups, group, SERIES_LIMITS.names, "groups", createHistogram);
}

export function countCheck(metrics: Metrics, scenario: ScenarioMetrics, name: string, passed: boolean): void {
  const counts = bounded(metrics, scenario.checks, name, SERIES_LIMITS.names, "checks", createCheckCount);
  if (passed) counts.passed += 1;
  else counts.failed += 1;
}

export function countMessage(metrics: Metrics, message: string): void {
  const known = metrics.messages.get(message);
  const key = known !== undefined || metrics.messages.size < SERIES_LIMITS.names ? message : FOLDED;
  if (key === FOLDED) fold(metrics, "messages");
  metrics.messages.set(key, (metrics.messages.get(key) ?? 0) + 1);
}

/**
 * A custom metric by its name.
 * @throws {TypeError} when the name is in use for another kind.
 */
export function customMetric<K extends CustomMetric["kind"]>(
  metrics: Metrics,
  name: string,
  kind: K,
): Extract<CustomMetric, { kind: K }> {
  const metric = bounded(metrics, metrics.custom, name, SERIES_LIMITS.names, "custom metrics", () =>
    createCustomMetric(kind),
  );
  if (metric.kind !== kind) throw new TypeError(`the metric "${name}" is a ${metric.kind}, not a ${kind}`);
  return metric as Extract<CustomMetric, { kind: K }>;
}

export function createCustomMetric(kind: CustomMetric["kind"]): CustomMetric {
  switch (kind) {
    case "counter":
      return { kind, total: 0 };
    case "gauge":
      return { kind, last: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    case "trend":
      return { kind, values: createHistogram() };
  }
}

function createCheckCount(): CheckCount {
  return { passed: 0, failed: 0 };
}

function bounded<T>(
  metrics: Metrics,
  map: Map<string, T>,
  name: string,
  limit: number,
  what: string,
  create: () => T,
): T {
  const known = map.get(name);
  if (known !== undefined) return known;
  // The place for the rest is not counted among those that are kept apart.
  if (map.size < limit) {
    const created = create();
    map.set(name, created);
    return created;
  }
  fold(metrics, what);
  return getOrCreate(map, FOLDED, create);
}

function fold(metrics: Metrics, what: string): void {
  metrics.folded.set(what, (metrics.folded.get(what) ?? 0) + 1);
}

export function getOrCreate<T>(map: Map<string, T>, key: string, create: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

/** Adds everything that another run, or another worker of the same run, counted. */
export function mergeMetrics(into: Metrics, from: Metrics): void {
  for (const [name, theirs] of from.scenarios) {
    const ours = scenarioMetrics(into, name);
    ours.iterations.started += theirs.iterations.started;
    ours.iterations.completed += theirs.iterations.completed;
    ours.iterations.failed += theirs.iterations.failed;
    ours.iterations.interrupted += theirs.iterations.interrupted;
    ours.iterations.missed += theirs.iterations.missed;
    ours.iterations.late += theirs.iterations.late;
    mergeHistogram(ours.iteration, theirs.iteration);
    for (const [step, series] of theirs.steps) mergeSeries(stepSeries(into, ours, step), series);
    for (const [group, durations] of theirs.groups) mergeHistogram(groupDurations(into, ours, group), durations);
    for (const [check, counts] of theirs.checks) {
      const sum = bounded(into, ours.checks, check, SERIES_LIMITS.names, "checks", createCheckCount);
      sum.passed += counts.passed;
      sum.failed += counts.failed;
    }
  }
  for (const [tag, series] of from.tags) mergeSeries(tagSeries(into, tag), series);
  for (const [name, metric] of from.custom) mergeCustom(into, name, metric);
  addCounts(into.messages, from.messages);
  addCounts(into.folded, from.folded);
  into.connections.opened += from.connections.opened;
  into.connections.failed += from.connections.failed;
  into.connections.retries += from.connections.retries;
  into.connections.refusedLocally += from.connections.refusedLocally;
  mergeHistogram(into.connections.connect, from.connections.connect);
  mergeHistogram(into.connections.tls, from.connections.tls);
  mergeHistogram(into.generatorLag, from.generatorLag);
}

/** Adds what another series holds. */
export function mergeSeries(into: Series, from: Series): void {
  into.requests += from.requests;
  into.failed += from.failed;
  into.bytesIn += from.bytesIn;
  into.bytesOut += from.bytesOut;
  addCounts<ErrorKind>(into.errors, from.errors);
  addCounts<number>(into.statuses, from.statuses);
  mergeHistogram(into.response, from.response);
  mergeHistogram(into.service, from.service);
  mergeHistogram(into.firstByte, from.firstByte);
  mergeHistogram(into.sendLag, from.sendLag);
}

function mergeCustom(into: Metrics, name: string, from: CustomMetric): void {
  switch (from.kind) {
    case "counter":
      customMetric(into, name, "counter").total += from.total;
      break;
    case "gauge": {
      const gauge = customMetric(into, name, "gauge");
      gauge.last = from.last;
      gauge.min = Math.min(gauge.min, from.min);
      gauge.max = Math.max(gauge.max, from.max);
      break;
    }
    case "trend":
      mergeHistogram(customMetric(into, name, "trend").values, from.values);
      break;
  }
}

function addCounts<K>(into: Map<K, number>, from: ReadonlyMap<K, number>): void {
  for (const [key, times] of from) into.set(key, (into.get(key) ?? 0) + times);
}

/** The series of everything that a scenario, or without a name all of them, sent. */
export function totalSeries(metrics: Metrics, scenario?: string): Series {
  const total = createSeries();
  for (const [name, each] of metrics.scenarios) {
    if (scenario !== undefined && name !== scenario) continue;
    for (const series of each.steps.values()) mergeSeries(total, series);
  }
  return total;
}
