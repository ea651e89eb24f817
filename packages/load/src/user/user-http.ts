import { performance } from "node:perf_hooks";
import { MusterError } from "@muster/kernel";
import type { Exchange } from "../http/connection.ts";
import { CookieJar } from "../http/cookie-jar.ts";
import type { Failure } from "../http/failure.ts";
import { MultipartBody } from "../http/multipart.ts";
import { basicCredentials, bodyBytes, fieldLine, IDEMPOTENT_METHODS, WITH_BODY } from "../http/request-bytes.ts";
import type { Answer, BodyReader, StreamExchange, StreamOrigin, StreamRequest } from "../http/stream-exchange.ts";
import { type BodyChunks, StreamedBody, streamed } from "../http/streamed-body.ts";
import type { Origin, Transport } from "../http/transport.ts";
import { addressOf } from "../scenario/address.ts";
import { HttpResponse } from "./http-response.ts";
import { LoadStopped } from "./stopped.ts";

/**
 * What goes out as a body: text and bytes as they are, a form of {@link multipart}, what comes in parts while it is
 * sent ({@link streamed}, {@link fileBody}, a `ReadableStream`), anything else as JSON.
 */
export type RequestBody = string | Uint8Array | MultipartBody | StreamedBody | BodyChunks | object;

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** What the request is reported under; by default its method and path. */
  readonly name?: string;
  /** Figures are kept for each tag, over all steps. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Milliseconds from the send to the last byte. */
  readonly timeoutMs?: number;
  /** How many redirects to follow; each counts as a request of its own. 10 by default. */
  readonly redirects?: number;
  /** Do not keep the body of the answer. */
  readonly discardBody?: boolean;
  /** Reads the body of the answer as it comes, instead of keeping it. The time of the answer is that of its last byte. */
  readonly read?: BodyReader;
}

/** What becomes of a request, for whoever counts. */
export interface RequestOutcome {
  readonly intendedAt: number;
  readonly sentAt: number;
  readonly firstByteAt: number;
  readonly endedAt: number;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>> | undefined;
  /** 0 when there is no answer. */
  readonly status: number;
  readonly failure: Failure | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Trace id, when this request was sampled. */
  readonly trace: string | undefined;
  /** What the server said about its own time, when this request was sampled. */
  readonly serverTiming: string | undefined;
}

/** What all users of a thread share. */
export interface HttpContext {
  readonly transport: Transport;
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Bytes of one body that are kept at most; the rest is counted and dropped. */
  readonly maxBodyBytes: number;
  /** Addresses that were prepared, by method and by what the scenario wrote. */
  readonly prepared: Map<string, Map<string, PreparedAddress>>;
  /** The trace id for the next request, when it is to be sampled. */
  sampleTrace(): string | undefined;
  record(outcome: RequestOutcome): void;
}

/** An address with everything about its requests that does not change. */
interface PreparedAddress {
  readonly url: URL;
  readonly origin: Origin | undefined;
  /** Set instead of `origin` for HTTP/2. */
  readonly http2: StreamOrigin | undefined;
  readonly idempotent: boolean;
  readonly name: string;
  /** Request line and standing fields, one character per byte. */
  readonly head: string;
  /** The whole request when it has no body and no fields of its own. */
  readonly bare: Buffer;
}

const DEFAULT_REDIRECTS = 10;
const MAX_PREPARED = 5_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The HTTP client of one user: its own cookies, connections shared with the other users. */
export class UserHttp {
  readonly cookies = new CookieJar();
  /** Instant at which the schedule called for the next request; 0 for the instant of the call. */
  intendedAt = 0;
  /** Put before the name of each request. */
  prefix = "";
  /** Requests that were ever sent; tells whether an iteration did anything. */
  sent = 0;
  /** Set when the run is over for this user: everything that it waits for is given up. */
  stopped = false;

  readonly #context: HttpContext;

  constructor(context: HttpContext) {
    this.#context = context;
  }

  get(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("GET", url, undefined, options);
  }

  head(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("HEAD", url, undefined, options);
  }

  options(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("OPTIONS", url, undefined, options);
  }

  delete(url: string, body?: RequestBody, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("DELETE", url, body, options);
  }

  post(url: string, body?: RequestBody, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("POST", url, body, options);
  }

  put(url: string, body?: RequestBody, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("PUT", url, body, options);
  }

  patch(url: string, body?: RequestBody, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("PATCH", url, body, options);
  }

