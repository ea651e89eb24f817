import type { LoadReport, RequestFigures } from "@muster/contract";
import type { LoadProgress } from "@muster/load";
import { humanDuration } from "@muster/kernel";
import type { Paint, Tone } from "../output/io.ts";
import { counted, table } from "../output/text.ts";

const VERDICT_TONES: Readonly<Record<LoadReport["verdict"], Tone>> = {
  passed: "good",
  failed: "bad",
  invalid: "caution",
};
const SHOWN_STEPS = 20;
const SHOWN_MESSAGES = 10;

/** A report for the terminal: the verdict first, then thresholds, figures, failures, and the generator's own health. */
export function loadReportText(report: LoadReport, paint: Paint): string {
  const blocks = [
    paint(["strong", VERDICT_TONES[report.verdict]], report.sentence),
    // The first reason of a run that is not valid is in the sentence already.
    report.reasons.slice(report.sentence.includes(report.reasons[0] ?? "\0") ? 1 : 0).join("\n"),
    thresholdText(report, paint),
    table([
      ["", "requests", "per second", "failed", "p50", "p95", "p99", "p99.9", "max"].map((title) =>
        paint("quiet", title),
      ),
      figuresRow(report.total),
      ...stepRows(report),
    ]),
    waitText(report),
    checkText(report, paint),
    messageText(report, paint),
    sampleText(report, paint),
    generatorText(report, paint),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** One line about how a run goes. */
export function progressText(progress: LoadProgress): string {
  const { elapsedMs, plannedMs, users, perSecond, p50, p95, p99, failed, requests } = progress;
  const parts = [
    `${humanDuration(elapsedMs)} of ${humanDuration(plannedMs)}${progress.paused ? " (paused)" : ""}`,
    counted(users, "user"),
    `${Math.round(perSecond)}/s`,
    `p50 ${shownMs(p50)}, p95 ${shownMs(p95)}, p99 ${shownMs(p99)}`,
    `${failed} of ${requests} failed`,
  ];
  return parts.join(" · ");
}

function thresholdText({ thresholds }: LoadReport, paint: Paint): string {
  return thresholds
    .map(
      ({ ok, text, summary }) => `${ok ? paint("good", "● met   ") : paint("bad", "■ broken")}  ${text}  (${summary})`,
    )
    .join("\n");
}

function figuresRow({ name, requests, perSecond, failed, response }: RequestFigures): string[] {
  const times = [response?.p50, response?.p95, response?.p99, response?.p999, response?.max];
  return [name, String(requests), perSecond.toFixed(perSecond < 100 ? 1 : 0), String(failed), ...times.map(shownMs)];
}

function stepRows({ scenarios }: LoadReport): string[][] {
  const steps = scenarios.flatMap(({ steps: each }) => each);
  // One step alone is the whole.
  if (steps.length < 2) return [];
  const shown = steps.toSorted((a, b) => b.requests - a.requests).slice(0, SHOWN_STEPS);
  const rest = steps.length - shown.length;
  return [
    ...shown.map((step) => figuresRow({ ...step, name: `  ${step.name}` })),
    ...(rest > 0 ? [[`  and ${rest} more`]] : []),
  ];
}

/** What the waiting for the generator and for connections made of the service's own time. */
function waitText({ total, scenarios }: LoadReport): string {
  const { service, sendLag, apdex } = total;
  if (service === undefined || sendLag === undefined) return "";
  const iterations = scenarios.map(({ name, iterations: { completed, failed, interrupted, missed } }) => {
    const bad = [
      failed > 0 ? `${failed} failed` : "",
      interrupted > 0 ? `${interrupted} interrupted` : "",
      missed > 0 ? `${missed} missed` : "",
    ].filter((part) => part !== "");
    return `${name}: ${counted(completed, "iteration")}${bad.length === 0 ? "" : `, ${bad.join(", ")}`}`;
  });
  return [
    `from the send: p50 ${shownMs(service.p50)}, p99 ${shownMs(service.p99)}; waiting to be sent: p50 ${shownMs(sendLag.p50)}, p99 ${shownMs(sendLag.p99)}`,
    ...(apdex === undefined ? [] : [`Apdex ${apdex.toFixed(2)}`]),
    ...iterations,
  ].join("\n");
}

function checkText({ scenarios }: LoadReport, paint: Paint): string {
  return scenarios
    .flatMap(({ checks }) => checks)
    .map(({ name, passed, failed }) => {
      const mark = failed === 0 ? paint("good", "●") : paint("bad", "■");
      return `${mark} ${name}: ${passed} of ${passed + failed}`;
    })
    .join("\n");
}

function messageText({ messages }: LoadReport, paint: Paint): string {
  const shown = messages.slice(0, SHOWN_MESSAGES).map(({ message, count }) => `${count} × ${message}`);
  const rest = messages.length - shown.length;
  return [...shown, ...(rest > 0 ? [paint("quiet", `and ${counted(rest, "other message")}`)] : [])].join("\n");
}

function sampleText({ samples }: LoadReport, paint: Paint): string {
  return samples
    .slice(0, 3)
    .map(({ name, trace, responseMs, serverTiming }) => {
      const server = serverTiming === undefined ? "" : `; the server says ${serverTiming}`;
      return paint("quiet", `slow: ${name} ${shownMs(responseMs)}, trace ${trace}${server}`);
    })
    .join("\n");
}

function generatorText({ generator, folded }: LoadReport, paint: Paint): string {
  const { workers, cpuMs, loopUtilisation, lag, connections } = generator;
  const lines = [
    `generator: ${counted(workers, "worker")}, ${humanDuration(cpuMs)} of processor, busiest loop ${Math.round(loopUtilisation * 100)} %, late by p99 ${shownMs(lag?.p99)}, ${counted(connections.opened, "connection")}${connections.retries > 0 ? `, ${connections.retries} sent again` : ""}`,
    ...Object.entries(folded).map(
      ([what, times]) => `too many ${what} to keep apart: ${times} counted together as (other)`,
    ),
  ];
  return lines.map((line) => paint("quiet", line)).join("\n");
}

/** Milliseconds for people: three digits, or seconds from ten seconds on. */
function shownMs(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} s`;
  return `${value >= 100 ? value.toFixed(0) : Number(value.toPrecision(2))} ms`;
}
