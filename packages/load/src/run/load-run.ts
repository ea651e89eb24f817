import { availableParallelism } from "node:os";
import type { LoadReport } from "@muster/contract";
import {
  createHistogram,
  durationMs,
  type Histogram,
  histogramSince,
  type Json,
  MusterError,
  quantile,
} from "@muster/kernel";
import type { Gathering } from "../agents/coordinator.ts";
import { createMetrics, mergeMetrics, type Metrics, totalSeries } from "../metrics/metrics.ts";
import { createTimeline, mergeTimeline, type Timeline } from "../metrics/timeline.ts";
import { machineFacts } from "../result/machine-facts.ts";
import { writeReport } from "../result/report.ts";
import { planAddresses } from "../scenario/address.ts";
import { checkPlan, loadPlan, planDuration, planStages } from "../scenario/load-plan.ts";
import type { LoadPlan, PlanContext } from "../scenario/scenario.ts";
import { judgeThreshold, thresholdOf } from "../thresholds/threshold.ts";
import type { LoadCommand, LoadThread } from "./load-thread.ts";
import { startLocalThread } from "./local-thread.ts";
import { startWorkerThread } from "./worker-thread.ts";

const PROGRESS_MS = 1_000;
const DEFAULT_ABORT_AFTER_MS = 10_000;

/** How a run goes, about once a second. */
export interface LoadProgress {
  readonly elapsedMs: number;
  /** Until the schedule ends; the time of grace may follow. */
  readonly plannedMs: number;
  readonly users: number;
  readonly requests: number;
  readonly failed: number;
  /** Of the time since the last progress. */
  readonly perSecond: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly paused: boolean;
}

export interface LoadRunOptions {
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Told each line that scenarios print. */
  readonly onOutput?: (line: string) => void;
}

/** A load test under way. */
export interface RunningLoad {
  /** Resolves to the report, whatever came of it. Rejects only when there was nothing to report on. */
  readonly report: Promise<LoadReport>;
  pause(): void;
  resume(): void;
  /** Multiplies users and arrivals from now on. */
  scale(factor: number): void;
  /** Ends the schedule; iterations under way have the plan's time of grace. The reason goes into the report. */
  stop(because: string): void;
  /** Ends everything at once. */
  abort(because: string): void;
  /** A report on what was counted so far: for `/metrics`. Undefined until there is something. */
  interim(): LoadReport | undefined;
}

/** Runs a plan that exists in memory, in the calling thread. */
export function startLoad(plan: LoadPlan, options: LoadRunOptions = {}): RunningLoad {
  return new LoadRun(options, async (run) => {
    checkPlan(plan, "the plan");
    await run.withPlan(plan, (shared) => [startLocalThread(plan, shared)]);
  });
}

/**
 * Runs the plan of a file in worker threads.
 * @throws {MusterError} `load-plan-invalid`, as a rejection of the report, when the plan does not hold.
 */
export function startLoadFile(file: string, workers: number, options: LoadRunOptions = {}): RunningLoad {
  return new LoadRun(options, async (run) => {
    const plan = await loadPlan(file);
    const threads = Array.from({ length: workers }, (_, index) =>
      startWorkerThread({
        planFile: file,
        segment: { index, count: workers },
        onOutput: options.onOutput ?? (() => {}),
      }),
    );
    try {
      await Promise.all(threads.map((thread) => thread.ready));
      await run.withPlan(plan, (shared) => {
        for (const thread of threads) thread.start(shared);
        return threads;
      });
    } finally {
      for (const thread of threads) thread.close();
    }
  });
}

/**
 * Runs the plan of a file on agents that join over the network.
 * @throws {MusterError} `load-agent`, as a rejection of the report, when they do not come.
 */
export function startLoadOnAgents(gathering: Gathering, file: string, options: LoadRunOptions = {}): RunningLoad {
  return new LoadRun(options, async (run) => {
    try {
      const plan = await loadPlan(file);
      await gathering.complete;
      await run.withPlan(plan, (shared) => gathering.start(shared));
    } finally {
      gathering.close();
    }
  });
}

/** Workers that suit this machine: one core is left to the rest of the program. */
export function defaultWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

