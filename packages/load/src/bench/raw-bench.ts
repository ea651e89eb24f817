import { performance } from "node:perf_hooks";
import type { LoadReport } from "@muster/contract";
import { createHistogram, mergeHistogram, MusterError, recordValue } from "@muster/kernel";
import { GeneratorWatch } from "../health/generator-watch.ts";
import { ConnectionPool } from "../http/connection-pool.ts";
import type { Exchange } from "../http/connection.ts";
import { endpointOf } from "../http/endpoint.ts";
import type { Failure } from "../http/failure.ts";
import { IDEMPOTENT_METHODS, type RequestDescription, requestBytes } from "../http/request-bytes.ts";
import type { ResponseParser } from "../http/response-parser.ts";
import { countMessage, createMetrics, scenarioMetrics, stepSeries } from "../metrics/metrics.ts";
import type { ErrorKind, Series } from "../metrics/series.ts";
import { createTimeline, noteUsers, recordInTime, sliceAt } from "../metrics/timeline.ts";
import { machineFacts } from "../result/machine-facts.ts";
import { writeReport } from "../result/report.ts";
import type { Threshold } from "../thresholds/threshold.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 60_000;
const MAX_DURATION_MS = 3_600_000;
/** Pause before a connection that failed is tried again, in ms, so that a service that is down is not stormed. */
const RETRY_PAUSE_MS = 50;

/** One request, repeated as fast as the service answers, over so many connections. */
export interface RawBench {
  readonly request: RequestDescription;
  readonly connections: number;
  readonly durationMs: number;
  readonly timeoutMs?: number;
  readonly insecure?: boolean;
  readonly thresholds?: readonly (string | Threshold)[];
}

/**
 * Measures how much a service can answer: every connection sends its next request when it has the answer to the last
 * (closed model), with no user code in between. The generator works at its limit on purpose, so its load does not make
 * the run invalid; how long a user would wait at a given rate is a question for an open model.
 *
 * @throws {MusterError} `invalid-request` or `target-invalid` for what cannot be sent or is out of bounds.
 */
export async function runRawBench(bench: RawBench, signal: AbortSignal): Promise<LoadReport> {
  const { connections, durationMs } = bench;
  if (!Number.isInteger(connections) || connections < 1 || connections > MAX_CONNECTIONS) {
    throw new MusterError("invalid-request", `there must be between 1 and ${MAX_CONNECTIONS} connections`);
  }
  if (!(durationMs > 0) || durationMs > MAX_DURATION_MS) {
    throw new MusterError("invalid-request", `the duration must be above 0 and at most ${MAX_DURATION_MS} ms`);
  }
  const run = new RawRun(bench);
  const stopped = Promise.withResolvers<string | undefined>();
  const timer = setTimeout(() => stopped.resolve(undefined), durationMs);
  const abort = (): void => stopped.resolve("the run was stopped before its time");
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const because = await stopped.promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  return run.finish(because);
}

class RawRun {
  readonly #bench: RawBench;
  readonly #metrics = createMetrics();
  readonly #scenario = scenarioMetrics(this.#metrics, "bench");
  readonly #series: Series;
  readonly #timeline = createTimeline();
  readonly #watch = new GeneratorWatch();
  readonly #startedAt = performance.now();
  readonly #wallStartedAt = Date.now();
  readonly #pool: ConnectionPool;
  /** Slots whose next request may be sent. */
  readonly #ready: Slot[] = [];
  readonly #statuses = new Float64Array(1_000);
  /** Times of answers, and how many were errors, since the present slice of the course began. */
  #times = createHistogram();
  #errors = 0;
  /** When the present slice began, in ms since the start, and when it ends, in ms of `performance.now()`. */
  #sliceFrom = 0;
  #sliceEndsAt = 0;
  #over = false;

