import type { Socket } from "node:net";
import { MusterError } from "@muster/kernel";
import WebSocket from "ws";
import { type Failure, failureOf } from "../http/failure.ts";
import { basicCredentials, fieldLine } from "../http/request-bytes.ts";
import { addressOf } from "../scenario/address.ts";
import { LoadStopped } from "./stopped.ts";
import type { HttpContext, UserHttp } from "./user-http.ts";
import type { UserRecorder } from "./user.ts";

/** How a WebSocket is opened. */
export interface SocketOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Subprotocols, in the order of preference. */
  readonly protocols?: readonly string[];
  /** What the opening is reported under, and what messages are named after; by default `WS` and the path. */
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Milliseconds that opening it, and by default each wait for a message, may take. */
  readonly timeoutMs?: number;
  /** Keep it open from one iteration to the next. It is closed with the user in any case. */
  readonly keep?: boolean;
  /** A larger message closes the connection; 4 MB unless given. */
  readonly maxMessageBytes?: number;
  /** Offer to compress messages. */
  readonly compress?: boolean;
}

/** How the answer to a message is told from other messages, and what the pair is reported under. */
export interface ExchangeOptions {
  /** By default the name of the socket and `message`. */
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Whether a message is the answer; the first one that comes unless given. Others stay to be received. */
  readonly matches?: (message: SocketMessage) => boolean;
}

/** A message that came. */
export class SocketMessage {
  readonly bytes: Uint8Array;
  readonly binary: boolean;

  constructor(bytes: Uint8Array, binary: boolean) {
    this.bytes = bytes;
    this.binary = binary;
  }

  text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString("utf8");
  }

  /** @throws {SyntaxError} when it is no JSON. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the scenario states the shape, as with a cast
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }
}

/** Why a WebSocket could not be opened, was closed, or gave no message in time. */
export class SocketFailure extends Error {
  override readonly name = "SocketFailure";
  readonly failure: Failure;
  /** Status of the answer when the server refused to open it; 0 otherwise. */
  readonly status: number;

  constructor(failure: Failure, status = 0) {
    super(failure.reason);
    this.failure = failure;
    this.status = status;
  }
}

/** How a WebSocket ended: codes of RFC 6455 §7.4, 1006 when nobody said goodbye. */
export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
}

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Messages that wait to be received at most; then the server is held up. */
const MAX_QUEUED = 1_000;
/** Open sockets of one user at most. */
const MAX_SOCKETS = 100;
/** How long the other side may take to close, in ms. */
const CLOSE_MS = 1_000;
/** The status under which the protocol was switched, and all messages travel. */
const SWITCHED = 101;
const TIMED_OUT: Failure = { kind: "timeout", reason: "no message in time" };

/** The WebSockets of one user. */
export class UserSockets {
  readonly #context: HttpContext;
  readonly #http: UserHttp;
  readonly #recorder: UserRecorder;
  readonly #open = new Set<UserSocket>();

  constructor(context: HttpContext, http: UserHttp, recorder: UserRecorder) {
    this.#context = context;
    this.#http = http;
    this.#recorder = recorder;
  }

