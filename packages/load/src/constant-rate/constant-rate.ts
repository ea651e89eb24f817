import { performance } from "node:perf_hooks";
import type { LoadResult, LoadRunner } from "@muster/contract";
import { createHistogram, MusterError, recordValue } from "@muster/kernel";
import { invalidReason, lateSend } from "../health/validity.ts";
import type { Exchange } from "../http/connection.ts";
import { ConnectionPool } from "../http/connection-pool.ts";
import { endpointOf } from "../http/endpoint.ts";
import type { Failure } from "../http/failure.ts";
import { IDEMPOTENT_METHODS, type RequestDescription, requestBytes } from "../http/request-bytes.ts";
import type { ResponseParser } from "../http/response-parser.ts";
import { latencyOf } from "../result/latency.ts";

const MAX_RATE_PER_SECOND = 100_000;
const MAX_DURATION_MS = 3_600_000;
const DEFAULT_CONNECTIONS = 1_000;
const DEFAULT_TIMEOUT_MS = 10_000;
/** With `precise`, the generator polls instead of sleeping when the next request is due this soon. */
const POLL_WITHIN_MS = 2;
/** Errors of this machine, not of the service. */
const LOCAL_REFUSALS = new Set(["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ENOBUFS", "ENOMEM"]);

/** One request, started at a constant rate for a while, whatever the answers do. */
export interface ConstantRate {
  readonly request: RequestDescription;
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** Connections at most; a request that is due while all are busy waits, and the wait counts. */
  readonly maxConnections?: number;
  /** Milliseconds that connecting and an answer may take. */
  readonly timeoutMs?: number;
  /** Start requests to within some microseconds instead of a millisecond, at the cost of a whole core. */
  readonly precise?: boolean;
  /** Accept a certificate that does not verify. */
  readonly insecure?: boolean;
  /**
   * Told of every answer: its status, the milliseconds from the instant at which the schedule called for the request to
   * the answer, and those to its sending.
   */
  observe?(status: number, responseMs: number, sentAfterMs: number): void;
}

/** Puts the load that a configuration declares on a service: {@link offerConstantRate} with its defaults. */
export const runConstantRate: LoadRunner = (base, load, signal) =>
  offerConstantRate(
    {
      request: {
        method: load.method,
        url: new URL(load.path, base),
        ...(load.body === undefined ? {} : { body: load.body }),
      },
      ratePerSecond: load.ratePerSecond,
      durationMs: load.durationMs,
    },
    signal,
  );

/**
 * Starts requests by a fixed schedule (an open model) and measures each from the instant at which the schedule
 * called for it, so that a service that stalls cannot hide the requests that had to wait. Ends at the latest
 * `timeoutMs` after the last scheduled request; what has no answer by then has failed, and what was never sent is
 * missed. Rejects with the signal's reason when it is aborted, after closing every connection.
 *
 * @throws {MusterError} `invalid-request` or `target-invalid` when the load cannot be offered as described.
 */
