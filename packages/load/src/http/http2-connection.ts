import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Endpoint, TlsSessionStore } from "./connection.ts";
import { type Failure, failureOf } from "./failure.ts";
import { BrokenByScenario, headText, readBody, type StreamExchange, writeContent } from "./stream-exchange.ts";

/** What the connections of an origin tell it. */
export interface Http2Owner {
  onReady(connection: Http2Connection): void;
  /** The connection has room for another stream. */
  onRoom(connection: Http2Connection): void;
  /** The server did not look at a request, and says so; it can go out again. */
  onRefused(exchange: StreamExchange): boolean;
  /** It takes no more requests; those under way go on. */
  onLeaving(connection: Http2Connection): void;
  /** It is closed. `failure` is why, when it never was of any use. */
  onGone(connection: Http2Connection, failure: Failure | undefined): void;
}

interface Active {
  readonly exchange: StreamExchange;
  readonly stream: ClientHttp2Stream;
  readonly deadline: number;
}

const TIMED_OUT: Failure = { kind: "timeout", reason: "no answer in time" };
const CLOSED: Failure = { kind: "reset", reason: "the server closed the connection" };
const CODE_NAMES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];
const WINDOW_BYTES = 1024 * 1024;

/** One HTTP/2 connection (RFC 9113) with as many exchanges at a time as the plan and the server allow. */
export class Http2Connection {
  readonly startedAt = performance.now();
  /** When TCP, TLS on top of it, and the server's settings were there; 0 before. */
  connectedAt = 0;
  securedAt = 0;
  readyAt = 0;
  /** Instant at which connecting has taken too long. */
  deadline: number;

  readonly #owner: Http2Owner;
  readonly #socket: Socket;
  readonly #authority: string;
  readonly #streams: number;
  readonly #active = new Set<Active>();
  #session: ClientHttp2Session | undefined;
  #limit = 0;
  #error: Error | undefined;
  /** The last stream that a server which goes away looked at. */
  #lastStream = Number.POSITIVE_INFINITY;
  #leaving = false;
  #gone = false;

