import { performance } from "node:perf_hooks";
import { AnswerMemory } from "./answer-memory.ts";
import {
  type ConnectionOwner,
  type Endpoint,
  type Exchange,
  HttpConnection,
  type TlsSessionStore,
} from "./connection.ts";
import type { Failure } from "./failure.ts";

/** Where a pool takes the requests from that wait to be sent. */
export interface ExchangeSource {
  /** How many wait now. */
  waiting(): number;
  /** Takes the one that waits longest. */
  next(): Exchange | undefined;
}

export interface PoolOptions {
  readonly endpoint: Endpoint;
  readonly maxConnections: number;
  /** Milliseconds that connecting, with TLS, may take. */
  readonly connectTimeoutMs: number;
}

const READ_BUFFER_BYTES = 64 * 1024;

/**
 * Keeps connections to one endpoint: opens one only when a request waits that no open one can take, uses the one
 * that was free last, never has more than `maxConnections`, and ends what takes too long.
 */
export class ConnectionPool implements ConnectionOwner {
  /** One for all connections: each read is parsed before the next can come. */
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly answers = new AnswerMemory(this.readBuffer);
  /** Requests that were sent twice, because the server closed an idle connection just then. */
  retries = 0;
  /** Connections that were opened, and those of them that failed. */
  opened = 0;
  failedToOpen = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Told about each connection that became ready. */
  onOpened: ((connection: HttpConnection) => void) | undefined;

  readonly #options: PoolOptions;
  readonly #source: ExchangeSource;
  readonly #connections = new Set<HttpConnection>();
  readonly #idle: HttpConnection[] = [];
  readonly #raced: Exchange[] = [];
  readonly #session: TlsSessionStore = { ticket: undefined };
  readonly #sweeper: NodeJS.Timeout;
  #connecting = 0;
  #closed = false;

  constructor(options: PoolOptions, source: ExchangeSource) {
    this.#options = options;
    this.#source = source;
    // One timer for all instead of one for each request; a deadline is kept to within a tenth of a second.
    const period = Math.min(100, Math.max(5, options.connectTimeoutMs / 20));
    this.#sweeper = setInterval(() => this.#expire(), period);
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Sends a request at once if a connection is idle, and says whether it did. */
  trySend(exchange: Exchange, now: number): boolean {
    const connection = this.#idle.pop();
    connection?.send(exchange, now);
    return connection !== undefined;
  }

  /** Sends what waits, as far as connections allow, and opens more where they are needed and allowed. */
  wake(): void {
    if (this.#closed) return;
    while (this.#idle.length > 0) {
      const exchange = this.#next();
      if (exchange === undefined) return;
      (this.#idle.pop() as HttpConnection).send(exchange, performance.now());
    }
    const wanted = this.#raced.length + this.#source.waiting() - this.#connecting;
    const allowed = this.#options.maxConnections - this.#connections.size;
    for (let open = Math.min(wanted, allowed); open > 0; open -= 1) this.#open();
  }

  /** Ends every connection; what is under way fails. Nothing is sent afterwards. */
  close(failure: Failure): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#connections) connection.destroy(failure);
    for (const exchange of this.#raced.splice(0)) exchange.failed(failure, performance.now());
  }

  onConnected(connection: HttpConnection): void {
    this.#connecting -= 1;
    this.onOpened?.(connection);
    this.onFree(connection, connection.readyAt);
  }

  onFree(connection: HttpConnection, now: number): void {
    const exchange = this.#closed ? undefined : this.#next();
    if (exchange === undefined) this.#idle.push(connection);
    else connection.send(exchange, now);
  }

  onRaced(exchange: Exchange): boolean {
    if (this.#closed || exchange.retried || !exchange.idempotent) return false;
    exchange.retried = true;
    this.retries += 1;
    this.#raced.push(exchange);
    return true;
  }

  onGone(connection: HttpConnection, failure: Failure | undefined): void {
    this.#connections.delete(connection);
    const idle = this.#idle.indexOf(connection);
    if (idle >= 0) this.#idle.splice(idle, 1);
    if (connection.readyAt === 0) this.#connecting -= 1;
    if (failure !== undefined) {
      this.failedToOpen += 1;
      // Each connection that cannot be had takes one waiting request with it; else they would wait for ever.
      const exchange = this.#closed ? undefined : this.#next();
      if (exchange !== undefined) exchange.failed(failure, performance.now());
    }
    this.wake();
  }

  #next(): Exchange | undefined {
    return this.#raced.length > 0 ? this.#raced.shift() : this.#source.next();
  }

  #open(): void {
    const connection = new HttpConnection(this.#options.endpoint, this, this.#session);
    connection.deadline = connection.startedAt + this.#options.connectTimeoutMs;
    this.opened += 1;
    this.#connecting += 1;
    this.#connections.add(connection);
  }

  #expire(): void {
    const now = performance.now();
    for (const connection of this.#connections) if (connection.deadline <= now) connection.expire();
  }
}
