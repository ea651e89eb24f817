import type { Clock } from "@muster/kernel";
import { createRateLimiter } from "../access/rate-limiter.ts";
import { readTraceparent, type TraceContext } from "./trace-context.ts";

/** What is kept of one request in a trace. */
export interface RequestSpan {
  /** Where the span is, so that the caller finds it; undefined where spans are not kept and only the time is told. */
  readonly context: TraceContext | undefined;
  /** Begins the part that the model is asked. */
  inference(model: { readonly name: string; readonly version: string }): InferenceSpan;
  /** Route is its pattern, never its address. */
  end(method: string, route: string, status: number): void;
}

export interface InferenceSpan {
  answered(rows: number, cached: boolean): void;
  failed(): void;
}

/** Keeps spans and sends them to where traces are looked at. */
export interface SpanRecorder {
  /** Begins the span of a request, as a child of the caller's if there is one. */
  request(parent: TraceContext | undefined): RequestSpan;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Decides which requests are traced. */
export interface Tracing {
  /** @param traceparent as it was received; undefined where there is none. */
  begin(traceparent: string | undefined): RequestSpan | undefined;
}

export interface TracingOptions {
  /** Share of the requests without a trace of their caller's that begin one, 0 to 1. */
  readonly ratio: number;
  readonly recorder: SpanRecorder;
  readonly clock: Clock;
  /** Evenly from 0 up to 1. */
  random(): number;
}

/** Traces in a second at most, so that no caller can make this service spend its time on traces. */
const MAX_PER_SECOND = 500;

/**
 * Samples like OpenTelemetry's `parentbased_traceidratio`: a caller's decision holds, and who brings none is sampled by
 * the ratio. Asked by every request: without a `traceparent` it costs a random number and a comparison.
 */
export function createTracing({ ratio, recorder, clock, random }: TracingOptions): Tracing {
  const limiter = createRateLimiter({ perSecond: MAX_PER_SECOND, burst: MAX_PER_SECOND });
  return {
    begin(traceparent) {
      const parent = traceparent === undefined ? undefined : readTraceparent(traceparent);
      if (parent === undefined ? random() >= ratio : !parent.sampled) return undefined;
      return limiter.take("", clock.now()) < 0 ? undefined : recorder.request(parent);
    },
  };
}

const NOTHING: InferenceSpan = { answered: () => undefined, failed: () => undefined };
const TIME_ALONE: RequestSpan = { context: undefined, inference: () => NOTHING, end: () => undefined };

/** For a service that sends its spans nowhere: callers who trace are told the time of the model, and nothing is kept. */
export const UNRECORDED: SpanRecorder = { request: () => TIME_ALONE, close: () => Promise.resolve() };
