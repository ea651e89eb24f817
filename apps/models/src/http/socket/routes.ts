import { MusterError } from "@muster/kernel";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type LookupParts, lookUp } from "../../domain/serving/lookup.ts";
import type { Predictor } from "../../domain/serving/predictor.ts";
import { stickyCaller } from "../access/guard.ts";
import type { Door } from "../admission/door.ts";
import { REFUSAL } from "../admission/refusal.ts";
import { errorSentence } from "../errors.ts";
import { readInferRequest } from "../oip/request.ts";
import { writeInferResponse } from "../oip/response.ts";

export interface SocketOptions extends LookupParts {
  readonly predictor: Predictor;
  readonly door: Pick<Door, "admit">;
}

/** Predictions that one connection may wait for; its sender can count on this and must not go beyond. */
const MAX_UNANSWERED = 256;
/** What is not yet sent to a reader that does not read. */
const MAX_UNSENT_BYTES = 8 * 1_048_576;

/**
 * Predictions over one connection: each message is an inference request with the members `model` and,
 * if wanted, `version`; each answer is an inference response, or an object with `error`. Both carry the
 * `id` of the request, because answers come in the order in which they are ready. The answer to a prediction that was
 * recorded has its id as the parameter `muster_prediction_id`.
 */
export async function socketRoutes(app: FastifyInstance, options: SocketOptions): Promise<void> {
  app.get(
    "/v1/predict",
    {
      websocket: true,
      config: { access: { role: "viewer", scope: "predict" } },
      schema: { tags: ["Other protocols"], summary: "Predictions over a WebSocket" },
    },
    (socket, request) => {
      let unanswered = 0;
      socket.on("message", (message, isBinary) => {
        if (socket.bufferedAmount > MAX_UNSENT_BYTES) return socket.close(1013, "answers are not being read");
        unanswered += 1;
        const text = isBinary || !Buffer.isBuffer(message) ? undefined : message.toString("utf8");
        const turn = unanswered;
        const begin = (refused?: MusterError): void => {
          void answer(app, options, request, text, turn, refused)
            .then((reply) => socket.send(reply))
            .finally(() => {
              unanswered -= 1;
            });
        };
        const isIn = options.door.admit(request.raw, () => begin());
        if (!isIn) begin(new MusterError("too-many-requests", REFUSAL));
      });
      // The connection closes after an error of its own; without a listener it would end the process.
      socket.on("error", () => undefined);
    },
  );
}

/** The answer to a message, whatever it was. */
async function answer(
  app: FastifyInstance,
  options: SocketOptions,
  request: FastifyRequest,
  message: string | undefined,
  unanswered: number,
  refused: MusterError | undefined,
): Promise<string> {
  let id: string | undefined;
  try {
    if (message === undefined) throw new MusterError("unsupported-media", "send text messages with JSON");
    const body = parse(message);
    if (typeof body["id"] === "string") id = body["id"];
    if (refused) throw refused;
    if (unanswered > MAX_UNANSWERED) {
      throw new MusterError("overloaded", `${MAX_UNANSWERED} predictions of this connection wait already`);
    }
    // Each message anew: the key may have been revoked since the connection was made.
    const forbidden = await app.admitAgain(request);
    if (forbidden) throw forbidden;
    const { model: name, version } = body;
    if (typeof name !== "string" || (version !== undefined && typeof version !== "string")) {
      throw new MusterError("invalid-request", "model must name a model, and version, if given, one of its versions");
    }
    const caller = stickyCaller(request);
    const model = await lookUp(options, name, version, caller);
    const inference = readInferRequest(body, model.signature);
    // A connection has no header for each answer, so the id of a recorded one is among its parameters.
    const asked = { id: crypto.randomUUID(), caller };
    const { outputs, recorded } = await options.predictor.predict(model, inference, { asked });
    return writeInferResponse(model, id, outputs, recorded === true ? asked.id : undefined);
  } catch (error) {
    const { sentence, status } = errorSentence(error, request);
    return JSON.stringify({ ...(id === undefined ? {} : { id }), error: sentence, status });
  }
}

function parse(message: string): Readonly<Record<string, unknown>> {
  let body: unknown;
  try {
    body = JSON.parse(message);
  } catch {
    throw new MusterError("invalid-request", "the message is not JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new MusterError("invalid-request", "the message must be a JSON object");
  }
  return body as Readonly<Record<string, unknown>>;
}
