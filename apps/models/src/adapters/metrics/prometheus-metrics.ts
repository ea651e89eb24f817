import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { SharedStatistics } from "../../domain/cache/shared-answers.ts";
import { VERDICTS } from "../../domain/monitoring/verdict.ts";
import type { Metrics } from "../../domain/observability/metrics.ts";

/** Metrics in the Prometheus text format. A registry of its own, so that two services can live in one process, as in tests. */
export function createPrometheusMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  let sharedCache: (() => SharedStatistics) | undefined;
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from the first byte of a request to the last of its answer; the count is the number of requests.",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  const predictions = new Counter({
    name: "models_predictions_total",
    help: "Rows predicted.",
    labelNames: ["model", "version"],
    registers: [registry],
  });
  const batchRows = new Histogram({
    name: "models_batch_rows",
    help: "Rows that one run of a model computed together.",
    labelNames: ["model", "version"],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    registers: [registry],
  });
  const dispatches = new Counter({
    name: "models_batches_total",
    help: "Runs of a model by why they were started.",
    labelNames: ["model", "version", "reason"],
    registers: [registry],
  });
  const lookups = new Counter({
    name: "models_cache_lookups_total",
    help: "Predictions that were looked for in the cache, by level and result.",
    labelNames: ["level", "result"],
    registers: [registry],
    collect() {
      if (!sharedCache) return;
      const { hits: found, misses: missed, skipped } = sharedCache();
      for (const [result, value] of Object.entries({ hit: found, miss: missed, skipped })) {
        setCounter(this, { level: "shared", result }, value);
      }
    },
  });
  const refused = new Counter({
    name: "models_refused_total",
    help: "Requests that were refused at the door with 429, because more arrived than could be answered.",
    registers: [registry],
  });
  const waited = new Histogram({
    name: "models_admission_wait_seconds",
    help: "Time for which requests waited before they were begun; those that were begun at once are not counted.",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25],
    registers: [registry],
  });
  registry.registerMetric(
    new Counter({
      name: "models_shared_cache_operations_total",
      help: "Reads and writes of the second level of the cache that failed, and values that were written or damaged.",
      labelNames: ["operation", "result"],
      registers: [],
      collect() {
        if (!sharedCache) return;
        const { readFailures, damaged, writes, writeFailures, notWritten } = sharedCache();
        setCounter(this, { operation: "read", result: "failed" }, readFailures);
        setCounter(this, { operation: "read", result: "damaged" }, damaged);
        setCounter(this, { operation: "write", result: "done" }, writes);
        setCounter(this, { operation: "write", result: "failed" }, writeFailures);
        setCounter(this, { operation: "write", result: "left-out" }, notWritten);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "models_shared_cache_up",
      help: "Whether the second level of the cache is read from and written to.",
      labelNames: ["operation"],
      registers: [],
      collect() {
        if (!sharedCache) return;
        const { notReadSince, notWrittenSince } = sharedCache();
        this.set({ operation: "read" }, notReadSince === undefined ? 1 : 0);
        this.set({ operation: "write" }, notWrittenSince === undefined ? 1 : 0);
      },
    }),
  );
  const storageRequests = new Counter({
    name: "models_storage_requests_total",
    help: "Requests to object storage, each with its repetitions, by whether they were answered.",
    labelNames: ["result"],
    registers: [registry],
  });
  const hits = lookups.labels("memory", "hit");
  const misses = lookups.labels("memory", "miss");
  const recordedRows = new Counter({
    name: "muster_models_recorded_rows_total",
    help: "Rows of predictions that were recorded.",
    labelNames: ["model"],
    registers: [registry],
  });
  const droppedRows = new Counter({
    name: "muster_models_not_recorded_rows_total",
    help: "Rows that were to be recorded and were dropped: too much waited, or the database did not take them.",
    labelNames: ["model", "reason"],
    registers: [registry],
  });
  const psi = new Gauge({
    name: "muster_models_drift_psi",
    help: "Population stability index of a column in the last window that had enough rows to say it.",
    labelNames: ["model", "side", "column"],
    registers: [registry],
  });
  const verdict = new Gauge({
    name: "muster_models_drift_verdict",
    help: "1 for what the last window said of a model: good, warn, alarm or unknown.",
    labelNames: ["model", "verdict"],
    registers: [registry],
  });
  const alarms = new Gauge({
    name: "muster_models_drift_alarms",
    help: "Alarms of a model that are not cleared.",
    labelNames: ["model"],
    registers: [registry],
  });
  const shown = new Map<string, readonly Readonly<Record<"model" | "side" | "column", string>>[]>();

  function forgetDrift(model: string): void {
    for (const labels of shown.get(model) ?? []) psi.remove(labels);
    for (const each of VERDICTS) verdict.remove({ model, verdict: each });
    alarms.remove({ model });
    shown.delete(model);
  }

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    request: (method, route, status, seconds) => duration.observe({ method, route, status }, seconds),
    predictions: (model, version, rows) => predictions.inc({ model, version }, rows),
    cacheLookup: (hit) => (hit ? hits : misses).inc(),
    storageRequest: (answered) => storageRequests.inc({ result: answered ? "answered" : "failed" }),
    watchSharedCache: (read) => (sharedCache = read),
    batch({ name, version }, { rows, reason }) {
      batchRows.observe({ model: name, version }, rows);
      dispatches.inc({ model: name, version, reason });
    },
    admission: {
      refused: () => refused.inc(),
      waited: (seconds) => waited.observe(seconds),
      waiting(count) {
        const gauge: Gauge = new Gauge({
          name: "models_admission_waiting",
          help: "Requests that wait to be begun.",
          registers: [registry],
          collect: () => gauge.set(count()),
        });
      },
    },
    recorded: (model, rows) => recordedRows.inc({ model }, rows),
    notRecorded: (model, rows, reason) => droppedRows.inc({ model, reason }, rows),
    drift(model, window, openAlarms) {
      forgetDrift(model);
      alarms.set({ model }, openAlarms);
      for (const each of VERDICTS) verdict.set({ model, verdict: each }, each === window.verdict ? 1 : 0);
      // What could not be judged is absent, never 0, which would be good.
      const known = window.columns.filter((column) => column.verdict !== "unknown");
      const series = known.map(({ side, column }) => ({ model, side, column }));
      for (const [index, labels] of series.entries()) psi.set(labels, known[index]?.psi ?? Number.NaN);
      shown.set(model, series);
    },
    watched(models) {
      for (const model of shown.keys()) if (!models.includes(model)) forgetDrift(model);
    },
  };
}

/** For what is counted elsewhere. */
function setCounter<Label extends string>(
  counter: Counter<Label>,
  labels: Readonly<Record<Label, string>>,
  value: number,
): void {
  counter.remove(labels);
  counter.inc(labels, value);
}
