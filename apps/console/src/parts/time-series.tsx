import { Table2 } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./time-series.css";
import { clockText } from "../time/local-text.ts";
import { chartNumber, scaleEnd, type Series, seriesSummary, unknownStretches } from "./series.ts";

const HEIGHT = 168;
/** The first line is the one that is asked about; what it is compared with steps back. */
const INKS = ["--accent", "--ink-soft", "--ink-faint"] as const;
const DASHES = [undefined, [5, 3], [2, 3]] as const;

export interface TimeSeriesProps {
  readonly title: string;
  readonly unit: string;
  /** Positions on the axis: milliseconds since the epoch, or any numbers when `axis` says so. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  /** Whether anything is known of each position. What is not is hatched: it is neither nothing nor good. */
  readonly known?: readonly boolean[];
  readonly threshold?: { readonly value: number; readonly label: string };
  readonly axis?: "time" | "number";
  readonly axisLabel?: string;
}

/** Lines over time, with a table of the same numbers for whoever reads better there. */
export function TimeSeries(props: TimeSeriesProps) {
  const { title, unit, at, series, known = at.map(() => true), axis = "time", axisLabel = "Time" } = props;
  const [asTable, setAsTable] = useState(false);
  const [pointed, setPointed] = useState<number>();
  const heading = useId();
  const place = axis === "time" ? clockText : chartNumber;
  const summary = seriesSummary(title, unit, series, known);
  const shown = pointed !== undefined && pointed < at.length ? pointed : undefined;

  return (
    <figure className="chart" aria-labelledby={heading}>
      <figcaption className="chart-head">
        <h3 id={heading}>{title}</h3>
        <ul className="chart-keys">
          {series.map(({ label, values }, index) => (
            <li key={label} className="chart-key" data-line={Math.min(index, INKS.length - 1)}>
              <span className="soft">{label}</span>
              <span className="mono">{reading(values, shown)}</span>
            </li>
          ))}
          <li className="faint small">
            {unit}
            {shown === undefined ? "" : `, ${axis === "time" ? "at " : ""}${place(at[shown] ?? 0)}`}
          </li>
        </ul>
        <button
          type="button"
          className="icon-button"
          aria-pressed={asTable}
          title={asTable ? "Show as chart" : "Show as table"}
          onClick={() => setAsTable(!asTable)}
        >
          <Table2 size={14} aria-hidden="true" />
          <span className="hidden-text">{title} as a table</span>
        </button>
      </figcaption>
      {asTable ? (
        <SeriesTable {...props} known={known} heading={heading} axisLabel={axisLabel} place={place} />
      ) : at.length < 2 ? (
        <p className="chart-empty faint">Too little is known yet to draw a line.</p>
      ) : (
        <Canvas {...props} known={known} axis={axis} summary={summary} onPoint={setPointed} />
      )}
    </figure>
  );
}

function reading(values: readonly (number | null)[], index: number | undefined): string {
  const value = index === undefined ? values.findLast((each) => each !== null) : values[index];
  return value === null || value === undefined ? "–" : chartNumber(value);
}