export async function offerConstantRate(load: ConstantRate, signal: AbortSignal): Promise<LoadResult> {
  checkBounds(load);
  signal.throwIfAborted();
  const run = new ConstantRateRun(load);
  const abort = (): void => run.stop();
  signal.addEventListener("abort", abort, { once: true });
  try {
    const result = await run.finished;
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function checkBounds({ ratePerSecond, durationMs, maxConnections, timeoutMs }: ConstantRate): void {
  const within = (value: number, most: number): boolean => value > 0 && value <= most;
  if (!within(ratePerSecond, MAX_RATE_PER_SECOND)) {
    throw new MusterError("invalid-request", `the rate must be above 0 and at most ${MAX_RATE_PER_SECOND} per second`);
  }
  if (!within(durationMs, MAX_DURATION_MS)) {
    throw new MusterError("invalid-request", `the duration must be above 0 and at most ${MAX_DURATION_MS} ms`);
  }
  if (!within(maxConnections ?? DEFAULT_CONNECTIONS, 60_000)) {
    throw new MusterError("invalid-request", "there must be between 1 and 60000 connections");
  }
  if (!within(timeoutMs ?? DEFAULT_TIMEOUT_MS, MAX_DURATION_MS)) {
    throw new MusterError("invalid-request", `the timeout must be above 0 and at most ${MAX_DURATION_MS} ms`);
  }
}

class ConstantRateRun {
  readonly finished: Promise<LoadResult>;

  readonly #load: ConstantRate;
  readonly #template: RequestTemplate;
  readonly #pool: ConnectionPool;
  readonly #timeoutMs: number;
  readonly #scheduled: number;
  readonly #intervalMs: number;
  readonly #start: number;
  readonly #utilisation = performance.eventLoopUtilization();
  readonly #resolve: (result: LoadResult) => void;

  /** Requests whose time has come, that were taken by a connection, and that came to an end. */
  #due = 0;
  #taken = 0;
  #answered = 0;
  #failed = 0;
  #sent = 0;
  #lastSentAt = 0;
  #refusedLocally = 0;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Immediate | undefined;

  readonly #response = createHistogram();
  readonly #service = createHistogram();
  readonly #sendLag = createHistogram();
  readonly #generatorLag = createHistogram();
  readonly #errors = new Map<string, number>();
  readonly #statuses = new Map<string, number>();

  constructor(load: ConstantRate) {
    this.#load = load;
    this.#timeoutMs = load.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#template = {
      bytes: Buffer.from(requestBytes(load.request), "latin1"),
      headRequest: load.request.method === "HEAD",
      idempotent: IDEMPOTENT_METHODS.has(load.request.method),
      timeoutMs: this.#timeoutMs,
    };
    this.#scheduled = Math.max(1, Math.round((load.ratePerSecond * load.durationMs) / 1_000));
    this.#intervalMs = 1_000 / load.ratePerSecond;
    this.#pool = new ConnectionPool(
      {
        endpoint: endpointOf(load.request.url, load.insecure),
        maxConnections: load.maxConnections ?? DEFAULT_CONNECTIONS,
        connectTimeoutMs: this.#timeoutMs,
      },
      { waiting: () => this.#due - this.#taken, next: () => this.#next() },
    );
    const { promise, resolve } = Promise.withResolvers<LoadResult>();
    this.finished = promise;
    this.#resolve = resolve;
    this.#start = performance.now();
    this.#tick();
  }

  /** Ends the run now. */
  stop(): void {
    this.#finish();
  }

  /** The instant at which the schedule calls for a request. */
  #intended(index: number): number {
    return this.#start + index * this.#intervalMs;
  }

  #next(): Exchange | undefined {
    if (this.#taken >= this.#due) return undefined;
    const arrival = new Arrival(this, this.#template, this.#intended(this.#taken));
    this.#taken += 1;
    return arrival;
  }

  /** Notes which requests have become due, at the instant given. */
  #advance(now: number): void {
    while (this.#due < this.#scheduled) {
      const lag = now - this.#intended(this.#due);
      if (lag < 0) return;
      recordValue(this.#generatorLag, lag);
      this.#due += 1;
    }
  }

  #tick(): void {
    if (this.#over) return;
    const now = performance.now();
    this.#advance(now);
    this.#pool.wake();
    const drainUntil = this.#start + this.#load.durationMs + this.#timeoutMs;
    if (now >= drainUntil) {
      this.#finish();
      return;
    }
    const wait = (this.#due < this.#scheduled ? this.#intended(this.#due) : drainUntil) - now;
    if (this.#load.precise === true && wait <= POLL_WITHIN_MS) {
      this.#poll = setImmediate(() => this.#tick());
    } else {
      // A timer of Node's is never early but up to a millisecond late, so with `precise` it aims before the time.
      const early = this.#load.precise === true ? POLL_WITHIN_MS / 2 : 0;
      this.#timer = setTimeout(() => this.#tick(), Math.max(0, wait - early));
    }
  }

  answered(arrival: Arrival, response: ResponseParser, at: number): void {
    if (this.#over) return;
    this.#recordSend(arrival);
    recordValue(this.#response, at - arrival.intendedAt);
    recordValue(this.#service, at - arrival.sentAt);
    this.#load.observe?.(response.status, at - arrival.intendedAt, arrival.sentAt - arrival.intendedAt);
    count(this.#statuses, String(response.status));
    if (response.status >= 400) {
      this.#failed += 1;
      count(this.#errors, "status");
    } else {
      this.#answered += 1;
    }
    this.#advance(at);
    this.#finishWhenSettled();
  }

  failed(arrival: Arrival, failure: Failure, at: number): void {
    if (this.#over && failure.kind !== "timeout") return;
    if (arrival.sentAt > 0) this.#recordSend(arrival);
    // Whoever gave up has waited that long at least. Left out, the slowest requests would look like none.
    if (failure.kind === "timeout") recordValue(this.#response, at - arrival.intendedAt);
    if (LOCAL_REFUSALS.has(failure.reason)) this.#refusedLocally += 1;
    this.#failed += 1;
    count(this.#errors, failure.kind);
    this.#finishWhenSettled();
  }

  #recordSend(arrival: Arrival): void {
    this.#sent += 1;
    if (arrival.sentAt > this.#lastSentAt) this.#lastSentAt = arrival.sentAt;
    recordValue(this.#sendLag, arrival.sentAt - arrival.intendedAt);
  }

  #finishWhenSettled(): void {
    if (this.#answered + this.#failed === this.#scheduled) this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#poll);
    const utilisation = performance.eventLoopUtilization(this.#utilisation).utilization;
    this.#pool.close({ kind: "timeout", reason: "no answer when the load ended" });
    this.#resolve(this.#result(utilisation));
  }

  #result(loopUtilisation: number): LoadResult {
    const { ratePerSecond, durationMs } = this.#load;
    const missed = this.#scheduled - this.#answered - this.#failed;
    const offeredWithinMs = this.#sent === 0 ? 0 : this.#lastSentAt - this.#start + this.#intervalMs;
    const invalidBecause = invalidReason({
      scheduled: this.#scheduled,
      missed,
      shortfall: lateSend(durationMs, offeredWithinMs),
      lag: this.#generatorLag,
      loopUtilisation,
      refusedLocally: this.#refusedLocally,
    });
    const response = latencyOf(this.#response);
    const service = latencyOf(this.#service);
    const sendLag = latencyOf(this.#sendLag);
    return {
      askedPerSecond: ratePerSecond,
      achievedPerSecond: this.#sent === 0 ? 0 : (this.#sent * 1_000) / Math.max(durationMs, offeredWithinMs),
      durationMs,
      scheduled: this.#scheduled,
      answered: this.#answered,
      failed: this.#failed,
      missed,
      errors: Object.fromEntries(this.#errors),
      statuses: Object.fromEntries(this.#statuses),
      ...(response === undefined ? {} : { response }),
      ...(service === undefined ? {} : { service }),
      ...(sendLag === undefined ? {} : { sendLag }),
      bytesIn: this.#pool.bytesIn,
      bytesOut: this.#pool.bytesOut,
      valid: invalidBecause === undefined,
      ...(invalidBecause === undefined ? {} : { invalidBecause }),
    };
  }
}

type RequestTemplate = Pick<Exchange, "bytes" | "headRequest" | "idempotent" | "timeoutMs">;

/** One scheduled request on its way. */
class Arrival implements Exchange {
  readonly bytes: string | Buffer;
  readonly headRequest: boolean;
  readonly idempotent: boolean;
  readonly timeoutMs: number;
  readonly keepHead = false;
  readonly maxBodyBytes = 0;
  readonly intendedAt: number;
  sentAt = 0;
  firstByteAt = 0;
  retried = false;

  readonly #run: ConstantRateRun;

  constructor(run: ConstantRateRun, template: RequestTemplate, intendedAt: number) {
    this.#run = run;
    this.bytes = template.bytes;
    this.headRequest = template.headRequest;
    this.idempotent = template.idempotent;
    this.timeoutMs = template.timeoutMs;
    this.intendedAt = intendedAt;
  }

  answered(response: ResponseParser, at: number): void {
    this.#run.answered(this, response, at);
  }

  failed(failure: Failure, at: number): void {
    this.#run.failed(this, failure, at);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
