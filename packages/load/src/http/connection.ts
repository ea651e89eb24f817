import { connect as connectTcp, type OnReadOpts, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { AnswerMemory } from "./answer-memory.ts";
import { type Failure, failureOf } from "./failure.ts";
import { ResponseParser } from "./response-parser.ts";

/** Where connections lead. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Name for SNI and for checking the certificate; absent for an address. */
  readonly serverName?: string;
  /** Whether a certificate that does not verify is accepted. */
  readonly insecure: boolean;
}

/** One request with its answer, as the connection sees it. */
export interface Exchange {
  /** Head and body; text has one character per byte. What is sent again and again costs less as a buffer. */
  readonly bytes: string | Buffer;
  /** Whether this is a HEAD request, whose answer has no body whatever it says. */
  readonly headRequest: boolean;
  /** Whether sending it twice does no harm (RFC 9110 §9.2.2), so that a raced keep-alive may be retried. */
  readonly idempotent: boolean;
  /** Whether the text of the response's head is wanted. */
  readonly keepHead: boolean;
  /** Bytes of the body that are kept at most; 0 for none. */
  readonly maxBodyBytes: number;
  /** Milliseconds from the send to the last byte of the answer that it may take. */
  readonly timeoutMs: number;
  /** When it was first handed to the kernel, in ms of `performance.now()`; 0 before. Set by the connection. */
  sentAt: number;
  /** When the first byte of the answer came; 0 before. Set by the connection. */
  firstByteAt: number;
  /** Whether it went out a second time because the server closed an idle connection. Set by the pool. */
  retried: boolean;
  /** Called at the end with the parser that read the answer, which is valid only during the call. */
  answered(response: ResponseParser, at: number): void;
  /** Called at the end instead, when there is no answer. Exactly one of the two is called, once. */
  failed(failure: Failure, at: number): void;
}

/** What a pool is told by its connections. */
export interface ConnectionOwner {
  readonly readBuffer: Buffer;
  /** Of what was read into that buffer. */
  readonly answers: AnswerMemory;
  bytesIn: number;
  bytesOut: number;
  onConnected(connection: HttpConnection): void;
  /** The connection can carry another request, since the instant given. */
  onFree(connection: HttpConnection, now: number): void;
  /** The exchange failed before any byte of an answer came, on a connection that had worked before. */
  onRaced(exchange: Exchange): boolean;
  /** The connection is of no more use. `failure` is why, when it never was of any. */
  onGone(connection: HttpConnection, failure: Failure | undefined): void;
}

const TIMED_OUT: Failure = { kind: "timeout", reason: "no answer in time" };

/** One HTTP/1.1 connection that carries one exchange at a time. */
export class HttpConnection {
  readonly parser: ResponseParser;
  /** Instant of `performance.now()` at which what is under way has taken too long. */
  deadline = Number.POSITIVE_INFINITY;
  readonly startedAt = performance.now();
  /** When TCP, and when TLS on top of it, was ready; 0 before. */
  connectedAt = 0;
  readyAt = 0;

  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  #exchange: Exchange | undefined;
  #error: Error | undefined;
  #served = 0;
  #gone = false;

  constructor(endpoint: Endpoint, owner: ConnectionOwner, session: TlsSessionStore) {
    this.#owner = owner;
    this.parser = new ResponseParser(owner.answers);
    const onread: OnReadOpts = { buffer: owner.readBuffer, callback: (length) => this.#onRead(length) };
    const { host, port } = endpoint;
    if (endpoint.tls) {
      // Node's types leave out that TLS sockets take `onread` too.
      const options: ConnectionOptions & { onread: OnReadOpts } = {
        host,
        port,
        onread,
        ALPNProtocols: ["http/1.1"],
        rejectUnauthorized: !endpoint.insecure,
        ...(endpoint.serverName === undefined ? {} : { servername: endpoint.serverName }),
        ...(session.ticket === undefined ? {} : { session: session.ticket }),
      };
      const socket = connectTls(options);
      socket.on("connect", () => (this.connectedAt = performance.now()));
      socket.on("secureConnect", () => this.#onReady());
      socket.on("session", (ticket) => (session.ticket = ticket));
      this.#socket = socket;
    } else {
      this.#socket = connectTcp({ host, port, onread });
      this.#socket.on("connect", () => {
        this.connectedAt = performance.now();
        this.#onReady();
      });
    }
    this.#socket.setNoDelay(true);
    this.#socket.on("error", (error) => (this.#error = error));
    this.#socket.on("end", () => this.#onEnd());
    this.#socket.on("close", () => this.#onClose());
  }