  constructor(
    endpoint: Endpoint,
    authority: string,
    streams: number,
    connectTimeoutMs: number,
    owner: Http2Owner,
    store: TlsSessionStore,
  ) {
    this.#owner = owner;
    this.#authority = authority;
    this.#streams = streams;
    this.deadline = this.startedAt + connectTimeoutMs;
    const { host, port } = endpoint;
    if (endpoint.tls) {
      const socket = connectTls({
        host,
        port,
        ALPNProtocols: ["h2"],
        rejectUnauthorized: !endpoint.insecure,
        ...(endpoint.serverName === undefined ? {} : { servername: endpoint.serverName }),
        ...(store.ticket === undefined ? {} : { session: store.ticket }),
      });
      socket.on("connect", () => (this.connectedAt = performance.now()));
      socket.on("session", (ticket) => (store.ticket = ticket));
      socket.on("secureConnect", () => {
        this.securedAt = performance.now();
        if (socket.alpnProtocol === "h2") this.#begin();
        else this.#retire({ kind: "protocol", reason: "the server does not speak HTTP/2" });
      });
      this.#socket = socket;
    } else {
      this.#socket = connectTcp({ host, port });
      this.#socket.on("connect", () => {
        this.connectedAt = performance.now();
        this.#begin();
      });
    }
    this.#socket.setNoDelay(true);
    this.#socket.on("error", (error) => (this.#error ??= error));
    this.#socket.on("close", () => this.#onClose());
  }

  get hasRoom(): boolean {
    return this.readyAt > 0 && !this.#leaving && !this.#gone && this.#active.size < this.#limit;
  }

  /** Sends a request. There must be room. */
  send(exchange: StreamExchange): void {
    const { stream: request } = exchange;
    const session = this.#session;
    if (request === undefined || session === undefined) throw new TypeError("this exchange cannot be sent here");
    const now = performance.now();
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(
        {
          ...request.fields,
          ":method": request.method,
          ":path": `${request.url.pathname}${request.url.search}`,
          ":scheme": request.url.protocol.slice(0, -1),
          ":authority": request.url.host,
        },
        { endStream: request.content === undefined },
      );
    } catch (error) {
      // Nothing was sent: the connection went away just now, or node will not send such fields at all.
      if (session.closed || session.destroyed) {
        this.#leave();
        if (!this.#owner.onRefused(exchange)) exchange.failed(CLOSED, now);
      } else exchange.broke(error as Error);
      return;
    }
    if (exchange.sentAt === 0) exchange.sentAt = now;
    exchange.firstByteAt = 0;
    request.bytesOut = headBytes(request.fields) + request.url.href.length;
    const active: Active = { exchange, stream, deadline: now + exchange.timeoutMs };
    this.#active.add(active);
    this.#follow(active);
  }

  /** Gives up what has taken too long: requests, or the connection if it is not one yet. */
  expire(now: number): void {
    if (this.readyAt === 0) {
      if (this.deadline <= now) this.#retire(TIMED_OUT);
      return;
    }
    for (const active of this.#active) {
      if (active.deadline <= now) this.#fail(active, TIMED_OUT, constants.NGHTTP2_CANCEL);
    }
  }

  /** Ends the connection; exchanges under way fail with the reason given. */
  destroy(failure: Failure): void {
    this.#retire(failure);
  }

  #begin(): void {
    if (this.#gone) return;
    const session = connectHttp2(this.#authority, {
      createConnection: () => this.#socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    });
    this.#session = session;
    session.on("remoteSettings", ({ maxConcurrentStreams = Number.POSITIVE_INFINITY }) => {
      this.#limit = Math.min(this.#streams, maxConcurrentStreams);
      // A server that allows no stream at all is not there yet, and runs into the time for connecting.
      if (this.#gone || this.#limit === 0) return;
      if (this.readyAt === 0) {
        this.readyAt = performance.now();
        session.setLocalWindowSize(WINDOW_BYTES * 4);
        this.#owner.onReady(this);
      }
      if (this.hasRoom) this.#owner.onRoom(this);
    });
    session.on("goaway", (_code, lastStream) => {
      this.#lastStream = lastStream ?? Number.POSITIVE_INFINITY;
      this.#leave();
    });
    session.on("error", (error) => (this.#error ??= error));
    session.on("close", () => this.#onClose());
  }

  /** Follows one exchange to its end; exactly one of its endings is called. */
  #follow(active: Active): void {
    const { exchange, stream } = active;
    const request = exchange.stream as NonNullable<typeof exchange.stream>;
    let status = 0;
    let text = { head: "", setsCookie: false };
    let failure: Error | undefined;
    stream.on("error", (error) => (failure ??= error));
    stream.on("response", (fields, _flags, raw) => {
      const firstByteAt = performance.now();
      exchange.firstByteAt = firstByteAt;
      status = Number(fields[":status"]);
      text = headText(`HTTP/2 ${status}`, raw);
      readBody(stream, status, exchange).then(
        ({ body, bodyBytes }) => {
          // Small answers are read to their end before anything else happens, so this is the instant of the last byte.
          const at = performance.now();
          // Node ends streams whose connection broke as if they were complete, but for the code of a reset.
          if (stream.readableEnded && stream.rstCode !== constants.NGHTTP2_NO_ERROR) {
            this.#fail(active, this.#failureOf(stream, failure));
            return;
          }
          if (!this.#settle(active)) return;
          if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
          exchange.answered({ status, ...text, body, bodyBytes }, at);
          this.#offerRoom();
        },
        (error: unknown) => this.#broken(active, error),
      );
    });
    stream.on("close", () => {
      // With an answer under way, whoever reads it is told about its end.
      if (status === 0) this.#fail(active, this.#failureOf(stream, failure));
    });
    if (request.content !== undefined) {
      writeContent(stream, request).catch((error: unknown) => this.#broken(active, error));
    }
  }

  #broken(active: Active, error: unknown): void {
    if (error instanceof BrokenByScenario) {
      if (!this.#settle(active)) return;
      active.stream.close(constants.NGHTTP2_CANCEL);
      active.exchange.broke(error.cause);
      this.#offerRoom();
      return;
    }
    // Whether the stream or the connection broke is known only when both have been told.
    setImmediate(() => this.#fail(active, this.#failureOf(active.stream, error as Error)));
  }

  #failureOf(stream: ClientHttp2Stream, error: Error | undefined): Failure {
    const own = error === undefined || /^ERR_(?:HTTP2_STREAM_ERROR|STREAM_PREMATURE_CLOSE)$/.test(codeOf(error));
    const broken = this.#error ?? (own ? undefined : error);
    if (broken !== undefined && /^(?:ERR_HTTP2_ERROR|ERR_HTTP2_SESSION_ERROR)$/.test(codeOf(broken))) {
      return codeOf(broken) === "ERR_HTTP2_ERROR"
        ? { kind: "protocol", reason: "what the server sent is not HTTP/2" }
        : { kind: "reset", reason: "the server ended the connection with an error (GOAWAY)" };
    }
    if (broken !== undefined && /^E[A-Z]+$/.test(codeOf(broken))) return failureOf(broken, true);
    const { rstCode } = stream;
    if (rstCode === constants.NGHTTP2_PROTOCOL_ERROR) {
      return { kind: "protocol", reason: "what the server answered is not HTTP/2 (PROTOCOL_ERROR)" };
    }
    if (rstCode === undefined || rstCode === constants.NGHTTP2_NO_ERROR) return CLOSED;
    // Nobody but the server ends the connection under a stream; node says CANCEL for it.
    if (rstCode === constants.NGHTTP2_CANCEL && this.#session?.destroyed === true) return CLOSED;
    return { kind: "reset", reason: `the server reset the stream (${CODE_NAMES[rstCode] ?? `code ${rstCode}`})` };
  }

  #fail(active: Active, failure: Failure, code?: number): void {
    const { stream, exchange } = active;
    if (!this.#settle(active)) return;
    if (code !== undefined && !stream.closed) stream.close(code);
    const unseen =
      failure.kind === "reset" &&
      exchange.firstByteAt === 0 &&
      (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || (stream.id ?? 0) > this.#lastStream);
    if (!(unseen && this.#owner.onRefused(exchange))) exchange.failed(failure, performance.now());
    this.#offerRoom();
  }

  #settle(active: Active): boolean {
    return this.#active.delete(active);
  }

  #offerRoom(): void {
    if (this.#leaving && this.#active.size === 0) this.#retire(undefined);
    else if (this.hasRoom) this.#owner.onRoom(this);
  }

  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#owner.onLeaving(this);
    if (this.#active.size === 0) this.#retire(undefined);
  }

  #onClose(): void {
    if (this.#gone) return;
    const error = this.#error;
    if (this.readyAt > 0) this.#retire(CLOSED);
    else if (error === undefined)
      this.#retire({ kind: this.#session === undefined ? "connect" : "protocol", reason: CLOSED.reason });
    else if (codeOf(error) === "ERR_HTTP2_ERROR")
      this.#retire({ kind: "protocol", reason: "what the server sent is not HTTP/2" });
    else this.#retire(failureOf(error, false));
  }

  #retire(failure: Failure | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#leaving = true;
    for (const active of this.#active) {
      const why = failure === CLOSED ? this.#failureOf(active.stream, undefined) : (failure ?? CLOSED);
      this.#fail(active, why);
    }
    this.#session?.destroy();
    this.#socket.destroy();
    this.#owner.onGone(this, this.readyAt > 0 ? undefined : failure);
  }
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}

function headBytes(fields: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const name in fields) bytes += name.length + (fields[name] as string).length + 4;
  return bytes;
}
