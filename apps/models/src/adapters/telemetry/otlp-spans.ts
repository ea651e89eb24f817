import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import type { TraceContext } from "../../domain/observability/trace-context.ts";
import type { RequestSpan, SpanRecorder } from "../../domain/observability/tracing.ts";

export interface OtlpOptions {
  /** Where traces are taken, with its path: `http://collector:4318/v1/traces`. */
  readonly url: string;
  readonly serviceName: string;
  /** Told when spans could not be delivered; they are lost then. */
  onFailure(error: Error | undefined): void;
}

/** Milliseconds in which a batch must have been taken, its repetitions included; shorter than the time to stop. */
const EXPORT_WITHIN_MS = 5_000;
/** `ExportResultCode.FAILED` of @opentelemetry/core. */
const FAILED = 1;

/**
 * Keeps spans with the OpenTelemetry SDK and sends them as OTLP over HTTP. Nothing is registered globally, and the
 * decision what is sampled has been made before. Names follow OpenTelemetry's semantic conventions for HTTP.
 */
export function createOtlpSpans({ url, serviceName, onFailure }: OtlpOptions): SpanRecorder {
  const exporter = reporting(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_WITHIN_MS }), onFailure);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName }),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_WITHIN_MS })],
  });
  const tracer = provider.getTracer("muster-models");
  return {
    request(parent): RequestSpan {
      const span = tracer.startSpan("request", { kind: SpanKind.SERVER }, contextOf(parent));
      const { traceId, spanId } = span.spanContext();
      return {
        context: { traceId, spanId, sampled: true },
        inference({ name, version }) {
          const attributes = { "muster.model.name": name, "muster.model.version": version };
          const part = tracer.startSpan(`infer ${name}`, { attributes }, trace.setSpan(ROOT_CONTEXT, span));
          return {
            answered: (rows, cached) =>
              part.setAttributes({ "muster.model.rows": rows, "muster.model.cached": cached }).end(),
            failed: () => markFailed(part).end(),
          };
        },
        end(method, route, status) {
          span.updateName(`${method} ${route}`).setAttributes({
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
          });
          if (status >= 500) markFailed(span);
          span.end();
        },
      };
    },
    close: () => provider.shutdown().catch(onFailure),
  };
}

function contextOf(parent: TraceContext | undefined): typeof ROOT_CONTEXT {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
}

function markFailed(span: Span): Span {
  return span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The exporter itself tells of failures only to a logger that is global. */
function reporting(exporter: OTLPTraceExporter, onFailure: OtlpOptions["onFailure"]): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if ((result.code as number) === FAILED) onFailure(result.error);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}