class LoadRun implements RunningLoad {
  readonly report: Promise<LoadReport>;

  readonly #options: LoadRunOptions;
  readonly #controller = new AbortController();
  #threads: readonly LoadThread[] = [];
  #startedAt = 0;
  #begunAt = 0;
  #endedAt: number | undefined;
  #paused = false;
  #pausedAt = 0;
  #pausedMs = 0;
  #stoppedBecause: string | undefined;
  #losses: string[] = [];
  /** Losses that the others made up for. */
  #takenOver: string[] = [];
  /** What the load was multiplied by, and what each part does more since others were lost. */
  #factor = 1;
  #share = 1;
  #lastRequests = 0;
  #lastResponse: Histogram = createHistogram();
  #lastProgressAt = 0;

  #plan: LoadPlan | undefined;
  #written: LoadReport | undefined;

  constructor(options: LoadRunOptions, work: (run: LoadRun) => Promise<void>) {
    this.#options = options;
    this.report = work(this).then(() => this.#written as LoadReport);
  }

  /** Sets up, loads, tears down and writes the report. */
  async withPlan(plan: LoadPlan, start: (shared: Json | undefined) => readonly LoadThread[]): Promise<void> {
    this.#plan = plan;
    const context: PlanContext = { target: planAddresses(plan).target, signal: this.#controller.signal };
    let shared: Json | undefined;
    try {
      shared = await setUp(plan, context);
      if (this.#stoppedBecause === undefined) await this.#run(plan, start(shared));
      this.#written = this.#report(plan);
    } finally {
      await this.#tearDown(plan, shared, context);
    }
  }

  /** What was measured stays measured when the clearing up fails; it is said, and the report stands. */
  async #tearDown(plan: LoadPlan, shared: Json | undefined, context: PlanContext): Promise<void> {
    try {
      await plan.tearDown?.(shared, context);
    } catch (error) {
      this.#options.onOutput?.(`the tear-down of the plan failed: ${messageOf(error)}`);
    }
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#pausedAt = performance.now();
    this.#tell({ type: "pause" });
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#pausedMs += performance.now() - this.#pausedAt;
    this.#tell({ type: "resume" });
  }

  scale(factor: number): void {
    this.#factor = factor;
    this.#tell({ type: "scale", factor: factor * this.#share });
  }

  stop(because: string): void {
    this.#stoppedBecause ??= because;
    this.#tell({ type: "stop" });
  }

  abort(because: string): void {
    this.#stoppedBecause ??= because;
    this.#controller.abort();
    this.#tell({ type: "abort" });
  }

  interim(): LoadReport | undefined {
    const plan = this.#plan;
    return plan === undefined || this.#begunAt === 0 ? undefined : this.#report(plan);
  }

  #tell(command: LoadCommand): void {
    for (const thread of this.#threads) thread.command(command);
  }

  #elapsed(): number {
    const now = this.#endedAt ?? performance.now();
    const paused = this.#pausedMs + (this.#paused ? now - this.#pausedAt : 0);
    return this.#begunAt === 0 ? 0 : Math.max(0, now - this.#begunAt - paused);
  }

  async #run(plan: LoadPlan, threads: readonly LoadThread[]): Promise<void> {
    this.#threads = threads;
    this.#startedAt = Date.now();
    this.#begunAt = performance.now();
    this.#lastProgressAt = this.#begunAt;
    const ticker = setInterval(() => this.#progress(plan), PROGRESS_MS);
    const atWork = new Set(threads);
    const losses = await Promise.all(
      threads.map(async (thread) => {
        const loss = await thread.finished;
        atWork.delete(thread);
        if (loss === undefined) return undefined;
        const goesOn = plan.onLostAgent === "redistribute" && thread.vanished === true && atWork.size > 0;
        if (goesOn && this.#stoppedBecause === undefined) {
          this.#redistribute(loss, atWork.size);
          return undefined;
        }
        // A part of the load without the rest is another load: the run ends with what there is.
        this.stop(loss);
        return loss;
      }),
    );
    clearInterval(ticker);
    this.#endedAt = performance.now();
    this.#losses = losses.filter((loss) => loss !== undefined);
  }

  /** Has those who are left do what a lost one would have done from now on. */
  #redistribute(loss: string, left: number): void {
    const seconds = (this.#elapsed() / 1_000).toFixed(1);
    this.#share = (this.#share * (left + 1)) / left;
    this.#tell({ type: "scale", factor: this.#factor * this.#share });
    const others = left === 1 ? "the other one" : `the other ${left}`;
    const taken = `${loss} ${seconds} s after the start; its share went to ${others}, but for what it had not told`;
    this.#takenOver.push(taken);
    this.#options.onOutput?.(taken);
  }

  #metrics(): Metrics {
    const metrics = createMetrics();
    for (const thread of this.#threads) {
      const latest = thread.latest();
      if (latest !== undefined) mergeMetrics(metrics, latest.metrics);
    }
    return metrics;
  }

