import type { SharedStatistics } from "../cache/shared-answers.ts";
import type { BatchReport } from "../serving/batcher.ts";
import type { Servable } from "../serving/served-model.ts";
import type { DropReason } from "../monitoring/recorder.ts";
import type { WindowResult } from "../monitoring/monitoring-store.ts";

/** What the service counts and times. */
export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
  /** One answered request. Route is its pattern, never its address, so that the number of series is bounded. */
  request(method: string, route: string, status: number, seconds: number): void;
  /** Rows that a model has answered. */
  predictions(model: string, version: string, rows: number): void;
  /** A prediction that was looked for in this process's memory. */
  cacheLookup(hit: boolean): void;
  /** A request to object storage, and whether it answered. */
  storageRequest(answered: boolean): void;
  /** Shows how the second level of the cache does, each time that metrics are rendered. */
  watchSharedCache(read: () => SharedStatistics): void;
  /** One run of a model. */
  batch(model: Servable, report: BatchReport): void;
  readonly admission: AdmissionMetrics;
  /** Rows that were recorded. */
  recorded(model: string, rows: number): void;
  /** Rows that were to be recorded and were not. */
  notRecorded(model: string, rows: number, reason: DropReason): void;
  /** The last window of a model that was judged, in place of the one before it. */
  drift(model: string, window: WindowResult, openAlarms: number): void;
  /** Models that are watched; of others nothing is told any more. */
  watched(models: readonly string[]): void;
}

/** What the door of the service counts. Refused requests are counted here alone: more would cost too much at such times. */
export interface AdmissionMetrics {
  /** A request that was not let in. */
  refused(): void;
  /** How long a request waited before it was begun; not called for those that did not wait. */
  waited(seconds: number): void;
  /** Who can tell how many wait. */
  waiting(count: () => number): void;
}
