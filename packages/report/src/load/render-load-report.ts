import type { LoadReport, RequestFigures } from "@muster/contract";
import { documentPage, foldedSection, section } from "../html/document.ts";
import { html, type Markup } from "../html/markup.ts";
import { mark, time } from "../html/page.ts";
import { type Mark, tookText, verdictParts } from "../reading/index.ts";
import { millisecondsText, shareText, sinceStartText, tickText } from "./chart/scale.ts";
import { courseCharts } from "./charts.ts";
import { courseTable, figuresTable, table, thresholdList, timesTable } from "./tables.ts";

const MARKS: Readonly<Record<LoadReport["verdict"], Mark>> = {
  passed: { shape: "disc", tone: "pass", word: "passed" },
  failed: { shape: "square", tone: "fail", word: "failed" },
  invalid: { shape: "ring", tone: "unknown", word: "invalid" },
};
const MOST_MESSAGES = 50;

/**
 * The report of a load test as one self-contained page: the verdict and the thresholds first, then the course in
 * charts, errors, slow requests, figures, and how the generator itself fared.
 * @param muster version of Muster that writes it.
 */
export function renderLoadReport(report: LoadReport, muster: string): string {
  const { total, tags, custom, folded, stages = [] } = report;
  const rows: (RequestFigures & { readonly indent?: boolean })[] = report.scenarios.flatMap((scenario) => [
    { ...scenario.total, name: scenario.name },
    ...scenario.steps.map((step) => ({ ...step, indent: true })),
  ]);
  const checks = report.scenarios.flatMap((scenario) =>
    scenario.checks.map((check) => ({ ...check, scenario: scenario.name })),
  );
  return documentPage({
    title: `Load on ${report.target}: ${report.sentence}`,
    muster,
    line: html`<strong>Load test</strong><span>${report.target}</span><span>${time(report.startedAt)}</span>`,
    main: html`${head(report)} ${section("thresholds", "Thresholds", report.thresholds.length, thresholdList(report))}
    ${section("course", "Course of the run", undefined, html`${courseCharts(report)} ${stages.length > 0 && stageList(report)}`)}
    ${(total.failed > 0 || report.messages.length > 0) && section("errors", "What went wrong", undefined, errors(report))}
    ${report.samples.length > 0 && section("slow", "Slow requests to look into", report.samples.length, samples(report))}
    ${section("times", "Where the time went", undefined, timesTable(report))}
    ${section("steps", "Scenarios and steps", undefined, figuresTable("scenario and step", [{ ...total, name: "all requests" }, ...rows]))}
    ${checks.length > 0 && section("checks", "Checks", checks.length, checkTable(checks))}
    ${section("iterations", "Iterations", undefined, iterationTable(report))}
    ${tags.length > 0 && section("tags", "Tags", tags.length, figuresTable("tag", tags))}
    ${custom.length > 0 && section("custom", "Figures of the scenarios' own", custom.length, customTable(report))}
    ${Object.keys(folded).length > 0 && section("folded", "What was not kept apart", undefined, foldedList(report))}
    ${section("generator", "The generator itself", undefined, generator(report))}
    ${foldedSection("numbers", "The course in numbers", undefined, courseTable(report))}
    ${section("environment", "Where it ran", undefined, environment(report))}`,
    foot: html`<p>
        Response times count from the instant at which the schedule called for a request, so a service that stalls
        cannot hide it. Percentiles are read from whole histograms and never averaged.
      </p>
      <p>Written by Muster ${muster}.</p>`,
  });
}

