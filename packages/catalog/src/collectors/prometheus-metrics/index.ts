import { setTimeout as wait } from "node:timers/promises";
import { type Clock, toInstant } from "@muster/kernel";
import { defineCollector } from "@muster/contract";
import { type Exchange, exchange, headerValue } from "../../wire/exchange.ts";
import type { Failure } from "../../wire/failure.ts";
import { redactUrl } from "../../wire/redact.ts";
import { type PrometheusMetrics, prometheusMetricsFacts } from "./facts.ts";
import { parseExposition } from "./parse.ts";

/** Bounds of the collector. */
export interface PrometheusLimits {
  readonly requestMs: number;
  /** Milliseconds between the two scrapes. */
  readonly windowMs: number;
  readonly bodyBytes: number;
  readonly samples: number;
}

const LIMITS: PrometheusLimits = {
  requestMs: 5_000,
  windowMs: 2_000,
  bodyBytes: 4 * 1024 * 1024,
  samples: 5_000,
};

/**
 * Scrapes the metrics path twice and keeps the second. Client libraries start several gauges anew
 * at every scrape, the event-loop lag of Node among them, so that one scrape alone would tell of
 * everything since the process started, its slow start included.
 */
export function createPrometheusMetrics(clock: Clock, limits: PrometheusLimits = LIMITS) {
  return defineCollector({
    facts: prometheusMetricsFacts,
    title: "Metrics of the service",
    timeoutMs: 2 * limits.requestMs + limits.windowMs + 1_000,
    async collect(target, { signal }): Promise<PrometheusMetrics> {
      const url = new URL(target.paths.metrics, target.url);
      const scrape = (): Promise<Exchange> =>
        exchange(url, {
          headers: { accept: "text/plain;version=0.0.4" },
          timeoutMs: limits.requestMs,
          maxBodyBytes: limits.bodyBytes,
          signal,
        });
      let seen = await scrape();
      const repeat = failureOf(seen) === undefined;
      if (repeat) {
        await wait(limits.windowMs, undefined, { signal });
        seen = await scrape();
      }
      const failure = failureOf(seen);
      const contentType = seen.answer && headerValue(seen.answer.headers, "content-type");
      const text = failure === undefined && seen.answer ? seen.answer.body.toString("utf8") : "";
      const { samples, malformedLines, cut } = parseExposition(text, limits.samples);
      return {
        url: redactUrl(url),
        observedAt: toInstant(clock.now()),
        ...(failure === undefined ? {} : { failure }),
        ...(seen.answer === undefined ? {} : { status: seen.answer.status }),
        ...(contentType === undefined ? {} : { contentType }),
        windowMs: repeat ? limits.windowMs : 0,
        samples,
        malformedLines,
        cut: cut || (seen.answer?.cut ?? false),
      };
    },
  });
}

/** Why there are no metrics in an answer: it did not come, is not a 200, or is no text. */
function failureOf({ failure, answer }: Exchange): Failure | undefined {
  if (failure) return failure;
  if (answer === undefined) return undefined;
  if (answer.status !== 200) {
    return { phase: "protocol", code: "STATUS", message: `the metrics path answers ${answer.status}` };
  }
  if (answer.body.includes(0)) {
    return { phase: "body", code: "BINARY", message: "the answer is binary, not the text exposition format" };
  }
  return undefined;
}
