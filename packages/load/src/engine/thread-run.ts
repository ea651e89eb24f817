import { performance } from "node:perf_hooks";
import { createRandom, durationMs, type Json, recordValue } from "@muster/kernel";
import { type GeneratorHealth, GeneratorWatch } from "../health/generator-watch.ts";
import { Transport } from "../http/transport.ts";
import {
  countCheck,
  countMessage,
  createMetrics,
  customMetric,
  groupDurations,
  type Metrics,
  type ScenarioMetrics,
  scenarioMetrics,
} from "../metrics/metrics.ts";
import { RequestCounts, type Steps } from "../metrics/request-counts.ts";
import { createTimeline, noteUsers, type Timeline } from "../metrics/timeline.ts";
import { planAddresses } from "../scenario/address.ts";
import type { Segment } from "../scenario/data-source.ts";
import type { LoadPlan, Scenario } from "../scenario/scenario.ts";
import { type HttpContext, type RequestOutcome, UserHttp } from "../user/user-http.ts";
import { LoadStopped } from "../user/stopped.ts";
import { UserSockets } from "../user/user-sockets.ts";
import { DataExhausted, User, type UserRecorder } from "../user/user.ts";
import { NotableSamples, type TraceSample } from "../metrics/trace-samples.ts";
import { ArrivalExecutor } from "./arrival-executor.ts";
import type { Executor, IterationRunner } from "./executor.ts";
import { UserExecutor } from "./user-executor.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_GRACE_MS = 30_000;
const DEFAULT_CONNECTIONS = 10_000;
const DEFAULT_SAMPLE_EVERY = 100;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** How long users may take to notice that they are stopped, in ms, before they are given up. */
const GIVE_UP_MS = 1_000;
/** Pause in ms after an iteration that failed without a single request, so that a broken scenario does not spin. */
const FAILED_PAUSE_MS = 100;
/** How often executors look at the course, and the loop's lateness is measured, in ms. */
const TICK_MS = 20;

/** Errors of this machine, not of the service. */
export const LOCAL_REFUSALS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ENOBUFS", "ENOMEM"]);

/** What one thread of a run has counted so far. */
export interface ThreadSnapshot {
  readonly metrics: Metrics;
  readonly timeline: Timeline;
  readonly health: GeneratorHealth;
  readonly samples: readonly TraceSample[];
  readonly users: number;
}

/** One thread's part of a run: users, connections and counting. Its clock begins when it is made. */
export class ThreadRun {
  readonly metrics = createMetrics();
  readonly timeline: Timeline = createTimeline();
  /** Settles when no iteration is under way any more and every connection is closed. */
  readonly finished: Promise<void>;

  readonly #plan: LoadPlan;
  readonly #segment: Segment;
  readonly #transport: Transport;
  readonly #target: URL;
  readonly #executors: readonly Executor[];
  readonly #counts = new RequestCounts(this.metrics, this.timeline);
  readonly #samples = new NotableSamples();
  readonly #watch = new GeneratorWatch();
  readonly #startedAt = performance.now();
  readonly #users = new Set<User>();
  readonly #prepared: HttpContext["prepared"] = new Map();
  readonly #shared: Json | undefined;
  readonly #seed: number;
  readonly #sampleEvery: number;
  readonly #maxRequests: number;
  readonly #resolve: () => void;

  #nextUser: number;
  #requests = 0;
  #sinceSample = 0;
  #tickDue = performance.now() + TICK_MS;
  #ticker: NodeJS.Timeout;
  #graceTimer: NodeJS.Timeout | undefined;
  #ending = false;
  #over = false;
  #healthAtEnd: GeneratorHealth | undefined;