  constructor(bench: RawBench) {
    this.#bench = bench;
    const { request, connections } = bench;
    const bytes = Buffer.from(requestBytes(request), "latin1");
    const timeoutMs = bench.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#series = stepSeries(this.#metrics, this.#scenario, `${request.method} ${request.url.pathname}`);
    this.#pool = new ConnectionPool(
      { endpoint: endpointOf(request.url, bench.insecure), maxConnections: connections, connectTimeoutMs: timeoutMs },
      { waiting: () => this.#ready.length, next: () => this.#ready.pop() },
    );
    const { connect, tls } = this.#metrics.connections;
    this.#pool.onOpened = ({ startedAt, connectedAt, readyAt }) => {
      recordValue(connect, connectedAt - startedAt);
      if (request.url.protocol === "https:") recordValue(tls, readyAt - connectedAt);
    };
    const headRequest = request.method === "HEAD";
    const idempotent = IDEMPOTENT_METHODS.has(request.method);
    for (let nth = 0; nth < connections; nth += 1) {
      this.#ready.push(new Slot(this, bytes, headRequest, idempotent, timeoutMs));
    }
    this.#pool.wake();
  }

  answered(slot: Slot, response: ResponseParser, at: number): void {
    if (this.#over) return;
    const { status } = response;
    this.#statuses[status] = (this.#statuses[status] as number) + 1;
    if (at >= this.#sliceEndsAt) this.#beginSlice(at);
    recordValue(this.#times, at - slot.sentAt);
    if (status >= 400) this.#errors += 1;
    slot.again();
    this.#ready.push(slot);
  }

  /** Puts the slice that is over into the whole, and begins the one of an instant. Each answer is recorded once. */
  #beginSlice(at: number): void {
    const slice = sliceAt(this.#timeline, this.#sliceFrom);
    slice.requests += this.#times.count;
    slice.failed += this.#errors;
    mergeHistogram(slice.response, this.#times);
    mergeHistogram(this.#series.service, this.#times);
    this.#times = createHistogram();
    this.#errors = 0;
    const { sliceMs } = this.#timeline;
    this.#sliceFrom = Math.floor((at - this.#startedAt) / sliceMs) * sliceMs;
    this.#sliceEndsAt = this.#startedAt + this.#sliceFrom + sliceMs;
  }

  failed(slot: Slot, failure: Failure, at: number): void {
    if (this.#over || failure.kind === "stopped") return;
    const kind: ErrorKind = failure.kind;
    this.#series.requests += 1;
    this.#series.failed += 1;
    this.#series.errors.set(kind, (this.#series.errors.get(kind) ?? 0) + 1);
    const waited = kind === "timeout" ? at - slot.sentAt : undefined;
    if (waited !== undefined) recordValue(this.#series.service, waited);
    recordInTime(this.#timeline, at - this.#startedAt, waited, true);
    countMessage(this.#metrics, `${kind}: ${failure.reason}`);
    slot.again();
    setTimeout(() => {
      if (this.#over) return;
      this.#ready.push(slot);
      this.#pool.wake();
    }, RETRY_PAUSE_MS);
  }

  finish(because: string | undefined): LoadReport {
    this.#over = true;
    const elapsedMs = performance.now() - this.#startedAt;
    const health = this.#watch.read();
    this.#watch.stop();
    this.#beginSlice(performance.now());
    const { opened, failedToOpen, retries, bytesIn, bytesOut } = this.#pool;
    this.#pool.close({ kind: "stopped", reason: "the load was stopped" });
    for (let atMs = 0; atMs < elapsedMs; atMs += this.#timeline.sliceMs) {
      noteUsers(this.#timeline, atMs, this.#bench.connections);
    }
    this.#sum(bytesIn, bytesOut);
    Object.assign(this.#metrics.connections, { opened, failed: failedToOpen, retries });
    this.#scenario.iterations.started = this.#series.requests;
    this.#scenario.iterations.completed = this.#series.requests;
    return writeReport({
      target: this.#bench.request.url.href,
      thresholds: this.#bench.thresholds ?? [],
      metrics: this.#metrics,
      timeline: this.#timeline,
      health: [health],
      atItsLimit: true,
      samples: [],
      startedAt: this.#wallStartedAt,
      elapsedMs,
      losses: [],
      stoppedBecause: because,
      environment: machineFacts(),
    });
  }

  /** Puts what was counted apart for speed into the series, where reports look for it. */
  #sum(bytesIn: number, bytesOut: number): void {
    const series = this.#series;
    for (const [status, times] of this.#statuses.entries()) {
      if (times === 0) continue;
      series.statuses.set(status, times);
      series.requests += times;
      if (status < 400) continue;
      series.failed += times;
      series.errors.set("status", (series.errors.get("status") ?? 0) + times);
    }
    series.bytesIn = bytesIn;
    series.bytesOut = bytesOut;
    // Nothing waits for anything but the answer, so both times are the same.
    mergeHistogram(series.response, series.service);
  }
}

/** A connection's worth of requests: the same object for each, so that a request costs no memory. */
class Slot implements Exchange {
  readonly bytes: Buffer;
  readonly headRequest: boolean;
  readonly idempotent: boolean;
  readonly timeoutMs: number;
  readonly keepHead = false;
  readonly maxBodyBytes = 0;
  sentAt = 0;
  firstByteAt = 0;
  retried = false;

  readonly #run: RawRun;

  constructor(run: RawRun, bytes: Buffer, headRequest: boolean, idempotent: boolean, timeoutMs: number) {
    this.#run = run;
    this.bytes = bytes;
    this.headRequest = headRequest;
    this.idempotent = idempotent;
    this.timeoutMs = timeoutMs;
  }

  /** Makes ready for the next request. */
  again(): void {
    this.sentAt = 0;
    this.firstByteAt = 0;
    this.retried = false;
  }

  answered(response: ResponseParser, at: number): void {
    this.#run.answered(this, response, at);
  }

  failed(failure: Failure, at: number): void {
    this.#run.failed(this, failure, at);
  }
}
