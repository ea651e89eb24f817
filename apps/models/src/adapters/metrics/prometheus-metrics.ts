import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics } from "../../domain/observability/metrics.ts";

/** Metrics in the Prometheus text format. A registry of its own, so that two services can live in one process, as in tests. */
export function createPrometheusMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
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
    help: "Predictions that were looked for in the cache, by result.",
    labelNames: ["result"],
    registers: [registry],
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
  const hits = lookups.labels("hit");
  const misses = lookups.labels("miss");
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    request: (method, route, status, seconds) => duration.observe({ method, route, status }, seconds),
    predictions: (model, version, rows) => predictions.inc({ model, version }, rows),
    cacheLookup: (hit) => (hit ? hits : misses).inc(),
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
  };
}
