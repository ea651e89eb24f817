import { STATUS_CODES } from "node:http";
import { k6DurationMs } from "../duration.ts";
import type { K6Answer, K6File, K6Request } from "../messages.ts";
import { call, unsupported, vu, withoutTheRest } from "../vu-bridge.ts";

/** Parameters of a request that are understood; any other is an error. */
interface Params {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly tags?: Readonly<Record<string, unknown>>;
  readonly timeout?: string | number;
  readonly redirects?: number;
  readonly cookies?: Readonly<Record<string, string | { readonly value: string }>>;
  readonly responseType?: "text" | "binary" | "none";
}
const PARAMS = new Set(["headers", "tags", "timeout", "redirects", "cookies", "responseType"]);

type Body = string | ArrayBuffer | Uint8Array | Readonly<Record<string, unknown>> | null | undefined;

/** An address with a name for all like it, made by {@link url}. */
class NamedUrl {
  readonly url: string;
  readonly name: string;

  constructor(address: string, name: string) {
    this.url = address;
    this.name = name;
  }

  toString(): string {
    return this.url;
  }
}

/** k6's template for addresses: http.url`https://host/item/${id}` is reported without the id. */
export function url(texts: TemplateStringsArray, ...values: readonly unknown[]): NamedUrl {
  return new NamedUrl(String.raw({ raw: texts }, ...values), texts.join("${}"));
}

/** k6's `file`: a file of a form. */
export function file(data: string | ArrayBuffer | Uint8Array, filename?: string, contentType?: string): FileData {
  return new FileData(data, filename ?? String(Date.now()), contentType ?? "application/octet-stream");
}

class FileData implements K6File {
  readonly data: string | Uint8Array;
  readonly filename: string;
  readonly contentType: string;

  constructor(data: string | ArrayBuffer | Uint8Array, filename: string, contentType: string) {
    this.data = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    this.filename = filename;
    this.contentType = contentType;
  }
}

const ERROR_CODES: Readonly<Record<string, number>> = { timeout: 1_050, connect: 1_210, reset: 1_220 };

/** The answer to a request. */
class Response {
  readonly status: number;
  readonly status_text: string;
  readonly url: string;
  readonly body: string | ArrayBuffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, readonly { readonly name: string; readonly value: string }[]>>;
  readonly error: string;
  readonly error_code: number;
  readonly request: { readonly method: string; readonly url: string; readonly body: unknown };
  /** Ms from the send to the last byte. k6's other parts are in the report, not here. */
  readonly timings: { readonly duration: number };

  constructor(answer: K6Answer, wanted: K6Request) {
    const { status, failure, body, fields } = answer;
    this.status = status;
    this.status_text = status === 0 ? "" : `${status} ${STATUS_CODES[status] ?? ""}`;
    this.url = answer.url;
    this.body = body instanceof Uint8Array ? new Uint8Array(body).buffer : body;
    this.headers = Object.fromEntries(fields.map(([name, values]) => [canonical(name), values.join(", ")]));
    this.cookies = cookiesOf(fields.find(([name]) => name === "set-cookie")?.[1] ?? []);
    this.error = failure === undefined ? "" : failure.reason;
    this.error_code = failure === undefined ? 0 : (ERROR_CODES[failure.kind] ?? 1_000);
    this.request = { method: wanted.method, url: wanted.url, body: wanted.body };
    this.timings = withoutTheRest(
      { duration: answer.durationMs },
      "timings (only duration is there; the report has the parts)",
    );
  }

  /** The body as JSON, or a part of it: `a.b.0`, and `list.#` for how many there are. */
  json(selector?: string): unknown {
    if (typeof this.body !== "string") throw new Error("there is no text to read as JSON");
    const whole: unknown = JSON.parse(this.body);
    return selector === undefined ? whole : selected(whole, selector);
  }

  html(): never {
    return unsupported("html() of a response");
  }

  submitForm(): never {
    return unsupported("submitForm() of a response");
  }

  clickLink(): never {
    return unsupported("clickLink() of a response");
  }
}

