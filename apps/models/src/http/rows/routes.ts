import { ERRORS, MusterError } from "@muster/kernel";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { type LookupParts, lookUp } from "../../domain/serving/lookup.ts";
import type { Predictor } from "../../domain/serving/predictor.ts";
import type { ServedModel } from "../../domain/serving/served-model.ts";
import type { Tensors } from "../../domain/tensor/tensor.ts";
import { stickyCaller } from "../access/guard.ts";
import { predictFor } from "../tracing/traced.ts";
import { cacheStatus } from "../cache/headers.ts";
import { namePrediction } from "../monitoring/prediction-id.ts";
import { errorSentence, prepareErrorAnswer } from "../errors.ts";
import { readCsv } from "./csv.ts";
import { rowsOf, tensorsOfColumns, tensorsOfFrame, tensorsOfInstances } from "./rows.ts";

export interface RowRouteOptions extends LookupParts {
  readonly predictor: Predictor;
}

const Predictions = Type.Object({ predictions: Type.Array(Type.Unknown()) });
const KserveError = Type.Object({ error: Type.String() });
const MlflowError = Type.Object({ error_code: Type.Enum(["BAD_REQUEST", "INTERNAL_ERROR"]), message: Type.String() });
const ModelName = Type.String({ maxLength: 64 });

/** A text that was sent as CSV; a kind of its own, so that no JSON can pass for it. */
class CsvBody {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Two older ways of asking for the same predictions: KServe's protocol v1 (`:predict`) and MLflow's
 * `/invocations` (mlflow.org, "Deploy MLflow Model as a Local Inference Server"). Both only translate.
 */
export async function rowRoutes(app: FastifyInstance, options: RowRouteOptions): Promise<void> {
  const tags = ["Other protocols"];
  app.removeContentTypeParser("text/plain");
  const predict = { access: { role: "viewer", scope: "predict" } } as const;
  app.addContentTypeParser(
    "text/csv",
    { parseAs: "string", bodyLimit: app.initialConfig.bodyLimit ?? 0 },
    (_, body, done) => {
      done(null, new CsvBody(body as string));
    },
  );

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    model: ServedModel,
    inputs: Tensors,
  ): Promise<{ predictions: readonly unknown[] }> {
    const prediction = await predictFor(options.predictor, request, reply, model, { inputs });
    const { outputs, cached } = prediction;
    namePrediction(reply, request, prediction);
    if (cached !== undefined) void reply.header("cache-status", cacheStatus(cached));
    return { predictions: rowsOf(outputs) };
  }

  await app.register(async (v1) => {
    v1.setErrorHandler((error, request, reply) => {
      const known = errorSentence(error, request);
      void prepareErrorAnswer(known, request, reply).send({ error: known.sentence });
    });
    v1.post<{ Params: { name: string } }>(
      "/v1/models/:name(^[a-z0-9-]+)::predict",
      {
        config: predict,
        schema: {
          tags,
          summary: "KServe v1: predict",
          params: Type.Object({ name: ModelName }),
          response: { 200: Predictions, "4xx": KserveError, "5xx": KserveError },
        },
      },
      async (request, reply) => {
        const model = await lookUp(options, request.params.name, undefined, stickyCaller(request));
        return answer(request, reply, model, oneOf(model, membersOf(request.body, ["instances", "inputs"])));
      },
    );
  });

  await app.register(async (mlflow) => {
    mlflow.setErrorHandler((error, request, reply) => {
      const known = errorSentence(error, request);
      const code = ERRORS[known.code].status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR";
      void prepareErrorAnswer(known, request, reply).send({ error_code: code, message: known.sentence });
    });
    mlflow.post<{ Querystring: { model?: string } }>(
      "/invocations",
      {
        config: predict,
        schema: {
          tags,
          summary: "MLflow: predict; with more than one model, name it as ?model=",
          querystring: Type.Object({ model: Type.Optional(ModelName) }),
          response: { 200: Predictions, "4xx": MlflowError, "5xx": MlflowError },
        },
      },
      async (request, reply) => {
        const model = await lookUp(
          options,
          request.query.model ?? onlyModel(options),
          undefined,
          stickyCaller(request),
        );
        return answer(request, reply, model, readInvocation(model, request.body));
      },
    );
  });
}

function onlyModel({ table }: RowRouteOptions): string {
  const names = table.names();
  if (names.length === 1 && names[0] !== undefined) return names[0];
  throw invalid("model", `must be named as ?model=, because there are ${names.length}: ${names.join(", ")}`);
}

const INVOCATION_FORMS = ["dataframe_split", "dataframe_records", "instances", "inputs"];

function readInvocation(model: ServedModel, body: unknown): Tensors {
  if (body instanceof CsvBody) return tensorsOfFrame(model, readCsv(body.text));
  const { params, ...form } = membersOf(body, [...INVOCATION_FORMS, "params"]);
  if (params !== undefined && Object.keys(membersOf(params)).length > 0)
    throw invalid("params", "are not known to this model");
  return oneOf(model, form);
}

/** Exactly one form of input must be there. */
function oneOf(model: ServedModel, forms: Readonly<Record<string, unknown>>): Tensors {
  const given = Object.keys(forms);
  const [form] = given;
  if (form === undefined || given.length !== 1) {
    throw invalid("the body", `must have exactly one of ${INVOCATION_FORMS.join(", ")}`);
  }
  const value = forms[form];
  switch (form) {
    case "instances":
      return tensorsOfInstances(model, listOf(value, form));
    case "inputs":
      return tensorsOfColumns(model, value);
    case "dataframe_split": {
      const { columns, data } = membersOf(value, ["columns", "data", "index"]);
      const rows = listOf(data, "dataframe_split.data").map((row, index) =>
        listOf(row, `dataframe_split.data[${index}]`),
      );
      return tensorsOfFrame(model, { columns: listOf(columns, "dataframe_split.columns").map(String), rows });
    }
    default: {
      const records = listOf(value, form).map((record) => membersOf(record));
      const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
      return tensorsOfFrame(model, { columns, rows: records.map((record) => columns.map((column) => record[column])) });
    }
  }
}

function membersOf(value: unknown, known?: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("the body", "must be a JSON object");
  const unknown = known && Object.keys(value).filter((name) => !known.includes(name));
  if (unknown && unknown.length > 0)
    throw invalid("the body", `has "${unknown.join('", "')}"; known are ${known.join(", ")}`);
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(path, "must be a list");
  return value;
}

function invalid(path: string, message: string): MusterError {
  return new MusterError("invalid-request", "the request does not hold", { problems: [{ path, message }] });
}