  /**
   * Sends a request and waits for the whole answer. A failure to get one is no error here: the response has status
   * 0 and says why, so that a user under load goes on as a program would that checks what it gets.
   *
   * @throws {LoadStopped} when the run ends first; {@link MusterError} for a request that must not or cannot be sent.
   */
  request(method: string, url: string, body?: RequestBody, options: RequestOptions = {}): Promise<HttpResponse> {
    const calledAt = performance.now();
    const intendedAt = this.intendedAt === 0 ? calledAt : this.intendedAt;
    this.intendedAt = 0;
    return new Promise<HttpResponse>((resolve, reject) => {
      if (this.stopped) {
        reject(new LoadStopped());
        return;
      }
      const address = this.#prepare(method, url);
      const redirects = options.redirects ?? DEFAULT_REDIRECTS;
      this.#submit(address, method, body, options, intendedAt, calledAt, redirects, resolve, reject);
    });
  }

  /** The instant at which the schedule called for what is sent next; whatever follows is called for when it is asked for. */
  takeIntended(): number {
    const intendedAt = this.intendedAt === 0 ? performance.now() : this.intendedAt;
    this.intendedAt = 0;
    return intendedAt;
  }

  #submit(
    address: PreparedAddress,
    method: string,
    body: RequestBody | undefined,
    options: RequestOptions,
    intendedAt: number,
    calledAt: number,
    redirects: number,
    resolve: (response: HttpResponse) => void,
    reject: (reason: Error) => void,
  ): void {
    const trace = this.#context.sampleTrace();
    const pending = new PendingRequest(
      this,
      this.#context,
      address,
      method,
      options,
      intendedAt,
      redirects,
      resolve,
      reject,
    );
    pending.body = body;
    pending.trace = trace;
    const { origin } = address;
    if (origin === undefined || options.read !== undefined || isStreamed(body)) {
      const streams = address.http2 ?? this.#context.transport.streamed(address.url);
      pending.stream = this.#stream(address, method, body, options.headers, trace);
      this.sent += 1;
      streams.submit(pending);
      return;
    }
    pending.bytes = this.#bytes(address, method, body, options.headers, trace);
    this.sent += 1;
    // Writing a body takes its time, which is not the service's.
    origin.submit(pending, body === undefined ? calledAt : performance.now());
  }

  /** Follows a redirect; says whether it did. */
  follow(pending: PendingRequest, status: number, location: string, at: number): boolean {
    if (this.stopped || !URL.canParse(location, pending.address.url.href)) return false;
    const target = new URL(location, pending.address.url);
    // A load goes where the plan allows and nowhere else; the redirect itself is then the answer.
    if (!this.#context.transport.allows(target)) return false;
    // 303 always, and 301 and 302 by custom, turn anything but HEAD into GET (RFC 9110 §15.4).
    const toGet = status === 303 || (status !== 307 && status !== 308 && pending.method === "POST");
    const method = toGet && pending.method !== "HEAD" ? "GET" : pending.method;
    const { resolve, reject, options } = pending;
    const { name: _named, ...unnamed } = options;
    const body = method === pending.method ? pending.body : undefined;
    // What was read while it was sent is gone; the redirect is then the answer.
    if (isStreamed(body) && !(body instanceof StreamedBody && body.repeatable)) return false;
    const sameServer = target.origin === pending.address.url.origin;
    const http2 = sameServer && pending.address.http2 !== undefined;
    const href = http2
      ? target.href.replace(/^http(s?):/, (_, secure) => (secure === "s" ? "h2:" : "h2c:"))
      : target.href;
    const address = this.#prepare(method, href);
    this.#submit(address, method, body, unnamed, at, at, pending.redirects - 1, resolve, reject);
    return true;
  }

  #prepare(method: string, url: string): PreparedAddress {
    let ofMethod = this.#context.prepared.get(method);
    if (ofMethod === undefined) {
      ofMethod = new Map();
      this.#context.prepared.set(method, ofMethod);
    }
    const known = ofMethod.get(url);
    if (known !== undefined) return known;
    const address = addressOf(url, this.#context.base);
    if (address === undefined) throw new MusterError("invalid-request", `"${url}" is no address`);
    const target = address.url;
    if (!/^[A-Za-z]+$/.test(method)) throw new MusterError("invalid-request", `"${method}" is not an HTTP method`);
    const { transport } = this.#context;
    const http2 = address.http2 || transport.wantsHttp2(target) ? transport.http2(target) : undefined;
    const origin = http2 === undefined ? transport.origin(target) : undefined;
    let head = `${method} ${target.pathname}${target.search} HTTP/1.1\r\nhost: ${target.host}\r\n`;
    const standing = { "user-agent": "muster-load", accept: "*/*", ...lowerCased(this.#context.headers) };
    for (const [name, value] of Object.entries(standing)) head += fieldLine(name, value);
    if (target.username !== "") head += `authorization: ${basicCredentials(target)}\r\n`;
    const end = WITH_BODY.has(method) ? "content-length: 0\r\n\r\n" : "\r\n";
    const bare = Buffer.from(head + end, "latin1");
    const idempotent = IDEMPOTENT_METHODS.has(method);
    const prepared = { url: target, origin, http2, idempotent, head, bare, name: `${method} ${target.pathname}` };
    // Addresses with numbers in them may come by the million.
    if (ofMethod.size >= MAX_PREPARED) ofMethod.clear();
    ofMethod.set(url, prepared);
    return prepared;
  }

  #bytes(
    address: PreparedAddress,
    method: string,
    body: RequestBody | undefined,
    headers: Readonly<Record<string, string>> | undefined,
    trace: string | undefined,
  ): string | Buffer {
    if (body === undefined && headers === undefined && trace === undefined && this.cookies.empty) return address.bare;
    let head = address.head;
    let typed = false;
    if (headers !== undefined) {
      for (const [name, value] of Object.entries(headers)) {
        head += fieldLine(name, value);
        typed ||= name.toLowerCase() === "content-type";
      }
    }
    if (!this.cookies.empty) {
      const cookies = this.cookies.fieldFor(address.url, Date.now());
      if (cookies !== "") head += `cookie: ${cookies}\r\n`;
    }
    if (trace !== undefined) head += `traceparent: 00-${trace}-${trace.slice(16)}-01\r\n`;
    if (body === undefined) {
      return WITH_BODY.has(method) ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`;
    }
    let content: string;
    let type: string;
    if (typeof body === "string") {
      content = bodyBytes(body);
      type = "text/plain;charset=utf-8";
    } else if (body instanceof Uint8Array) {
      content = bodyBytes(body);
      type = "application/octet-stream";
    } else if (body instanceof MultipartBody) {
      content = body.bytes;
      type = body.contentType;
    } else {
      content = bodyBytes(JSON.stringify(body));
      type = "application/json";
    }
    if (!typed) head += `content-type: ${type}\r\n`;
    return `${head}content-length: ${content.length}\r\n\r\n${content}`;
  }

  /** A request in its parts, for transports that stream. */
  #stream(
    { url, http2 }: PreparedAddress,
    method: string,
    body: RequestBody | undefined,
    headers: Readonly<Record<string, string>> | undefined,
    trace: string | undefined,
  ): StreamRequest {
    const fields: Record<string, string> = {
      "user-agent": "muster-load",
      accept: "*/*",
      ...lowerCased(this.#context.headers),
      ...(url.username === "" ? {} : { authorization: basicCredentials(url) }),
      ...lowerCased(headers ?? {}),
    };
    for (const [name, value] of Object.entries(fields)) {
      fieldLine(name, value);
      if (http2 !== undefined && CONNECTION_FIELDS.has(name)) {
        throw new MusterError("invalid-request", `"${name}" does not exist in HTTP/2`);
      }
    }
    const cookies = this.cookies.empty ? "" : this.cookies.fieldFor(url, Date.now());
    if (cookies !== "") fields["cookie"] = fields["cookie"] === undefined ? cookies : `${fields["cookie"]}; ${cookies}`;
    if (trace !== undefined) fields["traceparent"] = `00-${trace}-${trace.slice(16)}-01`;
    const [content, type] = contentOf(body);
    if (content !== undefined) fields["content-type"] ??= type;
    // HTTP/2 shows where a body ends by itself, but servers want to know its length beforehand, as in HTTP/1.1.
    const length = content === undefined && WITH_BODY.has(method) ? 0 : content?.length;
    if (length !== undefined && (http2 !== undefined || content === undefined))
      fields["content-length"] = String(length);
    return { method, url, fields, content, bytesOut: 0 };
  }
}

/** Fields that are about one connection, which RFC 9113 §8.2.2 forbids. */
const CONNECTION_FIELDS = new Set(["connection", "host", "keep-alive", "proxy-connection", "te", "upgrade"]);

function isStreamed(body: RequestBody | undefined): boolean {
  if (typeof body !== "object") return false;
  return body instanceof StreamedBody || Symbol.asyncIterator in body;
}

/** The bytes of a body, or what gives them, with the media type. */
function contentOf(body: RequestBody | undefined): [content: Uint8Array | StreamedBody | undefined, type: string] {
  if (body === undefined) return [undefined, ""];
  if (typeof body === "string") return [Buffer.from(body), "text/plain;charset=utf-8"];
  if (body instanceof Uint8Array) return [body, "application/octet-stream"];
  if (body instanceof MultipartBody) return [Buffer.from(body.bytes, "latin1"), body.contentType];
  const source = body instanceof StreamedBody ? body : Symbol.asyncIterator in body ? streamed(body) : undefined;
  return source === undefined ? [Buffer.from(JSON.stringify(body)), "application/json"] : [source, source.type];
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A request of a user on its way. */
class PendingRequest implements Exchange, StreamExchange, RequestOutcome {
  /** The request as one text; empty when it goes out in parts. */
  bytes: string | Buffer = "";
  stream: StreamRequest | undefined;
  readonly headRequest: boolean;
  readonly idempotent: boolean;
  readonly keepHead = true;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  sentAt = 0;
  firstByteAt = 0;
  retried = false;
  body: RequestBody | undefined;
  trace: string | undefined;
  serverTiming: string | undefined;
  readonly intendedAt: number;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>> | undefined;
  endedAt = 0;
  status = 0;
  failure: Failure | undefined;
  bytesIn = 0;

  readonly address: PreparedAddress;
  readonly method: string;
  readonly options: RequestOptions;
  readonly redirects: number;
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (reason: Error) => void;

  readonly #user: UserHttp;
  readonly #context: HttpContext;

  constructor(
    user: UserHttp,
    context: HttpContext,
    address: PreparedAddress,
    method: string,
    options: RequestOptions,
    intendedAt: number,
    redirects: number,
    resolve: (response: HttpResponse) => void,
    reject: (reason: Error) => void,
  ) {
    this.#user = user;
    this.#context = context;
    this.address = address;
    this.method = method;
    this.options = options;
    this.intendedAt = intendedAt;
    this.redirects = redirects;
    this.resolve = resolve;
    this.reject = reject;
    this.headRequest = method === "HEAD";
    this.idempotent = address.idempotent;
    this.timeoutMs = options.timeoutMs ?? context.timeoutMs;
    const name = options.name ?? address.name;
    this.name = user.prefix === "" ? name : user.prefix + name;
    this.tags = options.tags;
    this.maxBodyBytes = options.discardBody === true ? 0 : context.maxBodyBytes;
  }

  get bytesOut(): number {
    return this.stream === undefined ? this.bytes.length : this.stream.bytesOut;
  }

  reader(status: number): BodyReader | undefined {
    return this.redirects > 0 && REDIRECTS.has(status) ? undefined : this.options.read;
  }

  broke(error: Error): void {
    this.reject(this.#user.stopped ? new LoadStopped() : error);
  }

  answered(response: Answer, at: number): void {
    const { status, head } = response;
    if (this.#user.stopped) {
      this.reject(new LoadStopped());
      return;
    }
    if (response.setsCookie) {
      const now = Date.now();
      for (const cookie of new HttpResponse(status, this.address.url, head, "", undefined, 0, 0).headers.getAll(
        "set-cookie",
      ) ?? []) {
        this.#user.cookies.store(cookie, this.address.url, now);
      }
    }
    const answer = new HttpResponse(
      status,
      this.address.url,
      head,
      response.body,
      undefined,
      at - this.intendedAt,
      at - this.sentAt,
    );
    if (this.trace !== undefined) this.serverTiming = answer.headers.get("server-timing");
    this.#record(at, status, undefined, head.length + response.bodyBytes);
    if (status >= 300 && this.redirects > 0 && REDIRECTS.has(status)) {
      const location = answer.headers.get("location");
      if (location !== undefined && this.#user.follow(this, status, location, at)) return;
    }
    this.resolve(answer);
  }

  failed(failure: Failure, at: number): void {
    if (failure.kind === "stopped" || this.#user.stopped) {
      this.reject(new LoadStopped());
      return;
    }
    this.#record(at, 0, failure, 0);
    const service = this.sentAt === 0 ? 0 : at - this.sentAt;
    this.resolve(new HttpResponse(0, this.address.url, "", "", failure, at - this.intendedAt, service));
  }

  /** Fills in how it ended and tells whoever counts. */
  #record(at: number, status: number, failure: Failure | undefined, bytesIn: number): void {
    this.endedAt = at;
    this.status = status;
    this.failure = failure;
    this.bytesIn = bytesIn;
    this.#context.record(this);
  }
}