  /** Sends a request, at the instant given. The connection must be ready and not busy. */
  send(exchange: Exchange, now: number): void {
    this.#exchange = exchange;
    this.deadline = now + exchange.timeoutMs;
    this.parser.begin(exchange.headRequest, exchange.keepHead, exchange.maxBodyBytes);
    if (exchange.sentAt === 0) exchange.sentAt = now;
    exchange.firstByteAt = 0;
    this.#owner.bytesOut += exchange.bytes.length;
    this.#socket.write(exchange.bytes, "latin1");
  }

  /** Ends the connection because what is under way has taken too long. */
  expire(): void {
    this.#retire(TIMED_OUT);
  }

  /** Ends the connection; an exchange under way fails with the reason given. */
  destroy(failure: Failure): void {
    this.#retire(failure);
  }

  #onReady(): void {
    if (this.#gone) return;
    this.readyAt = performance.now();
    this.deadline = Number.POSITIVE_INFINITY;
    this.#owner.onConnected(this);
  }

  #onRead(length: number): boolean {
    const at = performance.now();
    const exchange = this.#exchange;
    this.#owner.bytesIn += length;
    if (exchange === undefined) {
      this.#retire({ kind: "protocol", reason: "bytes came that no request asked for" });
      return false;
    }
    if (exchange.firstByteAt === 0) exchange.firstByteAt = at;
    const parser = this.parser;
    const stopped = parser.read(this.#owner.readBuffer, 0, length);
    if (parser.done) {
      this.#complete(exchange, at, parser.keepAlive && stopped === length);
    } else if (parser.failed) {
      this.#retire({ kind: "protocol", reason: parser.error });
    }
    return !this.#gone;
  }

  #complete(exchange: Exchange, at: number, reusable: boolean): void {
    this.#exchange = undefined;
    this.#served += 1;
    this.deadline = Number.POSITIVE_INFINITY;
    exchange.answered(this.parser, at);
    if (this.#gone) return;
    if (reusable) this.#owner.onFree(this, at);
    else this.#retire(undefined);
  }

  /** The server closed its side: the end of a body without length, an idle connection gone, or a break. */
  #onEnd(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined && !this.#gone) {
      this.parser.end();
      if (this.parser.done) {
        this.#complete(exchange, performance.now(), false);
        return;
      }
    }
    this.#retire({ kind: "reset", reason: "the server closed the connection" });
  }

  #onClose(): void {
    const connected = this.readyAt > 0;
    const reset: Failure = { kind: connected ? "reset" : "connect", reason: "the server closed the connection" };
    this.#retire(this.#error === undefined ? reset : failureOf(this.#error, connected));
  }

  #retire(failure: Failure | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange !== undefined && failure !== undefined) {
      const raced = failure.kind === "reset" && this.#served > 0 && !this.parser.started;
      if (!(raced && this.#owner.onRaced(exchange))) exchange.failed(failure, performance.now());
    }
    this.#owner.onGone(this, this.readyAt > 0 ? undefined : failure);
  }
}

/** The newest TLS session of an endpoint, kept so that later connections need no full handshake. */
export interface TlsSessionStore {
  ticket: Buffer | undefined;
}
