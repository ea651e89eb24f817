import type { LoadReport, ThresholdResult } from "@muster/contract";
import { html, type Markup } from "../html/markup.ts";
import { areaPath, chart, type Frame, type Limit, linePath, round } from "./chart/frame.ts";
import {
  type Axis,
  linearAxis,
  logAxis,
  millisecondsText,
  shareText,
  sinceStartText,
  tickText,
  timeAxis,
} from "./chart/scale.ts";
import { type CoursePoint, courseOf, FEWEST_SLICES, heatmapOf, heatStrength } from "./course.ts";

/** A threshold that lies so many times above everything that was seen would press the lines onto the foot. */
const FARTHEST_LIMIT = 4;
/** Strips that answer the pointer; more of them than pixels help nobody. */
const MOST_HINTS = 200;
/** Marks of stages beyond this would cover what they explain. */
const MOST_MARKS = 12;

/**
 * The heatmap of a run as HTML, for a page that has `charts.css`; undefined where there is too little to draw. Every text
 * in it is escaped.
 */
export function heatmapHtml(report: LoadReport): string | undefined {
  const course = courseOf(report);
  if (course.filter(({ slice }) => slice.requests > 0).length < FEWEST_SLICES) return undefined;
  const drawn = heatmapChart(report, course, timeAxis(report.durationMs));
  return drawn === false ? undefined : drawn.toString();
}

/** The course of a run in charts; a sentence where there is too little of it. */
export function courseCharts(report: LoadReport): Markup {
  const course = courseOf(report);
  if (course.filter(({ slice }) => slice.requests > 0).length < FEWEST_SLICES) {
    return html`<p class="plot-none">
      Too short to draw: answers came in fewer than ${FEWEST_SLICES} slices of ${sinceStartText(report.sliceMs)}. The
      tables below have all there is.
    </p>`;
  }
  const x = timeAxis(report.durationMs);
  return html`<div class="plots">
    ${throughputChart(report, course, x)} ${latencyChart(report, course, x)} ${errorsChart(report, course, x)}
    ${usersChart(report, course, x)} ${heatmapChart(report, course, x)}
  </div>`;
}

function throughputChart(report: LoadReport, course: readonly CoursePoint[], x: Axis): Markup {
  const most = Math.max(...course.map((point) => point.perSecond));
  const { limits, far } = limitsOf(
    report,
    (figure) => figure === "rate",
    most,
    (value) => `${tickText(value)}/s`,
  );
  const y = linearAxis(Math.max(most, ...limits.map((limit) => limit.value)));
  const points = course.map((point) => ({ x: x.scale(point.atMs), y: y.scale(point.perSecond) }));
  const failing = course.map((point) => ({
    x: x.scale(point.atMs),
    y: y.scale(point.perSecond * (point.failedShare ?? 0)),
  }));
  const failed = report.total.failed > 0;
  return chart({
    ...time(report, x),
    title: "Throughput",
    summary: `${tickText(report.total.perSecond)} requests per second over the whole run, at most ${tickText(most)} in a slice; ${report.total.failed} failed`,
    y,
    yText: tickText,
    limits,
    content: [
      html`<path class="area-all" d="${areaPath(points)}" />`,
      html`<path class="line-all" d="${linePath(points)}" />`,
      ...(failed ? [html`<path class="area-failed" d="${areaPath(failing)}" />`] : []),
    ],
    hints: hints(
      course,
      x,
      ({ perSecond, failedShare }) =>
        `${tickText(perSecond)}/s${failedShare === undefined ? "" : `, ${shareText(failedShare)} failed`}`,
    ),
    legend: [
      { style: "area-all", label: "requests per second" },
      ...(failed ? [{ style: "area-failed", label: "of which failed" }] : []),
    ],
    notes: far,
  });
}

const PERCENTILES = [
  { key: "p50", style: "line-p50" },
  { key: "p95", style: "line-p95" },
  { key: "p99", style: "line-p99" },
] as const;

function latencyChart(report: LoadReport, course: readonly CoursePoint[], x: Axis): Markup {
  const most = Math.max(0, ...course.map(({ slice }) => slice.p99 ?? slice.p95 ?? slice.p50 ?? 0));
  const { limits, far } = limitsOf(report, (figure) => figure.startsWith("response "), most, millisecondsText);
  const y = linearAxis(Math.max(most, ...limits.map((limit) => limit.value)));
  const { response } = report.total;
  return chart({
    ...time(report, x),
    title: "Response time",
    summary: `p50 ${millisecondsText(response?.p50)}, p95 ${millisecondsText(response?.p95)}, p99 ${millisecondsText(response?.p99)}, at most ${millisecondsText(response?.max)}`,
    y,
    yText: millisecondsText,
    limits,
    content: PERCENTILES.map(
      ({ key, style }) =>
        html`<path
          class="${style}"
          d="${linePath(course.map(({ atMs, slice }) => ({ x: x.scale(atMs), y: shareOn(y, slice[key]) })))}"
        />`,
    ),
    hints: hints(course, x, ({ slice }) =>
      PERCENTILES.map(({ key }) => `${key} ${millisecondsText(slice[key])}`).join(", "),
    ),
    legend: PERCENTILES.map(({ key, style }) => ({ style, label: key })),
    notes: far,
  });
}

