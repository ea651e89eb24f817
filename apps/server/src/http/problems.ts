import { STATUS_CODES } from "node:http";
import { ERRORS, type ErrorCode, MusterError, type Problem } from "@muster/kernel";
import { type ProblemAnswer, ProblemSchema } from "@muster/contract";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { TSchema } from "typebox";

/** The answers of a route for its documentation: what it gives, and the problem that everything else is. */
export function answers(status: number, schema: TSchema): Record<string | number, TSchema> {
  return { [status]: schema, default: ProblemSchema };
}

/**
 * Turns every failure into `application/problem+json` (RFC 9457). A failure that Muster can name
 * says what it is; any other is "internal", logged in full under the request id, and tells nothing.
 */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | MusterError, request, reply) => {
    const named = nameError(error);
    if (named.code === "internal") request.log.error({ err: error }, "a request failed");
    return send(reply, request, named);
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    send(reply, request, {
      code: "not-found",
      message: `there is nothing at ${request.method} ${pathOf(request)}`,
      problems: [],
    }),
  );
}

interface NamedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly problems: readonly Problem[];
  /** Where the framework knows better than the catalogue, such as 413. */
  readonly status?: number;
}

function nameError(error: FastifyError | MusterError): NamedError {
  if (error instanceof MusterError) return { code: error.code, message: error.message, problems: error.problems };
  if (error.validation) {
    const problems = error.validation.map((each) => ({
      path: [error.validationContext, each.instancePath.slice(1).replaceAll("/", ".")].filter(Boolean).join("."),
      message: each.message ?? "is not allowed",
    }));
    return { code: "invalid-request", message: "the request does not hold", problems };
  }
  const status = error.statusCode ?? 500;
  if (status === 429) return { code: "too-many-requests", message: error.message, problems: [] };
  if (status >= 400 && status < 500) return { code: "invalid-request", message: error.message, problems: [], status };
  return { code: "internal", message: "the request failed inside Muster", problems: [] };
}

function send(reply: FastifyReply, request: FastifyRequest, error: NamedError): FastifyReply {
  const entry = ERRORS[error.code];
  const status = error.status ?? entry.status;
  const answer: ProblemAnswer = {
    type: `urn:muster:error:${error.code}`,
    title: error.status === undefined ? entry.title : (STATUS_CODES[status] ?? entry.title),
    status,
    detail: error.message,
    code: error.code,
    fix: entry.fix,
    requestId: request.id,
    problems: [...error.problems],
  };
  return reply.code(status).type("application/problem+json").send(JSON.stringify(answer));
}

function pathOf(request: FastifyRequest): string {
  return new URL(request.url, "http://localhost").pathname.slice(0, 200);
}