function SeriesTable({
  at,
  series,
  known,
  heading,
  axisLabel,
  place,
}: TimeSeriesProps & {
  readonly known: readonly boolean[];
  readonly heading: string;
  readonly axisLabel: string;
  readonly place: (value: number) => string;
}) {
  const newestFirst = at.map((_, index) => index).toReversed();
  return (
    <div className="chart-table" tabIndex={0} role="region" aria-labelledby={heading}>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">{axisLabel}</th>
            {series.map(({ label }) => (
              <th key={label} scope="col" className="number">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newestFirst.map((index) => (
            <tr key={index}>
              <th scope="row" className="mono">
                {place(at[index] ?? 0)}
              </th>
              {series.map(({ label, values }) => (
                <td key={label} className="number mono">
                  {known[index] === false ? "not known" : reading(values, index)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Canvas({
  at,
  series,
  known,
  threshold,
  axis,
  summary,
  onPoint,
}: TimeSeriesProps & {
  readonly known: readonly boolean[];
  readonly axis: "time" | "number";
  readonly summary: string;
  readonly onPoint: (index: number | undefined) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  // What the drawing reads, so that new numbers need no new chart.
  const latest = useRef({ at, series, known, threshold, onPoint });
  latest.current = { at, series, known, threshold, onPoint };
  const shape = `${axis} ${series.map(({ label }) => label).join("\n")}`;

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const ink = inkOf(element);
    const { series: lines } = latest.current;
    const font = `11px ${getComputedStyle(element).fontFamily}`;
    const chart = new UPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: {
          x: { time: axis === "time" },
          y: { range: () => [0, scaleEnd(latest.current.series, latest.current.threshold?.value)] },
        },
        axes: [
          {
            font,
            size: 26,
            gap: 4,
            space: 64,
            stroke: () => ink("--ink-faint"),
            grid: { show: false },
            ticks: { stroke: () => ink("--line"), width: 1, size: 4 },
            values: (_, places, _axis, _space, step) =>
              places.map((each) => (axis === "time" ? clockTick(each * 1_000, step) : chartNumber(each))),
          },
          {
            font,
            size: 46,
            gap: 4,
            space: 36,
            stroke: () => ink("--ink-faint"),
            grid: { stroke: () => ink("--line"), width: 1 },
            ticks: { show: false },
            values: (_, places) => places.map(chartNumber),
          },
        ],
        series: [
          {},
          ...lines.map((_, index) => {
            const place = Math.min(index, INKS.length - 1);
            const dash = DASHES[place];
            return {
              stroke: () => ink(INKS[place] ?? INKS[0]),
              width: 1.5,
              ...(dash ? { dash: [...dash] } : {}),
              points: { show: false },
            };
          }),
        ],
        hooks: {
          drawClear: [(drawn) => hatchUnknown(drawn, latest.current, ink)],
          draw: [(drawn) => drawThreshold(drawn, latest.current.threshold, ink, font)],
          setCursor: [(drawn) => latest.current.onPoint(drawn.cursor.idx ?? undefined)],
        },
      },
      dataOf(latest.current, axis),
      element,
    );
    plot.current = chart;
    const resized = new ResizeObserver(() =>
      chart.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }),
    );
    resized.observe(element);
    const redraw = (): void => chart.redraw(false);
    const themed = new MutationObserver(redraw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    return () => {
      resized.disconnect();
      themed.disconnect();
      dark.removeEventListener("change", redraw);
      chart.destroy();
      plot.current = undefined;
    };
  }, [shape, axis]);

  useEffect(() => {
    plot.current?.setData(dataOf({ at, series }, axis));
  }, [at, series, axis]);

  return <div ref={box} className="chart-canvas" role="img" aria-label={summary} />;
}

function dataOf({ at, series }: Pick<TimeSeriesProps, "at" | "series">, axis: "time" | "number"): UPlot.AlignedData {
  return [axis === "time" ? at.map((each) => each / 1_000) : [...at], ...series.map(({ values }) => [...values])];
}

type Ink = (token: string) => string;

/** Colours of the tokens as they are now; a canvas knows nothing of themes. */
function inkOf(element: HTMLElement): Ink {
  return (token) => {
    const before = element.style.color;
    element.style.color = `var(${token})`;
    const colour = getComputedStyle(element).color;
    element.style.color = before;
    return colour;
  };
}

function hatchUnknown(
  { ctx, bbox, valToPos, data }: UPlot,
  { known }: { readonly known: readonly boolean[] },
  ink: Ink,
): void {
  const [places] = data;
  const step = (places[1] ?? 0) - (places[0] ?? 0);
  ctx.save();
  ctx.strokeStyle = ink("--unknown");
  ctx.globalAlpha = 0.35;
  ctx.lineWidth = devicePixelRatio;
  for (const [from, to] of unknownStretches(known)) {
    const left = Math.max(bbox.left, valToPos((places[from] ?? 0) - step / 2, "x", true));
    const right = Math.min(bbox.left + bbox.width, valToPos((places[to] ?? 0) + step / 2, "x", true));
    if (right <= left) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    for (let x = left - bbox.height; x < right; x += 7 * devicePixelRatio) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}

function drawThreshold(
  { ctx, bbox, valToPos, scales }: UPlot,
  threshold: TimeSeriesProps["threshold"],
  ink: Ink,
  font: string,
): void {
  if (!threshold) return;
  const above = threshold.value > (scales["y"]?.max ?? 0);
  const y = above ? bbox.top : valToPos(threshold.value, "y", true);
  ctx.save();
  ctx.fillStyle = ink("--ink-soft");
  ctx.strokeStyle = ink("--ink-soft");
  ctx.lineWidth = devicePixelRatio;
  ctx.font = font.replace("11px", `${11 * devicePixelRatio}px`);
  ctx.textAlign = "right";
  // Above its line, where the axis is not.
  ctx.textBaseline = above ? "top" : "bottom";
  if (!above) {
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.fillText(
    above ? `${threshold.label}, above this chart ↑` : threshold.label,
    bbox.left + bbox.width,
    y + (above ? 3 : -3) * devicePixelRatio,
  );
  ctx.restore();
}

const MINUTES = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** A place on the axis of time, as exact as the steps between places are. */
function clockTick(at: number, stepSeconds: number): string {
  return stepSeconds < 60 ? clockText(at) : MINUTES.format(at);
}