function errorsChart(report: LoadReport, course: readonly CoursePoint[], x: Axis): Markup | false {
  if (report.total.failed === 0)
    return html`<p class="plot-none">No request failed, so there are no errors to draw.</p>`;
  const most = Math.max(...course.map((point) => point.failedShare ?? 0));
  const { limits, far } = limitsOf(report, (figure) => figure === "errors", most, shareText);
  const axis = linearAxis(Math.max(most, ...limits.map((limit) => limit.value)) * 100);
  const y = { scale: (share: number) => axis.scale(share * 100), ticks: axis.ticks.map((tick) => tick / 100) };
  return chart({
    ...time(report, x),
    title: "Errors",
    summary: `${report.total.failed} of ${report.total.requests} requests failed, at most ${shareText(most)} in a slice`,
    y,
    yText: shareText,
    limits,
    content: [
      html`<path
        class="line-failed"
        d="${linePath(course.map(({ atMs, failedShare }) => ({ x: x.scale(atMs), y: shareOn(y, failedShare) })))}"
      />`,
    ],
    hints: hints(course, x, ({ failedShare, slice }) =>
      failedShare === undefined ? "no requests" : `${slice.failed} of ${slice.requests} failed`,
    ),
    legend: [{ style: "line-failed", label: "share of requests that failed" }],
    notes: far,
  });
}

function usersChart(report: LoadReport, course: readonly CoursePoint[], x: Axis): Markup | false {
  const most = Math.max(...course.map(({ slice }) => slice.users));
  if (most === 0) return false;
  const y = linearAxis(most, Math.min(4, most));
  const points = course.map(({ atMs, slice }) => ({ x: x.scale(atMs), y: y.scale(slice.users) }));
  return chart({
    ...time(report, x),
    title: "Users at work",
    summary: `at most ${most} at the same time`,
    y,
    yText: tickText,
    content: [html`<path class="line-all" d="${linePath(points)}" />`],
    hints: hints(course, x, ({ slice }) => `${slice.users} users`),
  });
}

function heatmapChart(report: LoadReport, course: readonly CoursePoint[], x: Axis): Markup | false {
  const heatmap = heatmapOf(report);
  if (heatmap === undefined) return false;
  const { lowMs, highMs, columnMs, rows, most, cells } = heatmap;
  const y = logAxis(lowMs, highMs);
  const ends = y.ticks.length >= 2 ? y : { ...y, ticks: [lowMs, highMs] };
  const { limits } = limitsOf(report, (figure) => figure.startsWith("response "), highMs, millisecondsText, 1);
  const inside = limits.filter(({ value }) => value >= lowMs);
  return chart({
    ...time(report, x),
    title: "How the response times spread",
    summary: `every answer by when it came and how long it took, from ${millisecondsText(lowMs)} to ${millisecondsText(highMs)}`,
    y: ends,
    yText: millisecondsText,
    limits: inside,
    content: [
      ...cells.map(({ column, row, count }) => {
        const left = x.scale(column * columnMs) * 1_000;
        const right = x.scale((column + 1) * columnMs) * 1_000;
        const height = 1_000 / rows;
        const text = `${count} answers, ${sinceStartText(column * columnMs)}, ${millisecondsText(lowMs * 2 ** (row / 2))} to ${millisecondsText(lowMs * 2 ** ((row + 1) / 2))}`;
        return html`<rect
          class="heat"
          x="${round(left)}"
          y="${round(1_000 - (row + 1) * height)}"
          width="${round(right - left)}"
          height="${round(height)}"
          fill-opacity="${heatStrength(count, most).toFixed(2)}"
          ><title>${text}</title></rect
        >`;
      }),
      ...PERCENTILES.map(
        ({ key, style }) =>
          html`<path
            class="${style} on-heat"
            d="${linePath(course.map(({ atMs, slice }) => ({ x: x.scale(atMs), y: shareOn(y, slice[key]) })))}"
          />`,
      ),
    ],
    legend: [
      { style: "area-heat", label: "the darker, the more answers" },
      ...PERCENTILES.map(({ key, style }) => ({ style, label: key })),
    ],
  });
}

function shareOn(axis: Axis, value: number | undefined): number | undefined {
  return value === undefined ? undefined : axis.scale(value);
}

/** What every chart over time has. */
function time(report: LoadReport, x: Axis): Pick<Frame, "x" | "xText" | "moments"> {
  const stages = (report.stages ?? []).filter(({ atMs }) => atMs > 0 && atMs < report.durationMs);
  const moments = stages.length <= MOST_MARKS ? stages.map(({ atMs, label }) => ({ at: atMs, label })) : [];
  return { x, xText: sinceStartText, moments };
}

function hints(
  course: readonly CoursePoint[],
  x: Axis,
  text: (point: CoursePoint) => string,
): NonNullable<Frame["hints"]> {
  const every = Math.ceil(course.length / MOST_HINTS);
  const shown = course.filter((_point, index) => index % every === 0);
  return shown.map((point, index) => ({
    from: x.scale(point.slice.atMs),
    to: x.scale(shown[index + 1]?.slice.atMs ?? Number.POSITIVE_INFINITY),
    text: `${sinceStartText(point.slice.atMs)}: ${text(point)}`,
  }));
}

/** Thresholds about the whole run as lines; those far above what was seen as words. */
function limitsOf(
  { thresholds }: LoadReport,
  concerns: (figure: string) => boolean,
  most: number,
  shown: (value: number) => string,
  farthest = FARTHEST_LIMIT,
): { limits: Limit[]; far: string[] } {
  const limits: Limit[] = [];
  const far: string[] = [];
  for (const threshold of thresholds.filter((each) => concerns(each.figure) && isGlobal(each))) {
    const { text, limit, ok } = threshold;
    if (limit <= most * farthest) limits.push({ value: limit, label: text, ok });
    else far.push(`The threshold ${text} lies far above the chart: at most ${shown(most)} was seen.`);
  }
  return { limits, far };
}

function isGlobal({ text }: ThresholdResult): boolean {
  return !/ for (scenario|step|tag) /.test(text);
}
