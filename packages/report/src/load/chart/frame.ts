import { html, type Markup } from "../../html/markup.ts";
import type { Axis } from "./scale.ts";

/** Height of what is drawn, in px; below it stands the axis of time. */
export const PLOT_HEIGHT = 168;
const AXIS_HEIGHT = 22;
/** Room above the highest line, for its label. */
const TOP = 10;

/** A line across the chart that something must stay below or above. */
export interface Limit {
  readonly value: number;
  readonly label: string;
  readonly ok: boolean;
}

/** A moment that is marked on the axis of time. */
export interface Moment {
  readonly at: number;
  readonly label: string;
}

/** What a chart is made of, whatever is drawn in it. Heights are shares of the plot, from its foot. */
export interface Frame {
  readonly title: string;
  /** What the chart shows in one sentence, for who cannot see it. */
  readonly summary: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly xText: (value: number) => string;
  readonly yText: (value: number) => string;
  readonly limits?: readonly Limit[];
  readonly moments?: readonly Moment[];
  /** Drawn in a box of 1000 by 1000 that is stretched to the plot; its origin is above left. */
  readonly content: readonly Markup[];
  /** Single points, which stay round whatever the width; both are shares of the plot. */
  readonly points?: readonly {
    readonly x: number;
    readonly y: number;
    readonly style: string;
    readonly text: string;
  }[];
  /** Transparent strips that say what stands at a place when the pointer rests there. */
  readonly hints?: readonly { readonly from: number; readonly to: number; readonly text: string }[];
  readonly legend?: readonly { readonly style: string; readonly label: string }[];
  readonly notes?: readonly string[];
}

/** A chart with axes, lines and labels. Sizes of text and lines do not change with the width. */
export function chart(frame: Frame): Markup {
  const { x, y, limits = [], moments = [], notes = [] } = frame;
  const yAt = (value: number): number => round(TOP + (1 - y.scale(value)) * PLOT_HEIGHT);
  const foot = TOP + PLOT_HEIGHT;
  return html`<figure class="plot">
    <figcaption>
      <h3>${frame.title}</h3>
      ${legend(frame)}
    </figcaption>
    <div class="plot-body">
      <svg class="plot-scale" height="${foot + AXIS_HEIGHT}" aria-hidden="true" focusable="false">
        ${y.ticks.map((tick) => html`<text x="100%" y="${yAt(tick)}" dy="0.32em" text-anchor="end">${frame.yText(tick)}</text>`)}
      </svg>
      <svg class="plot-plot" height="${foot + AXIS_HEIGHT}" role="img" aria-label="${frame.title}: ${frame.summary}">
        ${y.ticks.map((tick) => html`<line class="plot-rule" x1="0" x2="100%" y1="${yAt(tick)}" y2="${yAt(tick)}" />`)}
        ${moments.map((moment) => html`<line class="plot-moment" x1="${percent(x.scale(moment.at))}" x2="${percent(x.scale(moment.at))}" y1="${TOP}" y2="${foot}" />`)}
        <svg x="0" y="${TOP}" width="100%" height="${PLOT_HEIGHT}" viewBox="0 0 1000 1000" preserveAspectRatio="none">
          ${frame.content}
          ${limits.map((limit) => html`<line class="plot-limit" data-tone="${limit.ok ? "pass" : "fail"}" x1="0" x2="1000" y1="${round((1 - y.scale(limit.value)) * 1_000)}" y2="${round((1 - y.scale(limit.value)) * 1_000)}" />`)}
          ${(frame.hints ?? []).map((hint) => html`<rect class="plot-hint" x="${round(hint.from * 1_000)}" y="0" width="${round((hint.to - hint.from) * 1_000)}" height="1000"><title>${hint.text}</title></rect>`)}
        </svg>
        ${(frame.points ?? []).map((point) => html`<circle class="${point.style}" cx="${percent(point.x)}" cy="${round(TOP + (1 - point.y) * PLOT_HEIGHT)}" r="4"><title>${point.text}</title></circle>`)}
        ${limits.map((limit) => html`<text class="plot-limit-label" data-tone="${limit.ok ? "pass" : "fail"}" x="100%" dx="-4" y="${limitLabelAt(yAt(limit.value))}" text-anchor="end">${limit.label}</text>`)}
        ${timeLabels(frame, foot)}
      </svg>
    </div>
    ${notes.map((note) => html`<p class="plot-note">${note}</p>`)}
  </figure>`;
}

/** Above its line, but never outside the chart. */
function limitLabelAt(y: number): number {
  return y < TOP + 14 ? y + 14 : y - 5;
}

function timeLabels({ x, xText }: Frame, foot: number): Markup[] {
  return x.ticks.map((tick) => {
    const at = x.scale(tick);
    const anchor = at < 0.04 ? "start" : at > 0.96 ? "end" : "middle";
    return html`<line class="plot-tick" x1="${percent(at)}" x2="${percent(at)}" y1="${foot}" y2="${foot + 4}" /><text
        x="${percent(at)}"
        y="${foot + 17}"
        text-anchor="${anchor}"
        >${xText(tick)}</text
      >`;
  });
}

function legend({ legend: entries = [] }: Frame): Markup | false {
  return (
    entries.length > 0 &&
    html`<ul class="plot-legend">
      ${entries.map(
        ({ style, label }) =>
          html`<li>
            <svg class="plot-key" viewBox="0 0 20 8" aria-hidden="true" focusable="false">${keyOf(style)}</svg>${label}
          </li>`,
      )}
    </ul>`
  );
}

function keyOf(style: string): Markup {
  if (style.startsWith("area")) return html`<rect class="${style}" x="0" y="1" width="20" height="6" />`;
  if (style.startsWith("dot")) return html`<circle class="${style}" cx="10" cy="4" r="3.5" />`;
  return html`<path class="${style}" d="M0 4h20" />`;
}

/** Points as a line in the box of 1000 by 1000. A point without a value interrupts it: a gap is not zero. */
export function linePath(points: readonly { readonly x: number; readonly y: number | undefined }[]): string {
  let path = "";
  let drawing = false;
  for (const { x, y } of points) {
    if (y === undefined) {
      drawing = false;
      continue;
    }
    path += `${drawing ? "L" : "M"}${round(x * 1_000)} ${round((1 - y) * 1_000)}`;
    // A point that stands alone between gaps is drawn as a short stroke, or it would not be seen.
    if (!drawing) path += "h0.5";
    drawing = true;
  }
  return path;
}

/** The area under points, down to the foot. */
export function areaPath(points: readonly { readonly x: number; readonly y: number }[]): string {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return "";
  const line = points.map(({ x, y }) => `L${round(x * 1_000)} ${round((1 - y) * 1_000)}`).join("");
  return `M${round(first.x * 1_000)} 1000${line}L${round(last.x * 1_000)} 1000Z`;
}

export function percent(share: number): string {
  return `${round(share * 100)}%`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
