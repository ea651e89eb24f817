import type { FastifyReply, FastifyRequest } from "fastify";
import type { Prediction } from "../../domain/serving/predictor.ts";

/** Header that says under which id a prediction was recorded; absent where it was not. */
const PREDICTION_ID_HEADER = "muster-prediction-id";

/** Tells the caller the id by which the truth of a recorded prediction can be told. */
export function namePrediction(reply: FastifyReply, request: FastifyRequest, { recorded }: Prediction): void {
  if (recorded === true) void reply.header(PREDICTION_ID_HEADER, request.id);
}