  /** Sockets that are open, or about to be. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * Opens a WebSocket and waits until it is. Opening is counted as a request of its own, with the status 101 or the one
   * of the refusal.
   *
   * @throws {SocketFailure} when it cannot be opened; {@link LoadStopped} when the run ends first; {@link MusterError}
   * for an address that may not be loaded or is none.
   */
  async connect(url: string, options: SocketOptions = {}): Promise<UserSocket> {
    if (this.#http.stopped) throw new LoadStopped();
    const address = addressOf(url, this.#context.base);
    if (address === undefined || address.http2) throw new MusterError("invalid-request", `"${url}" is no address`);
    this.#context.transport.demandAllowed(address.url);
    if (this.#open.size >= MAX_SOCKETS) {
      throw new MusterError("invalid-request", `a user has ${MAX_SOCKETS} WebSockets open already; close some`);
    }
    const socket = new UserSocket(address.url, options, this.#context, this.#http, this.#recorder, () =>
      this.#open.delete(socket),
    );
    this.#open.add(socket);
    await socket.opened;
    return socket;
  }

  /** Closes what an iteration left open, but for what it wants to keep. */
  endIteration(): void {
    for (const socket of this.#open) if (!socket.keep) void socket.close().catch(() => {});
  }

  /** Gives up every socket and whatever waits for one. */
  stop(): void {
    for (const socket of this.#open) socket.stop();
  }
}

interface Waiter {
  readonly matches: ((message: SocketMessage) => boolean) | undefined;
  readonly resolve: (message: SocketMessage) => void;
  readonly reject: (error: Error) => void;
}

/** One WebSocket of a user. */
export class UserSocket {
  readonly keep: boolean;
  readonly name: string;
  /** Settles when it is open. */
  readonly opened: Promise<void>;
  /** How it ended; undefined while it is open. */
  ended: SocketEnd | undefined;
  /** Payload that was sent and received so far. */
  bytesOut = 0;
  bytesIn = 0;

  readonly #context: HttpContext;
  readonly #http: UserHttp;
  readonly #recorder: UserRecorder;
  readonly #timeoutMs: number;
  readonly #socket: WebSocket;
  readonly #queue: SocketMessage[] = [];
  readonly #waiting: Waiter[] = [];
  readonly #pings: ((at: number) => void)[] = [];
  readonly #closed = Promise.withResolvers<SocketEnd>();
  #failure: Failure | undefined;
  #openedAt = 0;
  #stopped = false;

  constructor(
    url: URL,
    options: SocketOptions,
    context: HttpContext,
    http: UserHttp,
    recorder: UserRecorder,
    onClosed: () => void,
  ) {
    this.keep = options.keep ?? false;
    this.name = options.name ?? `WS ${url.pathname}`;
    this.#context = context;
    this.#http = http;
    this.#recorder = recorder;
    this.#timeoutMs = options.timeoutMs ?? context.timeoutMs;
    const { transport } = context;
    const headers: Record<string, string> = { "user-agent": "muster-load" };
    for (const [name, value] of Object.entries({ ...context.headers, ...options.headers })) {
      fieldLine(name, value);
      headers[name.toLowerCase()] = value;
    }
    if (url.username !== "") headers["authorization"] ??= basicCredentials(url);
    const cookies = http.cookies.empty ? "" : http.cookies.fieldFor(url, Date.now());
    if (cookies !== "") headers["cookie"] = cookies;
    const intendedAt = http.takeIntended();
    const times = { sentAt: 0, startedAt: performance.now(), connectedAt: 0 };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    http.sent += 1;
    transport.sockets.opened += 1;
    transport.sockets.open += 1;
    const tls = url.protocol === "https:";
    const socket = new WebSocket(url.href.replace(/^http/, "ws"), [...(options.protocols ?? [])], {
      headers,
      rejectUnauthorized: !transport.options.insecure,
      handshakeTimeout: this.#timeoutMs,
      maxPayload: options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
      perMessageDeflate: options.compress ?? false,
      finishRequest(request) {
        request.on("socket", (connection: Socket) => {
          connection.on("connect", () => (times.connectedAt = performance.now()));
          connection.on(tls ? "secureConnect" : "connect", () => {
            times.sentAt = performance.now();
            transport.options.onConnected?.(
              times.connectedAt - times.startedAt,
              tls ? times.sentAt - times.connectedAt : undefined,
            );
          });
        });
        request.end();
      },
    });
    socket.binaryType = "nodebuffer";
    this.#socket = socket;
    let settled = false;
    const opening = (status: number, failure: Failure | undefined, at: number): void => {
      if (settled) return;
      settled = true;
      if (failure !== undefined && times.sentAt === 0) transport.sockets.failed += 1;
      if (this.#stopped || http.stopped || failure?.kind === "stopped") {
        reject(new LoadStopped());
        return;
      }
      const { tags } = options;
      this.#record({ name: this.name, tags, intendedAt, sentAt: times.sentAt, at, status, failure }, 0, 0);
      if (failure === undefined && status === SWITCHED) resolve();
      else {
        const refused: Failure = { kind: "protocol", reason: `the server refused the WebSocket with status ${status}` };
        reject(new SocketFailure(failure ?? refused, status));
      }
    };
    socket.on("upgrade", (response) => {
      for (const cookie of response.headers["set-cookie"] ?? []) http.cookies.store(cookie, url, Date.now());
    });
    socket.on("open", () => {
      this.#openedAt = performance.now();
      opening(SWITCHED, undefined, this.#openedAt);
    });
    socket.on("unexpected-response", (request, response) => {
      opening(response.statusCode ?? 0, undefined, performance.now());
      request.destroy();
      socket.terminate();
    });
    socket.on("error", (error) => {
      const timedOut = error.message.includes("handshake has timed out");
      this.#failure ??= timedOut
        ? { kind: "timeout", reason: "no answer in time" }
        : failureOfSocket(error, times.sentAt > 0);
    });
    socket.on("close", (code, reason) => {
      const at = performance.now();
      const failure = this.#failure ?? { kind: "reset", reason: `the server closed the WebSocket (${code})` };
      opening(0, failure, at);
      transport.sockets.open -= 1;
      this.ended = { code, reason: reason.toString() };
      if (this.#openedAt > 0) recorder.trend("ws_session_ms", at - this.#openedAt);
      for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#whyNot());
      onClosed();
      this.#closed.resolve(this.ended);
    });
    socket.on("message", (data: Buffer, binary) => this.#onMessage(new SocketMessage(data, binary)));
    socket.on("pong", () => this.#pings.shift()?.(performance.now()));
  }

  /** The subprotocol that the server chose; empty for none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /**
   * Sends a message: text, bytes, or anything else as JSON. Settles when it was handed to the kernel.
   * @throws {SocketFailure} when the connection is not open any more.
   */
  send(message: string | Uint8Array | object): Promise<void> {
    const data = typeof message === "string" || message instanceof Uint8Array ? message : JSON.stringify(message);
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(this.#whyNot());
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
    this.bytesOut += bytes;
    this.#recorder.count("ws_messages_sent", 1);
    this.#recorder.count("ws_bytes_sent", bytes);
    return new Promise((resolve, reject) => {
      this.#socket.send(data, (error) => (error instanceof Error ? reject(this.#whyNot()) : resolve()));
    });
  }

  /**
   * The next message, or the next that matches; those that were sent before come first.
   * @throws {SocketFailure} when none comes in time, or the connection ends first; {@link LoadStopped} when the run does.
   */
  async receive(options: Pick<ExchangeOptions, "matches" | "timeoutMs"> = {}): Promise<SocketMessage> {
    this.#http.intendedAt = 0;
    return this.#next(options);
  }

  /**
   * Sends a message and waits for the answer to it. The pair is counted as a request, with its latency from the
   * intended start.
   * @throws {SocketFailure} when there is no answer in time, or the connection ends first.
   */
  async request(message: string | Uint8Array | object, options: ExchangeOptions = {}): Promise<SocketMessage> {
    const intendedAt = this.#http.takeIntended();
    const name = options.name ?? `${this.name} message`;
    const { tags } = options;
    const before = this.bytesOut;
    const sentAt = performance.now();
    this.#http.sent += 1;
    try {
      // The answer may come before the kernel says that it has the message.
      const answer = this.#next(options);
      answer.catch(() => {});
      await this.send(message);
      const { received, at } = await answer.then((came) => ({ received: came, at: performance.now() }));
      const outcome = { name, tags, intendedAt, sentAt, at, status: SWITCHED, failure: undefined };
      this.#record(outcome, received.bytes.length, this.bytesOut - before);
      return received;
    } catch (error) {
      if (error instanceof SocketFailure) {
        const { failure } = error;
        const at = performance.now();
        this.#record({ name, tags, intendedAt, sentAt, at, status: 0, failure }, 0, this.bytesOut - before);
      }
      throw error;
    }
  }

  /**
   * Sends a ping and waits for its pong; counted as a request under the name of the socket and `ping`.
   * @returns the milliseconds that it took.
   * @throws {SocketFailure} when there is no pong in time, or the connection ends first.
   */
  async ping(timeoutMs = this.#timeoutMs): Promise<number> {
    if (this.#socket.readyState !== WebSocket.OPEN) throw this.#whyNot();
    const intendedAt = this.#http.takeIntended();
    const sentAt = performance.now();
    const name = `${this.name} ping`;
    const pong = new Promise<number>((resolve) => this.#pings.push(resolve));
    this.#http.sent += 1;
    this.#socket.ping();
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), timeoutMs);
    const at = await Promise.race([pong, late.promise, this.#closed.promise]);
    clearTimeout(timer);
    if (typeof at === "number") {
      this.#record({ name, tags: undefined, intendedAt, sentAt, at, status: SWITCHED, failure: undefined }, 0, 0);
      return at - sentAt;
    }
    const error = at === "late" ? new SocketFailure({ kind: "timeout", reason: "no pong in time" }) : this.#whyNot();
    if (error instanceof SocketFailure) {
      const { failure } = error;
      this.#record({ name, tags: undefined, intendedAt, sentAt, at: performance.now(), status: 0, failure }, 0, 0);
    }
    throw error;
  }

  /**
   * Closes it, and waits until the other side has, for a second at most.
   * @returns how it ended, which is also told when it had ended before.
   */
  async close(code = 1_000, reason = ""): Promise<SocketEnd> {
    if (this.ended !== undefined) return this.ended;
    this.#socket.close(code, reason);
    const timer = setTimeout(() => this.#socket.terminate(), CLOSE_MS);
    try {
      return await this.#closed.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gives it up at once, and whatever waits for it. The engine calls it when the run is over. */
  stop(): void {
    this.#stopped = true;
    this.#failure = { kind: "stopped", reason: "the load was stopped" };
    this.#socket.terminate();
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new LoadStopped());
  }

  #onMessage(message: SocketMessage): void {
    const { length } = message.bytes;
    this.bytesIn += length;
    this.#recorder.count("ws_messages_received", 1);
    this.#recorder.count("ws_bytes_received", length);
    const at = this.#waiting.findIndex(({ matches }) => holds(matches, message));
    if (at >= 0) {
      const [waiter] = this.#waiting.splice(at, 1);
      waiter?.resolve(message);
      return;
    }
    this.#queue.push(message);
    if (this.#queue.length >= MAX_QUEUED) this.#socket.pause();
  }

  #next({
    matches,
    timeoutMs = this.#timeoutMs,
  }: Pick<ExchangeOptions, "matches" | "timeoutMs">): Promise<SocketMessage> {
    const queued = this.#queue.findIndex((message) => holds(matches, message));
    if (queued >= 0) {
      const [message] = this.#queue.splice(queued, 1);
      if (this.#queue.length < MAX_QUEUED / 2 && this.#socket.isPaused) this.#socket.resume();
      return Promise.resolve(message as SocketMessage);
    }
    // What waits for one message among many must not be held up by the others.
    if (this.#socket.isPaused) {
      this.#queue.splice(0, MAX_QUEUED / 2);
      this.#recorder.count("ws_messages_dropped", MAX_QUEUED / 2);
      this.#socket.resume();
    }
    if (this.ended !== undefined || this.#stopped) return Promise.reject(this.#whyNot());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(new SocketFailure(TIMED_OUT));
      }, timeoutMs);
      const waiter: Waiter = {
        matches,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiting.push(waiter);
    });
  }

  /** Why there is nothing to be had of it any more. */
  #whyNot(): Error {
    if (this.#stopped || this.#http.stopped) return new LoadStopped();
    const code = this.ended?.code;
    const said = code === undefined ? "is closing" : `was closed with ${code}`;
    return new SocketFailure(this.#failure ?? { kind: "reset", reason: `the WebSocket ${said}` });
  }

  #record(
    outcome: {
      readonly name: string;
      readonly tags: Readonly<Record<string, string>> | undefined;
      readonly intendedAt: number;
      readonly sentAt: number;
      readonly at: number;
      readonly status: number;
      readonly failure: Failure | undefined;
    },
    bytesIn: number,
    bytesOut: number,
  ): void {
    if (this.#http.stopped) return;
    const { at, name, ...rest } = outcome;
    this.#context.record({
      ...rest,
      name: this.#http.prefix + name,
      firstByteAt: at,
      endedAt: at,
      bytesIn,
      bytesOut,
      trace: undefined,
      serverTiming: undefined,
    });
  }
}

function holds(matches: ((message: SocketMessage) => boolean) | undefined, message: SocketMessage): boolean {
  if (matches === undefined) return true;
  try {
    return matches(message);
  } catch {
    // A message in another form than the condition reads is not the one that is waited for.
    return false;
  }
}

function failureOfSocket(error: Error, connected: boolean): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code.startsWith("WS_ERR_")) return { kind: "protocol", reason: `what came is no WebSocket message (${code})` };
  if (code.startsWith("HPE_") || /^(?:Invalid|Server sent|Unexpected server)/.test(error.message)) {
    return { kind: "protocol", reason: `the answer is no WebSocket: ${error.message}` };
  }
  if (error.message === "socket hang up") return { kind: "reset", reason: "the server closed the connection" };
  return failureOf(error, connected);
}
