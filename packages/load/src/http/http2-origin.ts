import type { TlsSessionStore } from "./connection.ts";
import { endpointOf } from "./endpoint.ts";
import type { Failure } from "./failure.ts";
import { Http2Connection, type Http2Owner } from "./http2-connection.ts";
import type { StreamExchange, StreamOrigin } from "./stream-exchange.ts";
import type { TransportOptions } from "./transport.ts";

/** Requests at a time on one connection, unless the plan says otherwise: what most servers allow. */
const DEFAULT_STREAMS = 100;

/**
 * The HTTP/2 connections to one origin: opens one only when a request waits and every open one is full, and ends
 * what takes too long.
 */
export class Http2Origin implements StreamOrigin, Http2Owner {
  readonly #url: URL;
  readonly #options: TransportOptions;
  readonly #connections = new Set<Http2Connection>();
  readonly #withRoom = new Set<Http2Connection>();
  #waiting: StreamExchange[] = [];
  #taken = 0;
  readonly #session: TlsSessionStore = { ticket: undefined };
  readonly #sweeper: NodeJS.Timeout;
  readonly #streams: number;
  #connecting = 0;
  #opened = 0;
  #failed = 0;
  #retries = 0;
  #closed: Failure | undefined;

  constructor(url: URL, options: TransportOptions) {
    this.#url = url;
    this.#options = options;
    this.#streams = options.streamsPerConnection ?? DEFAULT_STREAMS;
    const period = Math.min(100, Math.max(5, options.connectTimeoutMs / 20));
    this.#sweeper = setInterval(() => this.#expire(), period);
  }

  submit(exchange: StreamExchange): void {
    if (this.#closed !== undefined) {
      exchange.failed(this.#closed, performance.now());
      return;
    }
    this.#waiting.push(exchange);
    this.#serve();
  }

  counts(): { opened: number; failed: number; retries: number; open: number } {
    return { opened: this.#opened, failed: this.#failed, retries: this.#retries, open: this.#connections.size };
  }

  close(failure: Failure): void {
    this.#closed = failure;
    clearInterval(this.#sweeper);
    for (const connection of this.#connections) connection.destroy(failure);
    for (let exchange = this.#next(); exchange !== undefined; exchange = this.#next()) {
      exchange.failed(failure, performance.now());
    }
  }

  onReady({ startedAt, connectedAt, securedAt }: Http2Connection): void {
    this.#connecting -= 1;
    this.#options.onConnected?.(connectedAt - startedAt, securedAt === 0 ? undefined : securedAt - connectedAt);
  }

  onRoom(connection: Http2Connection): void {
    this.#withRoom.add(connection);
    this.#serve();
  }

  onRefused(exchange: StreamExchange): boolean {
    const content = exchange.stream?.content;
    const again = content === undefined || content instanceof Uint8Array || content.repeatable;
    if (this.#closed !== undefined || exchange.retried || !again) return false;
    exchange.retried = true;
    this.#retries += 1;
    this.#waiting.push(exchange);
    // The connection that refused it is still being told so.
    queueMicrotask(() => this.#serve());
    return true;
  }

  onLeaving(connection: Http2Connection): void {
    this.#withRoom.delete(connection);
  }

  onGone(connection: Http2Connection, failure: Failure | undefined): void {
    this.#connections.delete(connection);
    this.#withRoom.delete(connection);
    if (connection.readyAt === 0) this.#connecting -= 1;
    if (failure !== undefined) {
      this.#failed += 1;
      // Those that this connection would have carried have nothing to wait for; else they would wait for ever.
      for (let nth = 0; nth < this.#streams && this.#closed === undefined; nth += 1) {
        this.#next()?.failed(failure, performance.now());
      }
    }
    if (this.#closed === undefined) this.#serve();
  }

  #serve(): void {
    if (this.#closed !== undefined) return;
    for (const connection of this.#withRoom) {
      while (connection.hasRoom) {
        const exchange = this.#next();
        if (exchange === undefined) return;
        connection.send(exchange);
      }
      this.#withRoom.delete(connection);
    }
    const wanted = Math.ceil((this.#waiting.length - this.#taken) / this.#streams) - this.#connecting;
    const allowed = this.#options.maxConnections - this.#connections.size;
    for (let open = Math.min(wanted, allowed); open > 0; open -= 1) this.#open();
  }

  #next(): StreamExchange | undefined {
    const exchange = this.#waiting[this.#taken];
    if (exchange === undefined) return undefined;
    this.#taken += 1;
    // Taken ones are let go in bulk, as those of HTTP/1.1 are.
    if (this.#taken > 512 && this.#taken * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return exchange;
  }

  #open(): void {
    this.#opened += 1;
    this.#connecting += 1;
    const { insecure, connectTimeoutMs } = this.#options;
    const endpoint = endpointOf(this.#url, insecure);
    this.#connections.add(
      new Http2Connection(endpoint, this.#url.origin, this.#streams, connectTimeoutMs, this, this.#session),
    );
  }

  #expire(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.expire(now);
  }
}
