import { createHistogram, type Histogram, quantile, recordValue } from "@muster/kernel";
import { offerConstantRate } from "@muster/load";
import type { Platform } from "./platform.ts";

/** Enough that the service, and not the number of connections, decides who waits. */
const CONNECTIONS = 300;
/** Milliseconds by which the generator may be late at the 95th percentile; they are part of what it measures. */
const MAX_LAG_MS = 2;

export interface Overload {
  /** Requests a second that got an answer. */
  readonly answeredPerSecond: number;
  /** 95th percentile in ms, from the instant at which the schedule called for the request. */
  readonly answeredP95: number;
  readonly refusedP95: number;
  /** Requests that got neither an answer nor a 429. */
  readonly lost: number;
  /** Why the figures say more about the generator than about the service. */
  readonly invalidBecause: string | undefined;
}

/**
 * Puts a constant load on the platform, however it answers, and tells answers from refusals. The first part of the time
 * does not count: the connections are made then, of which a process takes one in each turn of its event loop.
 */
export async function overload(
  { url, key }: Platform,
  path: string,
  body: string,
  ratePerSecond: number,
  { settleMs, countedMs }: { readonly settleMs: number; readonly countedMs: number },
): Promise<Overload> {
  const answered = createHistogram();
  const refused = createHistogram();
  const lags = createHistogram();
  let seen = 0;
  const from = performance.now() + settleMs;
  const { scheduled, valid, invalidBecause } = await offerConstantRate(
    {
      request: {
        method: "POST",
        url: new URL(url + path),
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body,
      },
      ratePerSecond,
      durationMs: settleMs + countedMs,
      maxConnections: CONNECTIONS,
      observe(status, responseMs, sentAfterMs) {
        if (status === 200 || status === 429) seen += 1;
        if (performance.now() < from) return;
        recordValue(lags, sentAfterMs);
        if (status === 200) recordValue(answered, responseMs);
        else if (status === 429) recordValue(refused, responseMs);
      },
    },
    new AbortController().signal,
  );
  const lag = p95(lags);
  const late = lag > MAX_LAG_MS ? `the generator was late by ${lag.toFixed(1)} ms at the 95th percentile` : undefined;
  return {
    answeredPerSecond: (answered.count * 1_000) / countedMs,
    answeredP95: p95(answered),
    refusedP95: p95(refused),
    lost: scheduled - seen,
    invalidBecause: valid ? late : invalidBecause,
  };
}

/** 0 where there was none: whoever was never refused was not refused late. */
function p95(histogram: Histogram): number {
  return quantile(histogram, 0.95) ?? 0;
}
