import { Readable } from "node:stream";
import { ERRORS, type ErrorCode, MusterError, type Problem } from "@muster/kernel";
import type { ModelPlatform } from "./platform.ts";

/** A request that was let through, as it goes to the platform. */
export interface ForwardedRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What the caller sends, as it comes. */
  readonly body: Readable | undefined;
  readonly maxBody: number;
  /** Name of the person who asks; a canary keeps each where they are. */
  readonly onBehalfOf: string;
  /** Aborted when the caller went away, or the time is up. */
  readonly signal: AbortSignal;
}

/** The platform's answer, of which nothing was read yet but its head. */
export interface ForwardedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | undefined;
}

/** Everything else, cookies and what concerns only one connection among it, stays on this side. */
const REQUEST_HEADERS = ["content-type", "content-length", "if-match", "if-none-match", "cache-control"] as const;
const ANSWER_HEADERS = ["content-length", "content-disposition", "etag", "cache-status", "retry-after"] as const;
/** Answers of any other type are handed on as bytes to keep, which no browser shows as a page. */
const TYPES = new Set(["application/json", "text/csv", "application/vnd.apache.parquet"]);
/** Bytes of a refusal that are read to learn its reason. */
const MAX_PROBLEM = 65_536;

/**
 * Sends a request to the platform with Muster's own key.
 * @throws {MusterError} what the platform refused it for; `too-large`, `platform-unreachable`, `platform-refused`.
 */
export async function forward(
  { url, key }: ModelPlatform,
  request: ForwardedRequest,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<ForwardedAnswer> {
  const { body, maxBody, signal } = request;
  const headers: Record<string, string> = {
    accept: "*/*",
    // What is passed on as it comes must not be unpacked on the way.
    "accept-encoding": "identity",
    authorization: `Bearer ${key.reveal()}`,
    "muster-on-behalf-of": request.onBehalfOf,
  };
  for (const name of REQUEST_HEADERS) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  if (Number(headers["content-length"] ?? 0) > maxBody) throw tooLarge(maxBody);
  let excess: MusterError | undefined;
  async function* bounded(source: Readable): AsyncGenerator<Uint8Array> {
    let sent = 0;
    for await (const chunk of source) {
      sent += (chunk as Buffer).length;
      if (sent > maxBody) throw (excess = tooLarge(maxBody));
      yield chunk as Buffer;
    }
  }

  let response: Response;
  try {
    response = await fetch(new URL(`${url.pathname.replace(/\/$/, "")}${request.path}`, url), {
      method: request.method,
      headers,
      redirect: "manual",
      signal,
      ...(body ? { body: Readable.toWeb(Readable.from(bounded(body))), duplex: "half" } : {}),
    });
  } catch (error) {
    if (excess) throw excess;
    throw unreachable(error, signal);
  }
  if (response.status === 304) return { status: 304, headers: passedOn(response), body: undefined };
  if (response.status >= 300) throw await refusalOf(response);
  const type = response.headers.get("content-type")?.split(";", 1)[0] ?? "";
  const known = TYPES.has(type);
  const passed: Record<string, string> = {
    "content-type": known ? (response.headers.get("content-type") ?? type) : "application/octet-stream",
    ...(known ? {} : { "content-disposition": "attachment" }),
  };
  return {
    status: response.status,
    headers: { ...passedOn(response), ...passed },
    body: response.body ? Readable.fromWeb(response.body) : undefined,
  };
}

function passedOn({ headers }: Response): Record<string, string> {
  return Object.fromEntries(
    ANSWER_HEADERS.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** Why the platform said no, as a failure of Muster's own. */
async function refusalOf(response: Response): Promise<MusterError> {
  const { status } = response;
  const said = await beginningOf(response);
  const { code, detail, error, problems } = said;
  const sentence = typeof detail === "string" ? detail : typeof error === "string" ? error : `it answered ${status}`;
  // That the platform does not know Muster is no reason for the person to sign in again.
  if (status === 401 || status === 403) return new MusterError("platform-refused", `the model platform: ${sentence}`);
  if (typeof code === "string" && Object.hasOwn(ERRORS, code)) {
    const places = Array.isArray(problems) ? (problems as Problem[]) : [];
    return new MusterError(code as ErrorCode, withoutPlaces(sentence, places), { problems: places });
  }
  return new MusterError(codeOf(status), sentence);
}

/** Problem documents name the places twice: in the sentence, for those who see only that, and one by one. */
function withoutPlaces(sentence: string, problems: readonly Problem[]): string {
  const first = problems[0];
  if (!first) return sentence;
  const at = sentence.indexOf(`: ${first.path === "" ? first.message : `${first.path}: `}`);
  return at === -1 ? sentence : sentence.slice(0, at);
}

/** The protocol's own refusals carry a sentence and no code. */
function codeOf(status: number): ErrorCode {
  if (status === 404) return "not-found";
  if (status === 409 || status === 412) return "conflict";
  if (status === 413) return "too-large";
  if (status === 429) return "too-many-requests";
  if (status === 503) return "overloaded";
  return status >= 400 && status < 500 ? "invalid-request" : "platform-unreachable";
}

async function beginningOf(response: Response): Promise<Record<string, unknown>> {
  let text = "";
  try {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > MAX_PROBLEM) break;
    }
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    // A refusal that is not in a known form, or broke off: its status says what there is to say.
    return {};
  }
}

function tooLarge(maxBody: number): MusterError {
  return new MusterError("too-large", `the body is longer than ${maxBody} bytes`);
}

function unreachable(error: unknown, signal: AbortSignal): MusterError {
  const timedOut = signal.aborted && (signal.reason as Error | undefined)?.name === "TimeoutError";
  const sentence = timedOut ? "the model platform did not answer in time" : "nothing answers at its address";
  return new MusterError("platform-unreachable", sentence, { cause: error });
}
