import { type Histogram, type HistogramData, histogramData, histogramFromData } from "@muster/kernel";
import type { WorkerSnapshot } from "../run/worker-messages.ts";

/** A snapshot as text for another machine: maps and histograms are written so that they come back as what they were. */
export function encodeSnapshot(snapshot: WorkerSnapshot): string {
  return JSON.stringify(snapshot, (_key, value: unknown) => {
    if (value instanceof Map) return { $map: [...value] };
    return isHistogram(value) ? { $histogram: histogramData(value) } : value;
  });
}

/**
 * A snapshot from another machine.
 * @throws {Error} when the text is no snapshot.
 */
export function decodeSnapshot(text: string): WorkerSnapshot {
  const value = JSON.parse(text, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null) return part;
    if ("$map" in part) return new Map(part.$map as [unknown, unknown][]);
    return "$histogram" in part ? histogramFromData(part.$histogram as HistogramData) : part;
  }) as Partial<WorkerSnapshot> | null;
  const { metrics, timeline, health, samples } = value ?? {};
  if (!(metrics?.scenarios instanceof Map) || !Array.isArray(timeline?.slices) || !health || !Array.isArray(samples)) {
    throw new TypeError("this is no snapshot of a load");
  }
  return value as WorkerSnapshot;
}

function isHistogram(value: unknown): value is Histogram {
  return typeof value === "object" && value !== null && "octaves" in value && "sumUnits" in value;
}
