import type { LoadReport, LoadStage } from "@muster/contract";
import { toInstant } from "@muster/kernel";
import { invalidReason, lateArrivals } from "../health/validity.ts";
import { type Metrics, totalSeries } from "../metrics/metrics.ts";
import type { Timeline } from "../metrics/timeline.ts";
import { failedOf, slowestOf, type TraceSample } from "../metrics/trace-samples.ts";
import type { GeneratorHealth } from "../health/generator-watch.ts";
import { judgeThreshold, type Threshold, thresholdOf } from "../thresholds/threshold.ts";
import { customFigures, requestFigures, scenarioFigures, sliceFigures } from "./figures.ts";
import { latencyOf } from "./latency.ts";

/** Everything that a report is made from. */
export interface Findings {
  readonly target: string;
  readonly thresholds: readonly (string | Threshold)[];
  /** Response time in ms that satisfies a user, for Apdex; absent when the plan does not say. */
  readonly satisfiedMs?: number | undefined;
  readonly metrics: Metrics;
  readonly timeline: Timeline;
  /** The stages of the plan, if it has any. */
  readonly stages?: readonly LoadStage[];
  /** One for each worker. */
  readonly health: readonly GeneratorHealth[];
  /** Whether the generator was to work as fast as it could, so that being busy says nothing against it. */
  readonly atItsLimit?: boolean;
  readonly samples: readonly TraceSample[];
  /** Wall clock of the start, in ms since the epoch, and how long the load lasted. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  /** What went wrong with the generator on the way: a worker that was lost, for example. */
  readonly losses: readonly string[];
  /** Parts of the generator that were lost, and whose share the others took over. */
  readonly takenOver?: readonly string[];
  /** Why the run ended before its time, if it did: a broken threshold, a person. */
  readonly stoppedBecause?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** Judges a run and writes its report. */
export function writeReport(findings: Findings): LoadReport {
  const { metrics, timeline, health, elapsedMs, losses, takenOver = [], stoppedBecause } = findings;
  const thresholds = findings.thresholds.map((each) => judgeThreshold(thresholdOf(each), metrics, elapsedMs));
  const broken = thresholds.filter((each) => !each.ok);
  const invalid = invalidReasons(findings);
  const failed = failureReasons(metrics);
  const verdict = invalid.length > 0 ? "invalid" : broken.length > 0 || failed.length > 0 ? "failed" : "passed";
  const terms = { elapsedMs, satisfiedMs: findings.satisfiedMs };
  const total = requestFigures("all requests", totalSeries(metrics), terms);
  const reasons = [...invalid, ...failed, ...takenOver, ...(stoppedBecause === undefined ? [] : [stoppedBecause])];
  return {
    format: "muster-load/1",
    verdict,
    sentence: sentenceOf(verdict, reasons, broken.length, thresholds.length, total),
    reasons,
    target: findings.target,
    startedAt: toInstant(findings.startedAt),
    durationMs: elapsedMs,
    partial: losses.length > 0 || takenOver.length > 0 || stoppedBecause !== undefined,
    thresholds,
    total,
    scenarios: [...metrics.scenarios].map(([name, own]) => scenarioFigures(name, own, metrics, terms)),
    tags: [...metrics.tags].map(([tag, series]) => requestFigures(tag, series, terms)),
    custom: [...metrics.custom].map(([name, metric]) => customFigures(name, metric)),
    sliceMs: timeline.sliceMs,
    timeline: sliceFigures(timeline),
    ...(findings.stages === undefined || findings.stages.length === 0 ? {} : { stages: [...findings.stages] }),
    messages: [...metrics.messages].map(([message, count]) => ({ message, count })).sort((a, b) => b.count - a.count),
    samples: slowestOf(findings.samples),
    failures: failedOf(findings.samples),
    folded: Object.fromEntries(metrics.folded),
    generator: generatorFigures(metrics, health),
    environment: { ...findings.environment },
  };
}

function invalidReasons({ metrics, health, losses, atItsLimit }: Findings): string[] {
  let missed = 0;
  let late = 0;
  let scheduled = 0;
  for (const { iterations } of metrics.scenarios.values()) {
    missed += iterations.missed;
    late += iterations.late;
    scheduled += iterations.started + iterations.missed;
  }
  const reason = invalidReason({
    scheduled,
    missed,
    shortfall: lateArrivals(late, scheduled),
    lag: metrics.generatorLag,
    loopUtilisation: atItsLimit === true ? 0 : Math.max(0, ...health.map((each) => each.loopUtilisation)),
    refusedLocally: metrics.connections.refusedLocally,
  });
  return reason === undefined ? [...losses] : [...losses, reason];
}

/** What fails a run beside its thresholds: scenarios of which nothing ever came to a good end. */
function failureReasons(metrics: Metrics): string[] {
  const reasons: string[] = [];
  for (const [name, { iterations }] of metrics.scenarios) {
    if (iterations.failed > 0 && iterations.completed === 0) {
      reasons.push(`the scenario "${name}" threw in every one of its ${iterations.failed} iterations`);
    }
  }
  if ([...metrics.scenarios.values()].every(({ iterations }) => iterations.started === 0)) {
    reasons.push("no iteration was begun");
  }
  return reasons;
}

function sentenceOf(
  verdict: LoadReport["verdict"],
  reasons: readonly string[],
  broken: number,
  thresholds: number,
  total: LoadReport["total"],
): string {
  if (verdict === "invalid") return `INVALID: ${reasons[0]}`;
  const p95 = total.response === undefined ? "" : `, p95 ${milliseconds(total.response.p95)}`;
  const errors = total.requests === 0 ? 0 : (total.failed / total.requests) * 100;
  const figures = `${total.requests} requests, ${Math.round(total.perSecond)}/s${p95}, ${Number(errors.toFixed(2))} % failed`;
  const met = thresholds === 0 ? "no thresholds" : `${thresholds - broken} of ${thresholds} thresholds met`;
  if (verdict === "passed") return `PASSED: ${met}; ${figures}`;
  return broken > 0 ? `FAILED: ${met}; ${figures}` : `FAILED: ${reasons[0]}; ${figures}`;
}

function milliseconds(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3))} ms`;
}

function generatorFigures(metrics: Metrics, health: readonly GeneratorHealth[]): LoadReport["generator"] {
  const { opened, failed, retries, connect, tls } = metrics.connections;
  const lag = latencyOf(metrics.generatorLag);
  const connecting = latencyOf(connect);
  const handshaking = latencyOf(tls);
  const sum = (of: (each: GeneratorHealth) => number): number => health.reduce((total, each) => total + of(each), 0);
  return {
    workers: Math.max(1, health.length),
    cpuMs: sum((each) => each.cpuMs),
    loopUtilisation: Math.min(1, Math.max(0, ...health.map((each) => each.loopUtilisation))),
    gcMs: sum((each) => each.gcMs),
    gcMaxMs: Math.max(0, ...health.map((each) => each.gcMaxMs)),
    ...(lag === undefined ? {} : { lag }),
    connections: {
      opened,
      failed,
      retries,
      ...(connecting === undefined ? {} : { connect: connecting }),
      ...(handshaking === undefined ? {} : { tls: handshaking }),
    },
  };
}