function selected(whole: unknown, selector: string): unknown {
  if (!/^[\w-]+(?:\.(?:[\w-]+|#))*$/.test(selector)) return unsupported(`the selector "${selector}"`);
  let at: unknown = whole;
  for (const key of selector.split(".")) {
    if (at === null || typeof at !== "object") return undefined;
    at = key === "#" && Array.isArray(at) ? at.length : (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

/** `content-type` as `Content-Type`, by which scripts for k6 look for it. */
function canonical(name: string): string {
  return name.replaceAll(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function cookiesOf(fields: readonly string[]): Response["cookies"] {
  const cookies: Record<string, { name: string; value: string }[]> = {};
  for (const field of fields) {
    const [, name = "", value = ""] = /^\s*([^=;]+)=([^;]*)/.exec(field) ?? [];
    if (name !== "") (cookies[name] ??= []).push({ name, value });
  }
  return cookies;
}

function requestOf(
  method: string,
  address: string | NamedUrl,
  body: Body,
  params: Params | null | undefined,
): K6Request {
  const given = params ?? {};
  for (const name of Object.keys(given)) if (!PARAMS.has(name)) unsupported(`the parameter "${name}" of a request`);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given.headers ?? {})) headers[name] = String(value);
  const cookies = Object.entries(given.cookies ?? {}).map(
    ([name, cookie]) => `${name}=${typeof cookie === "object" ? cookie.value : cookie}`,
  );
  if (cookies.length > 0) headers["Cookie"] = cookies.join("; ");
  const timeoutMs = given.timeout === undefined ? undefined : k6DurationMs(given.timeout);
  if (given.timeout !== undefined && timeoutMs === undefined) throw new Error(`"${given.timeout}" is no timeout`);
  const tags: Record<string, string> = { ...vu.tags };
  for (const [name, value] of Object.entries(given.tags ?? {})) tags[name] = String(value);
  const { name: tagged, ...rest } = tags;
  const name = tagged ?? (address instanceof NamedUrl ? address.name : undefined);
  return {
    method,
    url: String(address),
    body: bodyOf(body, headers),
    headers,
    tags: rest,
    name,
    prefix: vu.prefix,
    timeoutMs,
    redirects: given.redirects,
    body_type: given.responseType ?? "default",
  };
}

/** What k6 makes of a body: objects are forms. */
function bodyOf(body: Body, headers: Record<string, string>): K6Request["body"] {
  if (body === null || body === undefined) return undefined;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  const fields = Object.entries(body);
  if (fields.some(([, value]) => value instanceof FileData)) {
    return Object.fromEntries(
      fields.map(([name, value]) => {
        if (!(value instanceof FileData)) return [name, String(value)];
        const { data, filename, contentType } = value;
        return [name, { data, filename, contentType }];
      }),
    );
  }
  const form = new URLSearchParams();
  for (const [name, value] of fields) {
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) form.append(name, String(each));
  }
  if (!Object.keys(headers).some((name) => name.toLowerCase() === "content-type")) {
    headers["Content-Type"] = "application/x-www-form-urlencoded";
  }
  return form.toString();
}

function sendAll(requests: readonly K6Request[]): Response[] {
  const reply = call({ type: "http", requests });
  if (reply.type !== "answers") throw new TypeError("the engine did not answer");
  return requests.map((wanted, nth) => new Response(reply.answers[nth] as K6Answer, wanted));
}

export function request(method: string, address: string | NamedUrl, body?: Body, params?: Params | null): Response {
  return sendAll([requestOf(method, address, body, params)])[0] as Response;
}

/** Waits like all the others; scripts that await it go on at once. */
export function asyncRequest(...words: Parameters<typeof request>): Promise<Response> {
  return Promise.resolve(request(...words));
}

export function get(address: string | NamedUrl, params?: Params | null): Response {
  return request("GET", address, undefined, params);
}

export function head(address: string | NamedUrl, params?: Params | null): Response {
  return request("HEAD", address, undefined, params);
}

export function post(address: string | NamedUrl, body?: Body, params?: Params | null): Response {
  return request("POST", address, body, params);
}

export function put(address: string | NamedUrl, body?: Body, params?: Params | null): Response {
  return request("PUT", address, body, params);
}

export function patch(address: string | NamedUrl, body?: Body, params?: Params | null): Response {
  return request("PATCH", address, body, params);
}

export function del(address: string | NamedUrl, body?: Body, params?: Params | null): Response {
  return request("DELETE", address, body, params);
}

export function options(address: string | NamedUrl, body?: Body, params?: Params | null): Response {
  return request("OPTIONS", address, body, params);
}

type Batched =
  | string
  | NamedUrl
  | readonly [method: string, address: string | NamedUrl, body?: Body, params?: Params | null]
  | {
      readonly method?: string;
      readonly url: string | NamedUrl;
      readonly body?: Body;
      readonly params?: Params | null;
    };

/** k6's `batch`: all at the same time; answers in the shape of what was asked. */
export function batch(requests: readonly Batched[] | Readonly<Record<string, Batched>>): unknown {
  const all = Object.entries(requests);
  const responses = sendAll(all.map(([, each]) => batched(each)));
  if (Array.isArray(requests)) return responses;
  return Object.fromEntries(all.map(([key], nth) => [key, responses[nth]]));
}

function batched(each: Batched): K6Request {
  if (typeof each === "string" || each instanceof NamedUrl) return requestOf("GET", each, undefined, undefined);
  if (Array.isArray(each)) {
    const [method, address, body, params] = each as readonly [string, string | NamedUrl, Body?, (Params | null)?];
    return requestOf(method, address, body, params);
  }
  const wanted = each as Exclude<Batched, string | NamedUrl | readonly unknown[]>;
  return requestOf(wanted.method ?? "GET", wanted.url, wanted.body, wanted.params);
}

// Scripts write: import http from "k6/http"
export default withoutTheRest(
  { get, head, post, put, patch, del, options, request, asyncRequest, batch, url, file },
  "k6/http",
);
