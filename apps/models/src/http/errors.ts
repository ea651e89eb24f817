import { ERRORS, type ErrorCode, MusterError } from "@muster/kernel";
import type { ProblemAnswer } from "@muster/contract";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Codes of Fastify's own errors that are the caller's doing, and ours for them. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "too-large",
  FST_REQ_FILE_TOO_LARGE: "too-large",
  FST_PARTS_LIMIT: "too-large",
  FST_FILES_LIMIT: "too-large",
  FST_FIELDS_LIMIT: "too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media",
  FST_ERR_CTP_EMPTY_TYPE: "unsupported-media",
};

/** What the multipart parser says of a body that does not hold; it gives these no code. */
const MULTIPART_MESSAGES = /multipart|boundary|malformed part header/i;

/** PostgreSQL's codes for the one character that its texts cannot have, alone and within JSON. */
const UNSTORABLE = new Set(["22021", "22P05"]);

/** Seconds after which a refused caller may try again. */
const RETRY_AFTER_SECONDS = 1;

/** An error as it leaves the service: a sentence for people, and nothing of the inside. */
export interface KnownError {
  readonly code: ErrorCode;
  readonly status: number;
  readonly sentence: string;
  readonly problems: MusterError["problems"];
  readonly headers: Readonly<Record<string, string>>;
}

/** Names an error for the caller. One that has no name is logged with its stack and becomes `internal`. */
export function errorSentence(error: unknown, request: FastifyRequest): KnownError {
  const known = named(error);
  if (!known) {
    request.log.error({ err: error, requestId: request.id }, "a request failed inside");
    return knownError("internal", `${ERRORS.internal.title}; request ${request.id}`, []);
  }
  return knownError(known.code, known.message, known.problems);
}

/** Bytes of a refused body that are read and thrown away, so that its sender gets to read the answer. */
const DRAINED_BYTES = 64 * 1_048_576;

/** Status and headers of an error's answer. */
export function prepareErrorAnswer(known: KnownError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // Fastify closes the connection on a sender that is still sending, who then sees a broken pipe instead of the reason.
  if (known.code === "too-large" && Number(request.headers["content-length"]) <= DRAINED_BYTES)
    reply.removeHeader("connection");
  // What was said of the answer that did not come about does not hold of the error.
  if (reply.hasHeader("etag")) void reply.removeHeader("etag").header("cache-control", "no-store");
  // Who refused may have said more precisely when to come back.
  const headers = reply.hasHeader("retry-after") ? {} : known.headers;
  return reply.code(known.status).headers(headers);
}

/** The same as `application/problem+json` (RFC 9457). */
export function problemAnswer(known: KnownError, request: FastifyRequest): ProblemAnswer {
  const entry = ERRORS[known.code];
  return {
    type: `about:blank#${known.code}`,
    title: entry.title,
    status: known.status,
    detail: known.sentence,
    code: known.code,
    fix: entry.fix,
    requestId: request.id,
    problems: [...known.problems],
  };
}

function named(error: unknown): MusterError | undefined {
  if (error instanceof MusterError) return error;
  const { code, statusCode, validation } = error as {
    code?: string;
    statusCode?: number;
    validation?: readonly Violation[];
  };
  if (validation) {
    const problems = validation.map((each) => ({
      path: each.instancePath.slice(1).replaceAll("/", "."),
      message: each.message ?? "",
    }));
    return new MusterError("invalid-request", "the request does not hold", { problems });
  }
  const ours = code === undefined ? undefined : FASTIFY_CODES[code];
  if (ours === "unsupported-media") return new MusterError(ours, "send Content-Type: application/json");
  if (ours) return new MusterError(ours, ERRORS[ours].cause);
  if (code !== undefined && UNSTORABLE.has(code)) {
    return new MusterError("invalid-request", "a text has the character U+0000, which cannot be stored");
  }
  // Node's error of a request whose connection closed; nobody reads the answer, but it is no fault of ours.
  if (code === "ECONNRESET" && (error as Error).message === "aborted") {
    return new MusterError("invalid-request", "the request was cut off before its end");
  }
  if (code === undefined && MULTIPART_MESSAGES.test((error as Error).message)) {
    return new MusterError("invalid-request", `the body is not multipart/form-data: ${(error as Error).message}`);
  }
  // The rest of Fastify's 4xx: bad content length, an address that cannot be decoded.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new MusterError("invalid-request", (error as Error).message);
  }
  return undefined;
}

interface Violation {
  readonly instancePath: string;
  readonly message?: string;
}

function knownError(code: ErrorCode, message: string, problems: MusterError["problems"]): KnownError {
  const places = problems.map(({ path, message: wrong }) => (path === "" ? wrong : `${path}: ${wrong}`)).join("; ");
  const { status } = ERRORS[code];
  return {
    code,
    status,
    sentence: places === "" ? message : `${message}: ${places}`,
    problems,
    headers:
      status === 401
        ? { "www-authenticate": "Bearer" }
        : status === 429 || status === 503
          ? { "retry-after": String(RETRY_AFTER_SECONDS) }
          : {},
  };
}
