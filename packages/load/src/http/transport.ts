import { performance } from "node:perf_hooks";
import { MusterError } from "@muster/kernel";
import { ConnectionPool } from "./connection-pool.ts";
import type { Exchange } from "./connection.ts";
import { endpointOf } from "./endpoint.ts";
import type { Failure } from "./failure.ts";
import { Http2Origin } from "./http2-origin.ts";
import type { StreamOrigin } from "./stream-exchange.ts";
import { StreamedOrigin } from "./streamed-origin.ts";

export interface TransportOptions {
  /** Origins, such as `http://127.0.0.1:8080`, that may be loaded. Nothing is ever sent to any other. */
  readonly allowedOrigins: ReadonlySet<string>;
  /** Connections to one origin at most. */
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** Accept certificates that do not verify. */
  readonly insecure: boolean;
  /** Origins that are spoken to in HTTP/2. */
  readonly http2Origins?: ReadonlySet<string>;
  /** Requests at a time on one HTTP/2 connection, if the server allows as many. */
  readonly streamsPerConnection?: number;
  /** Told, for each connection that became ready, the ms that TCP and then TLS took. */
  readonly onConnected?: (connectMs: number, tlsMs: number | undefined) => void;
}

/** All connections of one thread, by origin. */
export class Transport {
  /** WebSockets, which are opened one by one beside the pools. */
  readonly sockets = { opened: 0, failed: 0, open: 0 };

  readonly #options: TransportOptions;
  readonly #origins = new Map<string, Origin>();
  readonly #http2 = new Map<string, StreamOrigin>();
  readonly #streamed = new Map<string, StreamOrigin>();
  #closed: Failure | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /**
   * The connections to the origin of an address.
   * @throws {MusterError} `load-not-allowed` when the plan does not allow to load it.
   */
  origin(url: URL): Origin {
    const known = this.#origins.get(url.origin);
    if (known !== undefined) return known;
    this.demandAllowed(url);
    const origin = new Origin(url, this.#options);
    this.#origins.set(url.origin, origin);
    if (this.#closed !== undefined) origin.close(this.#closed);
    return origin;
  }

  /**
   * The HTTP/2 connections to the origin of an address.
   * @throws {MusterError} `load-not-allowed` when the plan does not allow to load it.
   */
  http2(url: URL): StreamOrigin {
    return this.#streamOrigin(this.#http2, url, () => new Http2Origin(url, this.#options));
  }

  /**
   * The HTTP/1.1 connections to the origin of an address that take bodies as streams.
   * @throws {MusterError} `load-not-allowed` when the plan does not allow to load it.
   */
  streamed(url: URL): StreamOrigin {
    return this.#streamOrigin(this.#streamed, url, () => new StreamedOrigin(url, this.#options));
  }

  /** Whether the plan wants HTTP/2 for the origin of an address. */
  wantsHttp2(url: URL): boolean {
    return this.#options.http2Origins?.has(url.origin) ?? false;
  }

  /** How connections are made to origins beside HTTP: for WebSockets. */
  get options(): TransportOptions {
    return this.#options;
  }

  allows(url: URL): boolean {
    return this.#options.allowedOrigins.has(url.origin);
  }

  /** @throws {MusterError} `load-not-allowed` when the plan does not allow to load the origin of an address. */
  demandAllowed(url: URL): void {
    if (this.allows(url)) return;
    const allowed = [...this.#options.allowedOrigins].join(", ");
    throw new MusterError(
      "load-not-allowed",
      `${url.origin} is not among the origins that may be loaded: ${allowed === "" ? "there are none" : allowed}`,
    );
  }

  /** What all connections did so far. */
  counts(): { opened: number; failed: number; retries: number; open: number } {
    const sum = { retries: 0, ...this.sockets };
    for (const { pool } of this.#origins.values()) {
      sum.opened += pool.opened;
      sum.failed += pool.failedToOpen;
      sum.retries += pool.retries;
      sum.open += pool.size;
    }
    for (const origin of this.#streamOrigins()) {
      const { opened, failed, retries, open } = origin.counts();
      sum.opened += opened;
      sum.failed += failed;
      sum.retries += retries;
      sum.open += open;
    }
    return sum;
  }

  /** Ends every connection; what is under way or waits fails with the reason given. */
  close(failure: Failure): void {
    this.#closed = failure;
    for (const origin of this.#origins.values()) origin.close(failure);
    for (const origin of this.#streamOrigins()) origin.close(failure);
  }

  *#streamOrigins(): Generator<StreamOrigin> {
    yield* this.#http2.values();
    yield* this.#streamed.values();
  }

  #streamOrigin(origins: Map<string, StreamOrigin>, url: URL, create: () => StreamOrigin): StreamOrigin {
    const known = origins.get(url.origin);
    if (known !== undefined) return known;
    this.demandAllowed(url);
    const origin = create();
    origins.set(url.origin, origin);
    if (this.#closed !== undefined) origin.close(this.#closed);
    return origin;
  }
}

/** The connections to one origin, and the requests that wait for one. */
export class Origin {
  readonly pool: ConnectionPool;
  #waiting: Exchange[] = [];
  #taken = 0;
  #closed: Failure | undefined;

  constructor(url: URL, options: TransportOptions) {
    this.pool = new ConnectionPool(
      {
        endpoint: endpointOf(url, options.insecure),
        maxConnections: options.maxConnections,
        connectTimeoutMs: options.connectTimeoutMs,
      },
      { waiting: () => this.#waiting.length - this.#taken, next: () => this.#next() },
    );
    this.pool.onOpened = (connection) => {
      const { startedAt, connectedAt, readyAt } = connection;
      const tls = url.protocol === "https:" ? readyAt - connectedAt : undefined;
      options.onConnected?.(connectedAt - startedAt, tls);
    };
  }

  /** Sends a request, now if a connection is free, or else as soon as one is, in the order of asking. */
  submit(exchange: Exchange, now: number): void {
    if (this.#closed !== undefined) {
      exchange.failed(this.#closed, now);
      return;
    }
    if (this.pool.trySend(exchange, now)) return;
    this.#waiting.push(exchange);
    this.pool.wake();
  }

  close(failure: Failure): void {
    this.#closed = failure;
    this.pool.close(failure);
    for (let exchange = this.#next(); exchange !== undefined; exchange = this.#next()) {
      exchange.failed(failure, performance.now());
    }
  }

  #next(): Exchange | undefined {
    const exchange = this.#waiting[this.#taken];
    if (exchange === undefined) return undefined;
    this.#taken += 1;
    // Taken ones are let go in bulk: moving the whole list for each would cost more with every one that waits.
    if (this.#taken > 512 && this.#taken * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return exchange;
  }
}