  constructor(plan: LoadPlan, segment: Segment, shared: Json | undefined) {
    this.#plan = plan;
    this.#segment = segment;
    this.#shared = shared;
    this.#seed = plan.seed ?? 1;
    this.#nextUser = segment.index;
    this.#sampleEvery = plan.sampleEvery ?? DEFAULT_SAMPLE_EVERY;
    this.#maxRequests = plan.maxRequests === undefined ? Infinity : Math.ceil(plan.maxRequests / segment.count);
    const { target, allowed, http2 } = planAddresses(plan);
    this.#target = target;
    const { connections } = this.metrics;
    this.#transport = new Transport({
      allowedOrigins: allowed,
      http2Origins: http2,
      ...(typeof plan.http2 === "object" ? plan.http2 : {}),
      maxConnections: plan.maxConnections ?? DEFAULT_CONNECTIONS,
      connectTimeoutMs: plan.timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs(plan.timeout),
      insecure: plan.insecure ?? false,
      onConnected: (connectMs, tlsMs) => {
        recordValue(connections.connect, connectMs);
        if (tlsMs !== undefined) recordValue(connections.tls, tlsMs);
      },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#resolve = resolve;
    this.#executors = plan.workloads.map((workload, index) => {
      const runner = this.#runnerOf(workload.scenarios, index);
      return "users" in workload.model
        ? new UserExecutor(workload.model, segment, runner, this.#startedAt)
        : new ArrivalExecutor(workload.model, segment, runner, this.#startedAt, this.metrics.generatorLag);
    });
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    for (const executor of this.#executors) executor.advance(performance.now());
  }

  /** Whether the run has finished; what still comes in is not counted. */
  get over(): boolean {
    return this.#over;
  }

  /** Holds everything that has not begun; what is under way goes on. */
  pause(): void {
    for (const executor of this.#executors) executor.pause(performance.now());
  }

  resume(): void {
    for (const executor of this.#executors) executor.resume(performance.now());
  }

  /** Multiplies the users and the arrivals that the plan calls for from now on. */
  scale(factor: number): void {
    for (const executor of this.#executors) executor.scale(factor, performance.now());
  }

  /** Begins no more iterations and gives those under way the time of the plan's graceful stop. */
  stop(): void {
    if (this.#ending) return;
    this.#ending = true;
    for (const executor of this.#executors) executor.stop();
    const grace = this.#plan.gracefulStop === undefined ? DEFAULT_GRACE_MS : durationMs(this.#plan.gracefulStop);
    this.#graceTimer = setTimeout(() => this.abort(), grace);
    this.#finishWhenIdle();
  }

  /** Ends everything at once; what is under way is interrupted. */
  abort(): void {
    if (this.#over) return;
    if (!this.#ending) for (const executor of this.#executors) executor.stop();
    this.#ending = true;
    clearTimeout(this.#graceTimer);
    for (const user of this.#users) user.stop();
    this.#transport.close({ kind: "stopped", reason: "the load was stopped" });
    this.#graceTimer = setTimeout(() => this.#finish(), GIVE_UP_MS);
    this.#finishWhenIdle();
  }

  snapshot(): ThreadSnapshot {
    this.#counts.settle(performance.now() - this.#startedAt);
    const counts = this.#transport.counts();
    this.metrics.connections.opened = counts.opened;
    this.metrics.connections.failed = counts.failed;
    this.metrics.connections.retries = counts.retries;
    return {
      metrics: this.metrics,
      timeline: this.timeline,
      health: this.#healthAtEnd ?? this.#watch.read(),
      samples: this.#samples.list(),
      users: this.#busy(),
    };
  }

  #busy(): number {
    return this.#executors.reduce((sum, executor) => sum + executor.busy, 0);
  }

  #tick(): void {
    const now = performance.now();
    recordValue(this.metrics.generatorLag, Math.max(0, now - this.#tickDue));
    this.#tickDue = now + TICK_MS;
    noteUsers(this.timeline, now - this.#startedAt, this.#busy());
    for (const executor of this.#executors) executor.advance(now);
    if (!this.#ending && this.#executors.every((executor) => executor.ended(now))) this.stop();
    this.#finishWhenIdle();
  }

  #finishWhenIdle(): void {
    if (this.#ending && this.#executors.every((executor) => executor.busy === 0 && executor.settled)) this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#ticker);
    clearTimeout(this.#graceTimer);
    for (const user of this.#users) user.stop();
    for (const executor of this.#executors) executor.close();
    this.#transport.close({ kind: "stopped", reason: "the load was stopped" });
    // Iterations that never came back, because they wait for something of their own, were interrupted.
    for (const { iterations } of this.metrics.scenarios.values()) {
      iterations.interrupted = iterations.started - iterations.completed - iterations.failed;
    }
    this.#healthAtEnd = this.#watch.read();
    this.#watch.stop();
    this.#resolve();
  }

  /** What an executor needs of this thread for its scenarios. */
  #runnerOf(scenarios: readonly Scenario[], workload: number): IterationRunner {
    const kinds = scenarios.map((scenario) => new ScenarioRun(this, scenario));
    const weights = scenarios.map((scenario) => scenario.weight ?? 1);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const random = createRandom(this.#seed + workload * 7_919 + this.#segment.index * 104_729);
    const choose = (): ScenarioRun => {
      if (kinds.length === 1) return kinds[0] as ScenarioRun;
      let place = random() * total;
      const index = weights.findIndex((weight) => (place -= weight) < 0);
      return kinds[index < 0 ? kinds.length - 1 : index] as ScenarioRun;
    };
    return {
      createUser: () => {
        const id = this.#nextUser;
        this.#nextUser += this.#segment.count;
        return new VirtualUser(id);
      },
      run: (virtual, intendedAt, again) => this.#run(choose, virtual, intendedAt, again),
      missed: (times) => {
        // Which scenario it would have been was never decided; the first stands for the workload.
        (kinds[0] as ScenarioRun).metrics.iterations.missed += times;
      },
      late: (times) => {
        (kinds[0] as ScenarioRun).metrics.iterations.late += times;
      },
      onIdle: () => this.#finishWhenIdle(),
    };
  }

  /**
   * Runs iterations one after the other. All of a user's are in this one function, because one that waits for
   * another costs a promise for each.
   */
  async #run(
    choose: () => ScenarioRun,
    virtual: VirtualUser,
    intendedAt: number,
    again: () => boolean,
  ): Promise<boolean> {
    let startedAt = intendedAt === 0 ? performance.now() : intendedAt;
    do {
      const kind = choose();
      const user = kind.begin(virtual, intendedAt);
      const { http } = user;
      const { sent } = http;
      let endedAt = 0;
      try {
        await kind.scenario.run(user);
        if (this.#over) return false;
        endedAt = performance.now();
        kind.completed(endedAt - startedAt);
      } catch (error) {
        if (this.#over || !kind.threw(user, error, http.sent === sent)) return false;
        if (http.sent === sent) await pause(FAILED_PAUSE_MS);
      } finally {
        user.endIteration();
      }
      // A scenario that waits for nothing would never let anybody else have a turn.
      if (http.sent === sent && !user.waited) {
        await pause(0);
        endedAt = 0;
      }
      startedAt = endedAt === 0 ? performance.now() : endedAt;
    } while (again());
    return true;
  }

  /** Makes a scenario's user; one virtual user has one for each scenario of its workload. */
  createUser(id: number, run: ScenarioRun): User {
    const context: HttpContext = {
      transport: this.#transport,
      base: this.#target,
      headers: this.#plan.headers ?? {},
      timeoutMs: this.#plan.timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs(this.#plan.timeout),
      maxBodyBytes: MAX_BODY_BYTES,
      prepared: this.#prepared,
      sampleTrace: () => this.#sampleTrace(),
      record: (outcome) => this.#record(run, outcome),
    };
    const http = new UserHttp(context);
    const user = new User({
      id,
      http,
      sockets: () => new UserSockets(context, http, run.recorder),
      random: createRandom(this.#seed * 31 + id),
      shared: this.#shared,
      recorder: run.recorder,
      nextRow: (name) => run.nextRow(name),
    });
    user.http.stopped = this.#over;
    this.#users.add(user);
    return user;
  }

  openRows(scenario: Scenario): Map<string, () => unknown> {
    const random = createRandom(this.#seed * 17 + this.#segment.index);
    return new Map(
      Object.entries(scenario.data ?? {}).map(([name, source]) => [name, source.open(this.#segment, random)]),
    );
  }

  #sampleTrace(): string | undefined {
    this.#sinceSample += 1;
    if (this.#sampleEvery === 0 || this.#sinceSample < this.#sampleEvery) return undefined;
    this.#sinceSample = 0;
    return crypto.randomUUID().replaceAll("-", "");
  }

  #record(run: ScenarioRun, outcome: RequestOutcome): void {
    const { status, failure, endedAt } = outcome;
    this.#counts.record(run.steps, outcome, endedAt - this.#startedAt);
    const failed = failure !== undefined || status >= 400;
    const responseMs = endedAt - outcome.intendedAt;
    if (failed) this.#noteFailure(outcome);
    // What was never sent has no span at the server.
    if (outcome.trace !== undefined && outcome.sentAt > 0) {
      const { name, trace, serverTiming } = outcome;
      this.#samples.offer({
        name,
        trace,
        responseMs,
        ...(serverTiming === undefined ? {} : { serverTiming }),
        ...(failed ? { failure: failureText(outcome) } : {}),
      });
    }
    this.#requests += 1;
    if (this.#requests >= this.#maxRequests && !this.#ending) this.stop();
  }

  #noteFailure(outcome: RequestOutcome): void {
    const { name, failure } = outcome;
    if (failure !== undefined && LOCAL_REFUSALS.has(failure.reason)) this.metrics.connections.refusedLocally += 1;
    countMessage(this.metrics, `${name}: ${failureText(outcome)}`);
  }
}

function failureText({ status, failure }: RequestOutcome): string {
  return failure === undefined ? `status ${status}` : `${failure.kind}: ${failure.reason}`;
}

/** A user of a workload, who is a {@link User} of each scenario that the workload chooses. */
export class VirtualUser {
  readonly id: number;
  readonly users = new Map<ScenarioRun, User>();

  constructor(id: number) {
    this.id = id;
  }
}

/** A scenario at work in one thread. */
class ScenarioRun {
  readonly scenario: Scenario;
  readonly metrics: ScenarioMetrics;
  readonly recorder: UserRecorder;
  readonly steps: Steps;

  readonly #thread: ThreadRun;
  readonly #rows: Map<string, () => unknown>;

  constructor(thread: ThreadRun, scenario: Scenario) {
    this.#thread = thread;
    this.scenario = scenario;
    this.#rows = thread.openRows(scenario);
    const all = thread.metrics;
    const own = scenarioMetrics(all, scenario.name);
    this.metrics = own;
    this.steps = { scenario: own, tallies: new Map() };
    this.recorder = {
      check: (name, passed) => countCheck(all, own, name, passed),
      group: (name, ms) => recordValue(groupDurations(all, own, name), ms),
      count: (name, by) => (customMetric(all, name, "counter").total += by),
      gauge: (name, value) => {
        const gauge = customMetric(all, name, "gauge");
        gauge.last = value;
        gauge.min = Math.min(gauge.min, value);
        gauge.max = Math.max(gauge.max, value);
      },
      trend: (name, value) => recordValue(customMetric(all, name, "trend").values, value),
    };
  }

  nextRow(name: string): unknown {
    const next = this.#rows.get(name);
    if (next === undefined) throw new TypeError(`the scenario "${this.scenario.name}" has no data called "${name}"`);
    return next();
  }

  /** Begins an iteration of a user, which the schedule called for at an instant, or 0 when it did not. */
  begin(virtual: VirtualUser, intendedAt: number): User {
    let user = virtual.users.get(this);
    if (user === undefined) {
      user = this.#thread.createUser(virtual.id, this);
      virtual.users.set(this, user);
    }
    user.http.intendedAt = intendedAt;
    user.waited = false;
    this.metrics.iterations.started += 1;
    return user;
  }

  completed(ms: number): void {
    this.metrics.iterations.completed += 1;
    recordValue(this.metrics.iteration, ms);
  }

  /** Counts an iteration that threw; says whether there may be another: not without data. */
  threw(user: User, error: unknown, idle: boolean): boolean {
    const { iterations } = this.metrics;
    // Whoever finds no data at its beginning has not begun.
    if (error instanceof DataExhausted && idle) {
      iterations.started -= 1;
      return false;
    }
    if (error instanceof LoadStopped || error instanceof DataExhausted || user.http.stopped) {
      iterations.interrupted += 1;
      return false;
    }
    iterations.failed += 1;
    countMessage(this.#thread.metrics, `${this.scenario.name} threw ${describe(error)}`);
    return true;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)}` : String(error).slice(0, 200);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));
}
