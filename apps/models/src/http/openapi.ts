import swagger from "@fastify/swagger";
import { ProblemSchema } from "@muster/contract";
import type { FastifyInstance, FastifySchema, RouteOptions } from "fastify";
import { SESSION_COOKIE } from "./access/guard.ts";

const DESCRIPTION = `Predictions from ONNX models, and what belongs to them: versions, data, users.

Errors under \`/v1\` are problem documents (RFC 9457) with a stable \`code\`; under \`/v2\` they have the form of the
Open Inference Protocol. What carries an \`ETag\` is not sent again to whoever names it in \`If-None-Match\`.
\`RateLimit\` tells how often one may still ask.`;

const KEY = "key";
const SESSION = "session";
const PROBLEM = "#/components/schemas/Problem";

/**
 * Makes the OpenAPI 3.1 document from the routes that are registered after it. A route that neither hides itself nor
 * says what it does, what it answers and how it refuses is refused at the start.
 */
export async function describeApi(app: FastifyInstance): Promise<void> {
  app.addHook("onRoute", (route) => {
    const missing = missingIn(route);
    if (missing.length > 0) throw new Error(`route ${String(route.method)} ${route.url} lacks ${missing.join(", ")}`);
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Muster models", version: "1", description: DESCRIPTION },
      components: {
        securitySchemes: {
          [KEY]: { type: "http", scheme: "bearer", description: "An API key, also as X-API-Key" },
          [SESSION]: { type: "apiKey", in: "cookie", name: SESSION_COOKIE, description: "What a login gives" },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: described(schema, route), url }),
    transformObject: (document) => {
      if (!("openapiObject" in document)) throw new Error("the document is OpenAPI");
      return withSharedProblem(document.openapiObject);
    },
  });
}

interface DescribedSchema extends FastifySchema {
  readonly hide?: boolean;
  readonly summary?: string;
  readonly tags?: readonly string[];
}

function missingIn({ method, schema, config, websocket }: RouteOptions): readonly string[] {
  const { hide, summary, tags, response = {} } = (schema ?? {}) as DescribedSchema;
  if (hide === true || method === "HEAD" || method === "OPTIONS") return [];
  const statuses = Object.keys(response as object);
  return [
    summary === undefined ? "a summary" : "",
    tags === undefined ? "tags" : "",
    websocket === true || statuses.some((status) => status.startsWith("2")) ? "" : "a good answer",
    websocket === true || config?.access === "public" || "4xx" in (response as object) ? "" : "how it refuses",
  ].filter((part) => part !== "");
}

/** What the route's configuration says, in words of the document. */
function described(schema: FastifySchema, { config, method, url, websocket }: RouteOptions): FastifySchema {
  if ((schema as DescribedSchema | undefined)?.hide === true && websocket !== true) return schema;
  const access = config?.access ?? "public";
  const { response, description } = schema as { response?: object; description?: string };
  const need = access === "public" ? undefined : `Needs the role ${access.role} and the scope \`${access.scope}\`.`;
  const answers =
    websocket === true
      ? { 101: nothing("The connection is open"), "4xx": ProblemSchema, "5xx": ProblemSchema }
      : response;
  return {
    ...schema,
    // The plugin for WebSockets hides its routes, but they begin as HTTP.
    hide: false,
    operationId: operationId(String(method), url),
    description: [description, need].filter((part) => part !== undefined).join("\n\n"),
    ...(access === "public" ? { security: [] } : { security: [{ [KEY]: [access.scope] }, { [SESSION]: [] }] }),
    response: {
      ...answers,
      ...(config?.kept === undefined ? {} : { 304: nothing("What the caller has still holds") }),
    },
  };
}

/** An answer without a body. */
function nothing(description: string): object {
  return { type: "null", description };
}

/** `GET /v1/models/:model/versions` becomes `get_v1_models_model_versions`. */
function operationId(method: string, url: string): string {
  const words = url.replaceAll(/\([^)]*\)/g, "").match(/[A-Za-z0-9]+/g) ?? [];
  return [method.toLowerCase(), ...words].join("_");
}

interface Answer {
  description?: string;
  content?: Record<string, { schema: object }>;
}

/** The problem document stands once in the document, under its own content type. */
function withSharedProblem<Document extends { components?: object; paths?: object }>(document: Document): Document {
  const problem = JSON.stringify(ProblemSchema);
  for (const methods of Object.values(document.paths ?? {}) as Record<
    string,
    { responses?: Record<string, Answer> }
  >[]) {
    for (const { responses } of Object.values(methods)) {
      for (const [status, answer] of Object.entries(responses ?? {})) {
        if (answer.description === "Default Response") answer.description = descriptionOf(status);
        if (Object.values(answer.content ?? {}).some(({ schema }) => JSON.stringify(schema) === problem)) {
          answer.content = { "application/problem+json": { schema: { $ref: PROBLEM } } };
        }
      }
    }
  }
  const { schemas, ...components } = (document.components ?? {}) as { schemas?: object };
  return { ...document, components: { ...components, schemas: { ...schemas, Problem: ProblemSchema } } };
}

function descriptionOf(status: string): string {
  if (status.startsWith("4")) return "Refused: the caller's doing";
  if (status.startsWith("5")) return "Failed: the platform's doing";
  return "Done";
}
