import { MusterError } from "@muster/kernel";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type TSchema, Type } from "typebox";
import { type LookupParts, lookUp } from "../../domain/serving/lookup.ts";
import type { ServedModel } from "../../domain/serving/served-model.ts";
import type { Predictor } from "../../domain/serving/predictor.ts";
import type { ServingTable } from "../../domain/serving/serving-table.ts";
import { stickyCaller } from "../access/guard.ts";
import { predictFor } from "../tracing/traced.ts";
import { cacheStatus } from "../cache/headers.ts";
import { namePrediction } from "../monitoring/prediction-id.ts";
import { errorSentence, type KnownError, prepareErrorAnswer } from "../errors.ts";
import { JSON_LENGTH_HEADER, type RawTensors, splitBody } from "./binary.ts";
import { readInferRequest } from "./request.ts";
import { writeBinaryResponse, writeInferResponse } from "./response.ts";
import {
  InferRequestSchema,
  InferResponseSchema,
  LiveSchema,
  ModelMetadataSchema,
  ModelReadySchema,
  OipErrorSchema,
  ReadySchema,
  ServerMetadataSchema,
} from "./schemas.ts";

/** Major and minor version of the server, which the protocol asks for; not the patch level. */
const SERVER_VERSION = "0.1";
const JSON_TYPE = "application/json";

export interface OipOptions extends LookupParts {
  readonly predictor: Predictor;
}

interface ModelParams {
  readonly name: string;
  readonly version?: string;
}

/**
 * The Open Inference Protocol v2 over REST
 * (github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md).
 */
// Fastify asks plugins to be asynchronous.
export async function oipRoutes(app: FastifyInstance, options: OipOptions): Promise<void> {
  const { table, predictor } = options;
  const open = { access: "public" } as const;
  const predict = { access: { role: "viewer", scope: "predict" } } as const;
  readBodies(app);
  app.setErrorHandler((error, request, reply) => sendOipError(errorSentence(error, request), request, reply));

  app.get("/v2", { config: open, schema: described("About this server", ServerMetadataSchema) }, () => ({
    name: "muster-models",
    version: SERVER_VERSION,
    extensions: ["binary_tensor_data"],
  }));
  app.get("/v2/health/live", { config: open, schema: described("Whether the process lives", LiveSchema) }, () => ({
    live: true,
  }));
  app.get(
    "/v2/health/ready",
    { config: open, schema: described("Whether every model is loaded and warm", ReadySchema) },
    (_, reply) => {
      const ready = table.ready();
      return reply.code(ready ? 200 : 503).send({ live: true, ready });
    },
  );

  for (const base of ["/v2/models/:name", "/v2/models/:name/versions/:version"]) {
    const params = Type.Object({
      name: Type.String({ maxLength: 64 }),
      ...(base.endsWith(":version") ? { version: Type.String({ maxLength: 16 }) } : {}),
    });
    app.get<{ Params: ModelParams }>(
      base,
      { config: predict, schema: { ...described("Inputs and outputs of a model", ModelMetadataSchema), params } },
      async (request) =>
        metadata(table, await lookUp(options, request.params.name, request.params.version, stickyCaller(request))),
    );
    app.get<{ Params: ModelParams }>(
      `${base}/ready`,
      { config: predict, schema: { ...described("Whether a model answers predictions", ModelReadySchema), params } },
      async (request, reply) => {
        const model = await lookUp(options, request.params.name, request.params.version, stickyCaller(request));
        const ready = table.ready();
        return reply.code(ready ? 200 : 503).send({ name: model.name, ready });
      },
    );
    app.post<{ Params: ModelParams }>(
      `${base}/infer`,
      {
        config: predict,
        schema: { ...described("Predict", InferResponseSchema), params, body: InferRequestSchema },
        // Read by hand in request.ts, which says what the model expected; the schema is for documentation.
        validatorCompiler: () => () => true,
      },
      async (request, reply) => {
        const model = await lookUp(options, request.params.name, request.params.version, stickyCaller(request));
        const { json: body, raw } = request.body as InferBody;
        const inference = readInferRequest(body, model.signature, raw);
        const prediction = await predictFor(predictor, request, reply, model, inference);
        const { outputs, cached } = prediction;
        if (cached !== undefined) void reply.header("cache-status", cacheStatus(cached));
        namePrediction(reply, request, prediction);
        if (![...outputs.keys()].some(inference.isBinary)) {
          return json(reply, writeInferResponse(model, inference.id, outputs));
        }
        const binary = writeBinaryResponse(model, inference.id, outputs, inference.isBinary);
        return reply
          .header("content-type", "application/octet-stream")
          .header(JSON_LENGTH_HEADER, binary.jsonLength)
          .send(binary.body);
      },
    );
  }
}

function metadata(table: ServingTable, model: ServedModel): object {
  return {
    name: model.name,
    versions: table.entry(model.name)?.versions ?? [],
    platform: "onnx_onnxv1",
    inputs: model.signature.inputs,
    outputs: model.signature.outputs,
  };
}

/** Whether an address belongs to the protocol, so that what goes wrong there is told in its form. */
export function isOipAddress(url: string): boolean {
  return /^\/v2(?:[/?]|$)/.test(url);
}

/** An error in the protocol's form, whose clients read `error`. */
export function sendOipError(known: KnownError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return prepareErrorAnswer(known, request, reply).header("content-type", JSON_TYPE).send({ error: known.sentence });
}

function json(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", JSON_TYPE).send(text);
}

/** A body as it was read: its JSON, and the raw tensors after it where the header announces them. */
interface InferBody {
  readonly json: unknown;
  readonly raw?: RawTensors;
}

/** Bodies are only read, never merged into other objects, so the plain parser is safe and is the fast one. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, content, done) => {
    const body = content as Buffer;
    try {
      if (request.headers["content-encoding"] !== undefined) {
        throw new MusterError("unsupported-media", "send the body as it is, without Content-Encoding");
      }
      const announced = request.headers[JSON_LENGTH_HEADER];
      if (typeof announced === "string") done(null, splitBody(body, announced));
      else if (isJson(request.headers["content-type"])) done(null, { json: parseJson(body) } satisfies InferBody);
      else done(new MusterError("unsupported-media", "send Content-Type: application/json"));
    } catch (error) {
      done(error as Error);
    }
  });
}

function isJson(contentType: string | undefined): boolean {
  return contentType === "application/json" || contentType?.startsWith("application/json;") === true;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new MusterError("invalid-request", "the body is not JSON");
  }
}

function described(summary: string, answer: TSchema): object {
  return {
    tags: ["Open Inference Protocol"],
    summary,
    response: { 200: answer, "4xx": OipErrorSchema, "5xx": OipErrorSchema },
  };
}
