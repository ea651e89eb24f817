import type { Difference, Turn, TurnsVerdict } from "@muster/contract";
import { documentPage, section } from "../html/document.ts";
import { html, type Markup } from "../html/markup.ts";
import { mark } from "../html/page.ts";
import { type Mark, verdictParts } from "../reading/index.ts";
import { chart } from "./chart/frame.ts";
import { linearAxis, millisecondsText, shareText } from "./chart/scale.ts";
import { table } from "./tables.ts";

/** What a report of a comparison says beside the verdict. */
export interface ComparisonTerms {
  readonly muster: string;
  /** The verdict in one sentence. */
  readonly sentence: string;
  /** Names of the sides: addresses, or files. */
  readonly a: string;
  readonly b: string;
  /** What one point is: `turn`, or `slice of time`. */
  readonly unit: string;
  /** Why nothing can be said, if so. */
  readonly invalidBecause?: string | undefined;
}

const MARKS: Readonly<Record<TurnsVerdict["verdict"], Mark>> = {
  same: { shape: "disc", tone: "pass", word: "same" },
  better: { shape: "disc", tone: "pass", word: "better" },
  worse: { shape: "square", tone: "fail", word: "worse" },
  mixed: { shape: "square", tone: "fail", word: "mixed" },
};
const FEWEST_TURNS = 3;

/** Two sides that were loaded, and whether they differ, as one self-contained page. */
export function renderComparison(verdict: TurnsVerdict, terms: ComparisonTerms): string {
  const { muster, sentence, a, b, unit, invalidBecause } = terms;
  const { shape, tone } =
    invalidBecause === undefined ? MARKS[verdict.verdict] : ({ shape: "ring", tone: "unknown" } as const);
  const { word, rest } = verdictParts(sentence);
  return documentPage({
    title: `Comparison: ${sentence}`,
    muster,
    line: html`<strong>Load comparison</strong><span>a ${a}</span><span>b ${b}</span>`,
    main: html`<section class="verdict" aria-label="Verdict">
        <h1 class="verdict-sentence" data-tone="${tone}">
          ${mark(shape)}<span><span class="verdict-word">${word}</span>${rest !== "" && html`: ${rest}`}</span>
        </h1>
        <dl class="points">
          <div>
            <dt>a</dt>
            <dd>${a}</dd>
          </div>
          <div>
            <dt>b, which is judged</dt>
            <dd>${b}</dd>
          </div>
          <div>
            <dt>Would have shown</dt>
            <dd>
              ${verdict.detectable === undefined ? "not known: too few of them" : `a change of the median by ${shareText(verdict.detectable)} or more, nine times in ten`}
            </dd>
          </div>
        </dl>
      </section>
      ${section("figures", "What differs", undefined, differenceTable(verdict.differences))}
      ${section("turns", `Every ${unit}`, undefined, turnCharts(verdict, unit))}`,
    foot: html`<p>
        Each ${unit} counts as one value, because requests within it are not independent. Times are judged with the
        Mann–Whitney test, errors with Fisher's, with all figures that are looked at taken into account.
      </p>
      <p>Written by Muster ${muster}.</p>`,
  });
}

function differenceTable(differences: readonly Difference[]): Markup {
  return table(
    "figure",
    [
      { title: "figure", cell: ({ figure }) => figure },
      { title: "a", cell: ({ figure, a }) => shown(figure, a) },
      { title: "b", cell: ({ figure, b }) => shown(figure, b) },
      { title: "b to a", cell: ({ effect }) => (effect === undefined ? "–" : signed(effect)) },
      {
        title: "95 % interval",
        cell: ({ interval }) => (interval === undefined ? "–" : `${signed(interval.low)} to ${signed(interval.high)}`),
      },
      { title: "by chance", cell: ({ pValue }) => (pValue < 0.0001 ? "p < 0.0001" : `p = ${pValue.toFixed(4)}`) },
      {
        title: "verdict",
        words: true,
        cell: ({ different }) => (different ? html`<strong>different</strong>` : "no difference seen"),
      },
    ],
    differences,
  );
}

function turnCharts({ sides }: TurnsVerdict, unit: string): Markup {
  const fewest = Math.min(sides.a.length, sides.b.length);
  if (fewest < FEWEST_TURNS) return html`<p class="plot-none">Too little to draw: ${fewest} on the smaller side.</p>`;
  return html`<div class="plots">${(["p50", "p95"] as const).map((figure) => turnChart(figure, sides, unit))}</div>`;
}

function turnChart(figure: "p50" | "p95", { a, b }: TurnsVerdict["sides"], unit: string): Markup {
  const x = linearAxis(Math.max(a.length, b.length), 6);
  const most = Math.max(0, ...[...a, ...b].map((turn) => turn[figure] ?? 0));
  const y = linearAxis(most);
  const dots = (turns: readonly Turn[], side: "a" | "b") =>
    turns.flatMap((turn, index) => {
      const value = turn[figure];
      if (value === undefined) return [];
      const text = `${side}, ${unit} ${index + 1}: ${millisecondsText(value)}`;
      return [{ x: x.scale(index + 1), y: y.scale(value), style: `dot-${side}`, text }];
    });
  return chart({
    title: `${figure} of each ${unit}`,
    summary: `${a.length} of a and ${b.length} of b, up to ${millisecondsText(most)}`,
    x: { ...x, ticks: x.ticks.filter((tick) => Number.isInteger(tick)) },
    y,
    xText: String,
    yText: millisecondsText,
    content: [],
    points: [...dots(a, "a"), ...dots(b, "b")],
    legend: [
      { style: "dot-a", label: "a" },
      { style: "dot-b", label: "b" },
    ],
  });
}

function shown(figure: Difference["figure"], value: number | undefined): string {
  if (value === undefined) return "–";
  return figure === "errors" ? shareText(value) : millisecondsText(value);
}

function signed(share: number): string {
  return `${share > 0 ? "+" : ""}${(share * 100).toFixed(1)} %`;
}
