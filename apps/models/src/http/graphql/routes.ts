import { ERRORS, MusterError, type Problem } from "@muster/kernel";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { buildSchema, GraphQLError, parse } from "graphql";
import mercurius from "mercurius";
import { Type } from "typebox";
import type { Snapshot } from "../../domain/registry/registry.ts";
import { callerOf } from "../access/guard.ts";
import { errorSentence, type KnownError, prepareErrorAnswer } from "../errors.ts";
import { costOf, MAX_PAGE } from "./cost.ts";
import { guardFields } from "./field-access.ts";
import { createLoaders, createResolvers, type QueryContext, type ReadableParts } from "./resolvers.ts";
import { GRAPHQL_SDL } from "./sdl.ts";

declare module "mercurius" {
  interface MercuriusContext extends QueryContext {}
}

/** Enough for the query with which tools read the schema, and far from what would hold the process up. */
const MAX_FIELDS = 20_000;
const MAX_DEPTH = 16;
const MAX_TOKENS = 2_000;
const MAX_BODY_BYTES = 65_536;
/** Errors of one document that are told. */
const MAX_ERRORS = 20;
/** Queries that are remembered read and checked. */
const REMEMBERED_QUERIES = 200;
const RESPONSE_TYPE = "application/graphql-response+json";

const AnswerSchema = Type.Object({
  data: Type.Optional(Type.Any()),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        message: Type.String(),
        locations: Type.Optional(Type.Array(Type.Object({ line: Type.Integer(), column: Type.Integer() }))),
        path: Type.Optional(Type.Array(Type.Any())),
        extensions: Type.Object({
          code: Type.String({ description: "A code of the error catalogue" }),
          fix: Type.String(),
          requestId: Type.String(),
        }),
      }),
    ),
  ),
});
const BodySchema = Type.Object({
  query: Type.String({ minLength: 1 }),
  operationName: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  variables: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
  extensions: Type.Optional(Type.Unknown()),
});

/**
 * `POST /v1/graphql`: what REST reads, in the shape that the caller wants. There are no mutations and no
 * subscriptions. Every answer is in GraphQL's form; errors carry the catalogue's codes.
 */
export async function graphqlRoutes(plain: FastifyInstance, parts: ReadableParts): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  await app.register(mercurius, {
    schema: buildSchema(GRAPHQL_SDL),
    resolvers: createResolvers(parts),
    loaders: createLoaders(parts),
    routes: false,
    cache: REMEMBERED_QUERIES,
    graphql: { parseOptions: { maxTokens: MAX_TOKENS }, validateOptions: { maxErrors: MAX_ERRORS } },
    errorFormatter: ({ data, errors }, { reply }) => {
      const shown = errors.map((error) => shownError(error, reply.request));
      // An answer without data is a failure for those who only look at the status.
      return { statusCode: data ? 200 : (shown[0]?.status ?? 500), response: { data: data ?? null, ...told(shown) } };
    },
  });
  guardFields(app.graphql.schema, ({ request }) => callerOf(request));

  // Before mercurius, which would take JSON for a document where the syntax does not hold.
  app.graphql.addHook("preParsing", (_schema, source) => void parse(source, { maxTokens: MAX_TOKENS }));
  app.graphql.addHook("preExecution", (schema, document, _context, variables) => {
    const { fields, depth, badPages } = costOf(schema, document, variables);
    const problems: Problem[] = badPages.map((path) => ({ path, message: `first must be 1 to ${MAX_PAGE}` }));
    if (depth > MAX_DEPTH)
      problems.push({ path: "query", message: `is ${depth} levels deep; at most ${MAX_DEPTH} are allowed` });
    if (fields > MAX_FIELDS) {
      const message = `asks for up to ${fields} fields; at most ${MAX_FIELDS} are allowed: ask for smaller pages`;
      problems.push({ path: "query", message });
    }
    if (problems.length > 0) throw new MusterError("invalid-request", "the query asks for too much", { problems });
  });

  app.setErrorHandler((error, request, reply) => {
    const causes = (error as { errors?: readonly Error[] }).errors ?? [error as Error];
    const shown = causes.map((cause) => shownError(cause, request));
    const [first] = shown;
    if (first) prepareErrorAnswer(first.known, request, reply);
    return typed(reply, request).send(told(shown));
  });

  app.post(
    "/v1/graphql",
    {
      bodyLimit: MAX_BODY_BYTES,
      config: { access: { role: "viewer", scope: "read" } },
      schema: {
        tags: ["GraphQL"],
        summary: "Read models, data and, as an admin, users, usage and the audit log in one question",
        description: "The schema is in docs/reference/graphql.md and by introspection. It only reads.",
        body: BodySchema,
        response: { 200: AnswerSchema, "4xx": AnswerSchema, "5xx": AnswerSchema },
      },
    },
    async (request, reply) => {
      const { query, variables, operationName } = request.body;
      let snapshot: Promise<Snapshot> | undefined;
      const context = { request, snapshot: () => (snapshot ??= parts.registry.snapshot()) } satisfies QueryContext;
      const result = await reply.graphql(query, context, variables ?? {}, operationName ?? undefined);
      return typed(reply, request).send(result);
    },
  );
}

interface ShownError {
  readonly known: KnownError;
  readonly status: number;
  readonly entry: GraphQLError;
}

/** An error as GraphQL tells it. What is no error of ours is one of the document, or happened inside. */
function shownError(error: Error, request: FastifyRequest): ShownError {
  const cause = error instanceof GraphQLError ? causeOf(error) : error;
  const known = errorSentence(cause, request);
  const located = error instanceof GraphQLError ? error : undefined;
  const entry = new GraphQLError(known.sentence, {
    ...(located?.nodes ? { nodes: located.nodes } : {}),
    ...(located?.source ? { source: located.source } : {}),
    ...(located?.positions ? { positions: located.positions } : {}),
    path: located?.path,
    extensions: { code: known.code, fix: ERRORS[known.code].fix, requestId: request.id },
  });
  return { known, status: known.status, entry };
}

const LONGEST_MESSAGE = 300;

/** What a resolver threw; what GraphQL itself found is a mistake in the document or its variables. */
function causeOf({ message, originalError }: GraphQLError): Error {
  if (originalError && !(originalError instanceof GraphQLError)) return originalError;
  const short = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  return new MusterError("invalid-request", short);
}

function told(shown: readonly ShownError[]): { errors: ReturnType<GraphQLError["toJSON"]>[] } {
  return { errors: shown.map(({ entry }) => entry.toJSON()) };
}

/** In the media type of GraphQL over HTTP where the caller asks for it, else as plain JSON. */
function typed(reply: FastifyReply, { headers }: FastifyRequest): FastifyReply {
  const wanted = headers.accept?.includes(RESPONSE_TYPE) === true;
  return reply.header("content-type", `${wanted ? RESPONSE_TYPE : "application/json"}; charset=utf-8`);
}
