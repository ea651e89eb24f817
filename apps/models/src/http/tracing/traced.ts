import type { FastifyReply, FastifyRequest } from "fastify";
import { writeTraceContext } from "../../domain/observability/trace-context.ts";
import type { RequestSpan, Tracing } from "../../domain/observability/tracing.ts";
import type { Prediction, Predictor } from "../../domain/serving/predictor.ts";
import type { PredictionRequest, ServedModel } from "../../domain/serving/served-model.ts";
import { stickyCaller } from "../access/guard.ts";
import { wantsFresh } from "../cache/headers.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Absent for a request that is not traced, which nearly all are not. */
    span: RequestSpan | undefined;
  }
}

/** Begins the trace of a request that is to be traced, and tells its caller where it will be found. */
export function beginTrace(tracing: Tracing, request: FastifyRequest, reply: FastifyReply): void {
  const span = tracing.begin(request.headers["traceparent"] as string | undefined);
  if (span === undefined) return;
  request.span = span;
  if (span.context !== undefined) void reply.header("traceresponse", writeTraceContext(span.context));
}

/** Predicts, and for a traced request says how long that took: in a span, and in `Server-Timing` (W3C Server Timing, §2). */
export function predictFor(
  predictor: Predictor,
  request: FastifyRequest,
  reply: FastifyReply,
  model: ServedModel,
  inference: PredictionRequest,
): Promise<Prediction> {
  const options = { fresh: wantsFresh(request), asked: { id: request.id, caller: stickyCaller(request) } };
  const { span } = request;
  return span === undefined
    ? predictor.predict(model, inference, options)
    : traced(span, reply, model, () => predictor.predict(model, inference, options));
}

async function traced(
  span: RequestSpan,
  reply: FastifyReply,
  model: ServedModel,
  predict: () => Promise<Prediction>,
): Promise<Prediction> {
  const part = span.inference(model);
  const begun = performance.now();
  try {
    const prediction = await predict();
    part.answered(prediction.rows, (prediction.cached ?? "none") !== "none");
    return prediction;
  } catch (error) {
    part.failed();
    throw error;
  } finally {
    void reply.header("server-timing", `inference;dur=${(performance.now() - begun).toFixed(3)}`);
  }
}