function head(report: LoadReport): Markup {
  const { shape, tone } = MARKS[report.verdict];
  // A number and its sign stay on one line.
  const { word, rest } = verdictParts(report.sentence.replaceAll(" %", "\u00A0%"));
  const { total } = report;
  return html`<section class="verdict" aria-label="Verdict">
    <h1 class="verdict-sentence" data-tone="${tone}">
      ${mark(shape)}<span><span class="verdict-word">${word}</span>${rest !== "" && html`: ${rest}`}</span>
    </h1>
    ${
      report.reasons.length > 0 &&
      html`<ul class="reasons" data-tone="${tone}">
        ${report.reasons.map((reason) => html`<li class="seen">${reason}</li>`)}
      </ul>`
    }
    ${report.partial && html`<p class="soft">This is a part of the run only: it ended before its plan did, or lost a part of its generator.</p>`}
    <dl class="key-figures">
      ${keyFigure("throughput", `${tickText(total.perSecond)}/s`, `${total.requests.toLocaleString("en-GB")} requests in ${tookText(report.durationMs)}`)}
      ${keyFigure("p50", millisecondsText(total.response?.p50), "half of the requests")}
      ${keyFigure("p95", millisecondsText(total.response?.p95), "95 of 100")}
      ${keyFigure("p99", millisecondsText(total.response?.p99), `the slowest ${millisecondsText(total.response?.max)}`)}
      ${keyFigure("errors", total.requests === 0 ? "–" : shareText(total.failed / total.requests), `${total.failed.toLocaleString("en-GB")} requests`)}
      ${total.apdex !== undefined && keyFigure("Apdex", total.apdex.toFixed(2), "1 is everybody satisfied")}
    </dl>
  </section>`;
}

