import { createHistogram, type Histogram, recordValue } from "@muster/kernel";
import type { FailureKind } from "../http/failure.ts";

/** Kinds of failed requests: {@link FailureKind}s of the client, and answers of 4xx and 5xx. */
export type ErrorKind = Exclude<FailureKind, "stopped"> | "status";

/** Instants of one request, in ms of `performance.now()`; 0 where it did not get that far. */
export interface RequestTimes {
  readonly intendedAt: number;
  readonly sentAt: number;
  readonly firstByteAt: number;
}

/** Everything that is counted of one kind of requests. All of it adds up. */
export interface Series {
  requests: number;
  failed: number;
  bytesIn: number;
  bytesOut: number;
  readonly errors: Map<ErrorKind, number>;
  readonly statuses: Map<number, number>;
  /** From the intended start to the last byte, in ms. Requests that timed out are in it with what they waited. */
  readonly response: Histogram;
  /** From the send to the last byte. */
  readonly service: Histogram;
  /** From the send to the first byte. */
  readonly firstByte: Histogram;
  /** From the intended start to the send: waiting for the generator and for a connection. */
  readonly sendLag: Histogram;
}

export function createSeries(): Series {
  return {
    requests: 0,
    failed: 0,
    bytesIn: 0,
    bytesOut: 0,
    errors: new Map(),
    statuses: new Map(),
    response: createHistogram(),
    service: createHistogram(),
    firstByte: createHistogram(),
    sendLag: createHistogram(),
  };
}

/** Counts a request that was answered, well or not. */
export function recordAnswer(
  series: Series,
  times: RequestTimes,
  at: number,
  status: number,
  bytesIn: number,
  bytesOut: number,
): void {
  series.requests += 1;
  series.bytesIn += bytesIn;
  series.bytesOut += bytesOut;
  series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1);
  recordValue(series.response, at - times.intendedAt);
  recordValue(series.service, at - times.sentAt);
  recordValue(series.firstByte, times.firstByteAt - times.sentAt);
  recordValue(series.sendLag, times.sentAt - times.intendedAt);
  if (status >= 400) {
    series.failed += 1;
    series.errors.set("status", (series.errors.get("status") ?? 0) + 1);
  }
}

/** Counts a request that got no answer. */
export function recordFailure(
  series: Series,
  times: RequestTimes,
  at: number,
  kind: ErrorKind,
  bytesOut: number,
): void {
  series.requests += 1;
  series.failed += 1;
  series.bytesOut += times.sentAt > 0 ? bytesOut : 0;
  series.errors.set(kind, (series.errors.get(kind) ?? 0) + 1);
  if (times.sentAt > 0) recordValue(series.sendLag, times.sentAt - times.intendedAt);
  // Whoever gave up has waited that long at least. Left out, the slowest requests would look like none.
  if (kind === "timeout") recordValue(series.response, at - times.intendedAt);
}
