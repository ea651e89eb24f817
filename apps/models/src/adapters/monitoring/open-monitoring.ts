import type { Clock } from "@muster/kernel";
import type { FastifyBaseLogger } from "fastify";
import type { Pool } from "pg";
import { type ComparisonParts } from "../../domain/monitoring/comparison.ts";
import { createMonitor } from "../../domain/monitoring/monitor.ts";
import { createMonitoring, type Monitoring } from "../../domain/monitoring/monitoring.ts";
import type { MonitoringStore } from "../../domain/monitoring/monitoring-store.ts";
import { createRecorder, type Recorder } from "../../domain/monitoring/recorder.ts";
import type { Metrics } from "../../domain/observability/metrics.ts";
import type { Shadow } from "../../domain/traffic/shadow.ts";
import type { Registry } from "../../domain/registry/registry.ts";
import type { OpenDatasets } from "../dataset-store/open-datasets.ts";
import { createPostgresMonitoring } from "./postgres-monitoring.ts";
import { createPostgresPredictions } from "./postgres-predictions.ts";

/** How often it is written down how challengers agreed. */
const AGREEMENT_EVERY_MS = 5_000;

export interface MonitoringParts extends Pick<ComparisonParts, "predict"> {
  readonly pool: Pool;
  readonly data: OpenDatasets;
  readonly registry: Registry;
  readonly builtinReference: (model: string) => Uint8Array | undefined;
  readonly shadow: Pick<Shadow, "takeNew">;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** Everything that watches models, put together. */
export interface OpenMonitoring {
  readonly recorder: Recorder;
  readonly monitoring: Monitoring;
  readonly store: MonitoringStore;
  /** Takes over settings that were changed, here or by another replica. */
  follow(): Promise<void>;
  /** Writes what was recorded and judges what is due; to be called again and again. Never fails. */
  turn(): Promise<void>;
  /** Finishes what it is at and writes what was recorded. */
  close(): Promise<void>;
}

/** Watches models with what is known of them in PostgreSQL. */
export function openMonitoring(parts: MonitoringParts): OpenMonitoring {
  const { pool, data, registry, metrics, clock, log } = parts;
  const store = createPostgresMonitoring(pool);
  const predictions = createPostgresPredictions(pool);
  const recorder = createRecorder({
    append: (entries) => predictions.append(entries),
    now: () => clock.now(),
    schedule: (write) => void setImmediate(write),
    onWritten: (model, rows) => metrics.recorded(model, rows),
    onDropped(model, rows, reason, error) {
      metrics.notRecorded(model, rows, reason);
      if (error !== undefined)
        log.warn({ err: error, model }, "recorded predictions were dropped, because they cannot be written");
    },
  });
  const monitor = createMonitor({
    store,
    log: predictions,
    registry,
    engine: data.engine,
    files: data.files,
    predict: parts.predict,
    reference: (reference) => data.datasets.version(reference),
    clock,
    onAlarm({ state, alarm: { model, column, reason } }) {
      const level = state === "cleared" ? "info" : "warn";
      log[level]({ model, column, state, reason }, "a column of a model has moved, or is back");
    },
    onWindow: (model, window, openAlarms) => metrics.drift(model, window, openAlarms),
    onFailure: (model, error) => log.warn({ err: error, model }, "drift cannot be judged at the moment"),
  });

  let agreementWritten = Number.NEGATIVE_INFINITY;
  async function writeAgreement(): Promise<void> {
    const shares = parts.shadow.takeNew();
    agreementWritten = clock.now();
    if (shares.length === 0) return;
    try {
      await store.addAgreement(shares, clock.now());
    } catch (error) {
      log.warn({ err: error }, "what the shadow compared was not written down");
    }
  }

  async function follow(): Promise<void> {
    const settings = await store.settings();
    recorder.follow(settings);
    monitor.follow(settings);
    metrics.watched(settings.filter(({ samplePercent }) => samplePercent > 0).map(({ model }) => model));
  }

  return {
    recorder,
    monitoring: createMonitoring({
      store,
      log: predictions,
      registry,
      datasets: data.datasets,
      datasetOfDigest: (digest) => data.store.versionOfDigest(digest),
      builtinReference: parts.builtinReference,
      clock,
      writeRecorded: () => recorder.flush(),
      follow,
    }),
    store,
    follow,
    async turn() {
      await recorder.flush();
      // A clock that went back does not put it off for long.
      if (Math.abs(clock.now() - agreementWritten) >= AGREEMENT_EVERY_MS) await writeAgreement();
      await monitor.tick();
    },
    async close() {
      await monitor.stop();
      await recorder.flush();
      await writeAgreement();
    },
  };
}
