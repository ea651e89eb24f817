import { ERRORS } from "@muster/kernel";
import type { ServerResponse } from "node:http";
import { SECURITY_HEADERS } from "../security-headers.ts";

/** What whoever is not let in is told. */
export const REFUSAL = "more requests arrive than can be answered; this one was not begun";
const RETRY_AFTER_SECONDS = "1";

/** An answer that is ready to be sent. */
interface Prepared {
  readonly headers: readonly string[];
  readonly body: string;
}

const { status: STATUS, title, fix } = ERRORS["too-many-requests"];

/** In the form of each protocol, so that its clients can read it. */
const OIP = prepared("application/json", { error: REFUSAL });
const MLFLOW = prepared("application/json", { error_code: "BAD_REQUEST", message: REFUSAL });
const PROBLEM = {
  type: "about:blank#too-many-requests",
  title,
  status: STATUS,
  detail: REFUSAL,
  code: "too-many-requests",
  fix,
};

/** Answers a request that is not let in: 429, with `Retry-After`. Costs little, because there are many at such times. */
export function refuse(url: string, response: ServerResponse): void {
  const { headers, body } = answerTo(url);
  response.sendDate = false;
  response.writeHead(STATUS, headers as string[]);
  response.end(body);
}

function answerTo(url: string): Prepared {
  if (url.startsWith("/v2/") || url.startsWith("/v1/models/")) return OIP;
  if (url.startsWith("/invocations")) return MLFLOW;
  return prepared("application/problem+json", { ...PROBLEM, requestId: crypto.randomUUID(), problems: [] });
}

function prepared(contentType: string, content: object): Prepared {
  const body = JSON.stringify(content);
  const fields = {
    "content-type": contentType,
    "content-length": String(Buffer.byteLength(body)),
    "retry-after": RETRY_AFTER_SECONDS,
    ...SECURITY_HEADERS,
  };
  return { headers: Object.entries(fields).flat(), body };
}