  /** Megabytes after some minutes, so it is made for reports only and not every second. */
  #timeline(): Timeline {
    const timeline = createTimeline();
    for (const thread of this.#threads) {
      const latest = thread.latest();
      if (latest !== undefined) mergeTimeline(timeline, latest.timeline);
    }
    return timeline;
  }

  #progress(plan: LoadPlan): void {
    // Workers first speak after a second; until then there is nothing to say.
    if (this.#threads.every((thread) => thread.latest() === undefined)) return;
    const metrics = this.#metrics();
    const now = performance.now();
    const total = totalSeries(metrics);
    const recent = histogramSince(total.response, this.#lastResponse);
    const perSecond = ((total.requests - this.#lastRequests) * 1_000) / Math.max(1, now - this.#lastProgressAt);
    this.#lastRequests = total.requests;
    this.#lastResponse = total.response;
    this.#lastProgressAt = now;
    this.#options.onProgress?.({
      elapsedMs: this.#elapsed(),
      plannedMs: planDuration(plan),
      users: this.#threads.reduce((sum, thread) => sum + (thread.latest()?.users ?? 0), 0),
      requests: total.requests,
      failed: total.failed,
      perSecond,
      p50: quantile(recent, 0.5),
      p95: quantile(recent, 0.95),
      p99: quantile(recent, 0.99),
      paused: this.#paused,
    });
    this.#abortOnBreach(plan, metrics);
  }

  #abortOnBreach(plan: LoadPlan, metrics: Metrics): void {
    const elapsedMs = this.#elapsed();
    for (const threshold of (plan.thresholds ?? []).map(thresholdOf)) {
      if (threshold.abort !== true || elapsedMs < (threshold.abortAfterMs ?? DEFAULT_ABORT_AFTER_MS)) continue;
      const result = judgeThreshold(threshold, metrics, elapsedMs);
      if (result.ok || result.seen === undefined) continue;
      this.abort(
        `the run was ended after ${Math.round(elapsedMs / 1_000)} s because a threshold was broken: ${result.summary}`,
      );
      return;
    }
  }

  #report(plan: LoadPlan): LoadReport {
    const metrics = this.#metrics();
    const timeline = this.#timeline();
    const latest = this.#threads.map((thread) => thread.latest()).filter((each) => each !== undefined);
    return writeReport({
      target: plan.target,
      thresholds: plan.thresholds ?? [],
      satisfiedMs: plan.satisfiedWithin === undefined ? undefined : durationMs(plan.satisfiedWithin),
      metrics,
      timeline,
      stages: planStages(plan),
      health: latest.map((each) => each.health),
      samples: latest.flatMap((each) => each.samples),
      startedAt: this.#startedAt === 0 ? Date.now() : this.#startedAt,
      elapsedMs: this.#elapsed(),
      losses: this.#losses,
      takenOver: this.#takenOver,
      stoppedBecause: this.#losses.length > 0 ? undefined : this.#stoppedBecause,
      environment: machineFacts(),
    });
  }
}

/** @throws {MusterError} `load-set-up` when the plan's own code throws. */
async function setUp(plan: LoadPlan, context: PlanContext): Promise<Json | undefined> {
  try {
    return await plan.setUp?.(context);
  } catch (error) {
    throw new MusterError("load-set-up", `the set-up of the plan failed: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