function keyFigure(name: string, value: string, says: string): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
    <dd class="said">${says}</dd>
  </div>`;
}

function stageList({ stages = [] }: LoadReport): Markup {
  return html`<p class="soft small">
    Stages of the plan, dotted in the charts:
    ${stages.map(({ atMs, label }) => `${sinceStartText(atMs)} ${label}`).join(" · ")}
  </p>`;
}

function errors({ total, messages, failures = [] }: LoadReport): Markup {
  const kinds = Object.entries(total.errors).sort((a, b) => b[1] - a[1]);
  const statuses = Object.entries(total.statuses).filter(([status]) => Number(status) >= 400);
  const shown = messages.slice(0, MOST_MESSAGES);
  return html`${
    kinds.length > 0 &&
    html`<p>
      By kind:
      ${kinds.map(([kind, count]) => `${kind} ${count.toLocaleString("en-GB")}`).join(", ")}${statuses.length > 0 && `; by status: ${statuses.map(([status, count]) => `${status} ${count.toLocaleString("en-GB")}`).join(", ")}`}
    </p>`
  }
  ${
    shown.length > 0 &&
    table(
      "What failed requests and iterations said",
      [
        { title: "what was said", cell: ({ message }) => html`<code>${message}</code>` },
        { title: "times", cell: ({ count }) => count.toLocaleString("en-GB") },
      ],
      shown,
    )
  }
  ${messages.length > shown.length && html`<p class="soft">and ${messages.length - shown.length} other messages, which the JSON of the run has</p>`}
  ${
    failures.length > 0 &&
    table(
      "Failed requests to look into",
      [
        { title: "failed request", cell: ({ name }) => name },
        { title: "how", words: true, cell: ({ failure }) => failure ?? "–" },
        { title: "took", cell: ({ responseMs }) => millisecondsText(responseMs) },
        {
          title: "the server's own account",
          words: true,
          cell: ({ serverTiming }) => html`<code>${serverTiming ?? "–"}</code>`,
        },
        { title: "trace", words: true, cell: ({ trace }) => html`<code>${trace}</code>` },
      ],
      failures,
    )
  }`;
}

function samples({ samples: slowest }: LoadReport): Markup {
  return table(
    "Slow requests to look into",
    [
      { title: "request", cell: ({ name }) => name },
      { title: "took", cell: ({ responseMs }) => millisecondsText(responseMs) },
      {
        title: "the server's own account",
        words: true,
        cell: ({ serverTiming }) => html`<code>${serverTiming ?? "–"}</code>`,
      },
      { title: "trace", words: true, cell: ({ trace }) => html`<code>${trace}</code>` },
    ],
    slowest,
  );
}

function checkTable(
  checks: readonly {
    readonly name: string;
    readonly scenario: string;
    readonly passed: number;
    readonly failed: number;
  }[],
): Markup {
  return table(
    "Checks",
    [
      { title: "check", cell: ({ name }) => name },
      { title: "scenario", words: true, cell: ({ scenario }) => scenario },
      { title: "passed", cell: ({ passed }) => passed.toLocaleString("en-GB") },
      {
        title: "failed",
        cell: ({ failed }) =>
          failed === 0 ? "0" : html`<strong class="bad">${failed.toLocaleString("en-GB")}</strong>`,
      },
    ],
    checks,
  );
}

function iterationTable({ scenarios }: LoadReport): Markup {
  return table(
    "Iterations",
    [
      { title: "scenario", cell: ({ name }) => name },
      ...(["completed", "failed", "interrupted", "missed"] as const).map((key) => ({
        title: key,
        cell: ({ iterations }: (typeof scenarios)[number]) => iterations[key].toLocaleString("en-GB"),
      })),
      ...(["p50", "p95", "max"] as const).map((key) => ({
        title: key,
        cell: ({ iteration }: (typeof scenarios)[number]) => millisecondsText(iteration?.[key]),
      })),
    ],
    scenarios,
  );
}

function customTable({ custom }: LoadReport): Markup {
  return table(
    "Figures of the scenarios' own",
    [
      { title: "name", cell: ({ name }) => name },
      { title: "kind", words: true, cell: ({ kind }) => kind },
      {
        title: "value",
        cell: (figure) => {
          if (figure.kind === "counter") return tickText(figure.total);
          if (figure.kind === "gauge") return `${figure.last} (${figure.min} to ${figure.max})`;
          const { values } = figure;
          if (values === undefined) return "nothing recorded";
          const [mean, p95, max] = [values.mean, values.p95, values.max].map((each) => Number(each.toPrecision(4)));
          return `mean ${mean}, p95 ${p95}, max ${max}`;
        },
      },
    ],
    custom,
  );
}

function foldedList({ folded }: LoadReport): Markup {
  return html`<p>
    To keep memory bounded, what came after the limit was counted together as <code>(other)</code>:
    ${Object.entries(folded)
      .map(([what, times]) => `${times.toLocaleString("en-GB")} × ${what}`)
      .join(", ")}.
  </p>`;
}

/** Whether the generator can be believed: what it says about itself. */
function generator({ generator: own, verdict, total }: LoadReport): Markup {
  const { workers, cpuMs, loopUtilisation, gcMs, gcMaxMs, lag, connections } = own;
  const valid = verdict !== "invalid";
  return html`<p data-tone="${valid ? "pass" : "unknown"}">
      <span class="status">${mark(valid ? "disc" : "ring")}${valid ? "valid" : "not valid"}</span>
      <span class="soft"
        >${valid ? "the generator kept up, so the figures are the service's" : "the generator was the bottleneck or was lost: the figures say nothing about the service"}</span
      >
    </p>
    <dl class="points">
      ${fact("Workers", String(workers))}
      ${fact("Processor", `${millisecondsText(cpuMs)}, the busiest loop at ${shareText(loopUtilisation)}`)}
      ${fact("Garbage collection", `${millisecondsText(gcMs)} in all, the longest pause ${millisecondsText(gcMaxMs)}`)}
      ${fact("Noticed what was due", lag === undefined ? "not known" : `late by p50 ${millisecondsText(lag.p50)}, p99 ${millisecondsText(lag.p99)}`)}
      ${fact("Connections", `${connections.opened.toLocaleString("en-GB")} opened, ${connections.failed.toLocaleString("en-GB")} failed, ${connections.retries.toLocaleString("en-GB")} requests sent again`)}
      ${fact("Bytes", `${bytes(total.bytesOut)} sent, ${bytes(total.bytesIn)} received`)}
    </dl>`;
}

function environment({ environment: facts, startedAt, durationMs, target }: LoadReport): Markup {
  return html`<dl class="points">
    ${fact("Target", target)} ${fact("Began", time(startedAt))} ${fact("Lasted", tookText(durationMs))}
    ${Object.entries(facts).map(([name, value]) => fact(name, value))}
  </dl>`;
}

function fact(name: string, value: string | Markup): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}
