import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, type RequestOptions, request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { endpointOf } from "./endpoint.ts";
import { type Failure, failureOf } from "./failure.ts";
import {
  BrokenByScenario,
  headText,
  readBody,
  type StreamExchange,
  type StreamOrigin,
  writeContent,
} from "./stream-exchange.ts";
import type { TransportOptions } from "./transport.ts";

interface Active {
  readonly exchange: StreamExchange;
  readonly request: ClientRequest;
  timer: NodeJS.Timeout;
}

const TIMED_OUT: Failure = { kind: "timeout", reason: "no answer in time" };
const RESET: Failure = { kind: "reset", reason: "the server closed the connection" };

/**
 * HTTP/1.1 with bodies as streams. Where bytes by the gigabyte are what takes the time, node:http is as good as any
 * client; the connections of the engine's own are for many small requests.
 */
export class StreamedOrigin implements StreamOrigin {
  readonly #url: URL;
  readonly #options: TransportOptions;
  readonly #connection: RequestOptions;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #active = new Set<Active>();
  readonly #sockets = new Set<Socket>();
  #opened = 0;
  #failed = 0;
  #retries = 0;
  #closed: Failure | undefined;

  constructor(url: URL, options: TransportOptions) {
    this.#url = url;
    this.#options = options;
    const { host, port, tls, serverName, insecure } = endpointOf(url, options.insecure);
    this.#connection = { host, port };
    const pool = { keepAlive: true, maxSockets: options.maxConnections, scheduling: "lifo" } as const;
    this.#agent = tls
      ? new HttpsAgent({
          ...pool,
          rejectUnauthorized: !insecure,
          ...(serverName === undefined ? {} : { servername: serverName }),
        })
      : new HttpAgent(pool);
  }

  submit(exchange: StreamExchange): void {
    const wanted = exchange.stream;
    if (wanted === undefined) throw new TypeError("this exchange cannot be sent here");
    if (this.#closed !== undefined) {
      exchange.failed(this.#closed, performance.now());
      return;
    }
    const { content, fields } = wanted;
    const length = content?.length;
    const request = (this.#url.protocol === "https:" ? requestHttps : requestHttp)({
      ...this.#connection,
      agent: this.#agent,
      method: wanted.method,
      path: `${wanted.url.pathname}${wanted.url.search}`,
      headers: {
        host: wanted.url.host,
        ...fields,
        ...(content === undefined
          ? {}
          : length === undefined
            ? { "transfer-encoding": "chunked" }
            : { "content-length": String(length) }),
      },
    });
    const timer = setTimeout(() => this.#fail(active, TIMED_OUT), this.#options.connectTimeoutMs);
    const active: Active = { exchange, request, timer };
    this.#active.add(active);
    request.on("socket", (socket) => this.#onSocket(active, socket));
    request.on("response", (response) => this.#onResponse(active, response));
    request.on("error", (error) => this.#onError(active, error));
    // With an answer under way, whoever reads it is told about its end.
    request.on("close", () => {
      if (exchange.firstByteAt === 0) this.#fail(active, RESET);
    });
  }

  counts(): { opened: number; failed: number; retries: number; open: number } {
    return { opened: this.#opened, failed: this.#failed, retries: this.#retries, open: this.#sockets.size };
  }

  close(failure: Failure): void {
    this.#closed = failure;
    for (const active of this.#active) this.#fail(active, failure);
    this.#agent.destroy();
  }

  #onSocket(active: Active, socket: Socket): void {
    if (!socket.connecting) {
      this.#begin(active);
      return;
    }
    this.#opened += 1;
    this.#sockets.add(socket);
    const startedAt = performance.now();
    let connectedAt = startedAt;
    socket.once("connect", () => (connectedAt = performance.now()));
    socket.once("close", () => this.#sockets.delete(socket));
    const tls = this.#url.protocol === "https:";
    socket.once(tls ? "secureConnect" : "connect", () => {
      this.#options.onConnected?.(connectedAt - startedAt, tls ? performance.now() - connectedAt : undefined);
      this.#begin(active);
    });
  }

  /** The connection is there: the content begins to go out. */
  #begin(active: Active): void {
    const { exchange, request } = active;
    const wanted = exchange.stream as NonNullable<typeof exchange.stream>;
    if (!this.#active.has(active)) return;
    clearTimeout(active.timer);
    active.timer = setTimeout(() => this.#fail(active, TIMED_OUT), exchange.timeoutMs);
    if (exchange.sentAt === 0) exchange.sentAt = performance.now();
    exchange.firstByteAt = 0;
    wanted.bytesOut = wanted.url.href.length;
    for (const name in wanted.fields) wanted.bytesOut += name.length + (wanted.fields[name] as string).length + 4;
    writeContent(request, wanted).catch((error: unknown) => this.#broken(active, error));
  }

  #onResponse(active: Active, response: IncomingMessage): void {
    const { exchange, request } = active;
    exchange.firstByteAt = performance.now();
    const status = response.statusCode ?? 0;
    const text = headText(
      `HTTP/${response.httpVersion} ${status} ${response.statusMessage ?? ""}`,
      response.rawHeaders,
    );
    readBody(response, status, exchange).then(
      ({ body, bodyBytes }) => {
        const at = performance.now();
        if (!this.#settle(active)) return;
        // An answer that came before the whole request was wanted, or that nobody read to its end, ends the connection.
        if (!response.readableEnded || !request.writableEnded) request.destroy();
        exchange.answered({ status, ...text, body, bodyBytes }, at);
      },
      (error: unknown) => this.#broken(active, error),
    );
  }

  #broken(active: Active, error: unknown): void {
    if (!(error instanceof BrokenByScenario)) {
      this.#onError(active, error as Error);
      return;
    }
    if (!this.#settle(active)) return;
    active.request.destroy();
    active.exchange.broke(error.cause);
  }

  #onError(active: Active, error: Error): void {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const { exchange, request } = active;
    if (code.startsWith("HPE_")) this.#fail(active, { kind: "protocol", reason: `the answer is not HTTP (${code})` });
    else if (exchange.sentAt === 0) {
      this.#failed += 1;
      this.#fail(active, failureOf(error, false));
    } else if (/^E[A-Z]+$/.test(code) && code !== "ECONNRESET") this.#fail(active, failureOf(error, true));
    else if (request.reusedSocket && exchange.firstByteAt === 0 && this.#again(active)) return;
    else this.#fail(active, RESET);
  }

  /** Sends a request again whose connection the server closed just then; says whether it did. */
  #again(active: Active): boolean {
    const { exchange } = active;
    const content = exchange.stream?.content;
    const repeatable = content === undefined || content instanceof Uint8Array || content.repeatable;
    if (!exchange.idempotent || exchange.retried || !repeatable || !this.#settle(active)) return false;
    exchange.retried = true;
    this.#retries += 1;
    this.submit(exchange);
    return true;
  }

  #fail(active: Active, failure: Failure): void {
    if (!this.#settle(active)) return;
    active.request.destroy();
    active.exchange.failed(failure, performance.now());
  }

  #settle(active: Active): boolean {
    clearTimeout(active.timer);
    return this.#active.delete(active);
  }
}
