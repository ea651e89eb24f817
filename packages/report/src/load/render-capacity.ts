import type { Capacity } from "@muster/contract";
import { documentPage, section } from "../html/document.ts";
import { html, type Markup } from "../html/markup.ts";
import { mark } from "../html/page.ts";
import { verdictParts } from "../reading/index.ts";
import { chart, linePath } from "./chart/frame.ts";
import { linearAxis, logAxis, millisecondsText, tickText } from "./chart/scale.ts";
import { table } from "./tables.ts";

/** What a report of a capacity search says beside what was found. */
export interface CapacityTerms {
  readonly muster: string;
  readonly target: string;
  /** The verdict in one sentence. */
  readonly sentence: string;
  readonly objective: readonly string[];
}

/** The search for the highest rate as one self-contained page, with the knee on a chart. */
export function renderCapacity(capacity: Capacity, { muster, target, sentence, objective }: CapacityTerms): string {
  const { steps, settled, holdsAt, breaksAt } = capacity;
  const { word, rest } = verdictParts(sentence);
  const tone = settled ? "pass" : "unknown";
  return documentPage({
    title: `Capacity of ${target}: ${sentence}`,
    muster,
    line: html`<strong>Capacity search</strong><span>${target}</span>`,
    main: html`<section class="verdict" aria-label="Verdict">
        <h1 class="verdict-sentence" data-tone="${tone}">
          ${mark(settled ? "disc" : "ring")}<span
            ><span class="verdict-word">${word}</span>${rest !== "" && html`: ${rest}`}</span
          >
        </h1>
        <dl class="points">
          <div>
            <dt>Objective</dt>
            <dd>${objective.join(", ")}</dd>
          </div>
          <div>
            <dt>Lies between</dt>
            <dd>
              ${holdsAt === undefined ? "–" : `${tickText(holdsAt)}/s`} and
              ${breaksAt === undefined ? "–" : `${tickText(breaksAt)}/s`}
            </dd>
          </div>
        </dl>
      </section>
      ${section("knee", "The knee", undefined, kneeCharts(capacity))}
      ${section("tries", "Every load that was tried", steps.length, stepTable(capacity))}`,
    foot: html`<p>
        Each try is an open load: requests begin at its rate whatever the service does. Both ends are tried again before
        they are believed.
      </p>
      <p>Written by Muster ${muster}.</p>`,
  });
}

/** Below so many different rates there is no curve to see. */
const FEWEST_RATES = 3;

function kneeCharts({ steps, holdsAt, breaksAt }: Capacity): Markup {
  const rates = [...new Set(steps.map((step) => step.ratePerSecond))].sort((a, b) => a - b);
  if (rates.length < FEWEST_RATES) {
    return html`<p class="plot-none">Too little to draw: only ${rates.length} different rates were tried.</p>`;
  }
  const x = linearAxis(rates.at(-1) ?? 1, 5);
  const most = Math.max(...steps.map((step) => step.goodPerSecond));
  const y = linearAxis(Math.max(most, 1));
  const moments = [holdsAt, breaksAt].filter((rate) => rate !== undefined).map((at) => ({ at, label: "" }));
  const legend = [
    { style: "dot-holds", label: "the objective held" },
    { style: "dot-breaks", label: "it was broken" },
  ];
  const xText = (rate: number): string => `${tickText(rate)}/s`;
  const timed = steps.filter((step) => step.p95 !== undefined && step.p95 > 0);
  const times = timed.map((step) => step.p95 as number);
  const slow = logAxis(Math.min(...times) / 1.5, Math.max(...times) * 1.5);
  return html`<div class="plots">
    ${chart({
      title: "Answers per second against what was asked for",
      summary: `answers rise with the rate up to ${tickText(most)}/s`,
      x,
      y,
      xText,
      yText: tickText,
      moments,
      content: [
        html`<path
          class="line-ideal"
          d="${linePath([
            { x: 0, y: 0 },
            { x: x.scale(y.ticks.at(-1) ?? 0), y: y.scale(Math.min(y.ticks.at(-1) ?? 0, x.ticks.at(-1) ?? 0)) },
          ])}"
        />`,
      ],
      points: steps.map((step) => ({
        x: x.scale(step.ratePerSecond),
        y: y.scale(step.goodPerSecond),
        style: step.holds ? "dot-holds" : "dot-breaks",
        text: `${tickText(step.ratePerSecond)}/s asked, ${tickText(step.goodPerSecond)}/s answered: ${step.summary}`,
      })),
      legend: [{ style: "line-ideal", label: "everything asked for is answered" }, ...legend],
      notes: ["The dotted lines are the highest rate that holds and the lowest that breaks."],
    })}
    ${
      timed.length >= FEWEST_RATES &&
      chart({
        title: "p95 against the rate",
        summary: `from ${millisecondsText(Math.min(...times))} to ${millisecondsText(Math.max(...times))}`,
        x,
        y: slow.ticks.length >= 2 ? slow : { ...slow, ticks: [Math.min(...times), Math.max(...times)] },
        xText,
        yText: millisecondsText,
        moments,
        content: [],
        points: timed.map((step) => ({
          x: x.scale(step.ratePerSecond),
          y: slow.scale(step.p95 as number),
          style: step.holds ? "dot-holds" : "dot-breaks",
          text: `${tickText(step.ratePerSecond)}/s: ${step.summary}`,
        })),
        legend,
      })
    }
  </div>`;
}

const PURPOSES = { grow: "doubling", narrow: "narrowing", confirm: "trying again" } as const;

function stepTable({ steps }: Capacity): Markup {
  return table(
    "Loads in the order in which they were tried",
    [
      { title: "rate", cell: ({ ratePerSecond }) => `${ratePerSecond.toLocaleString("en-GB")}/s` },
      {
        title: "result",
        words: true,
        cell: ({ holds }) => (holds ? "held" : html`<strong class="bad">broken</strong>`),
      },
      { title: "answered well", cell: ({ goodPerSecond }) => `${tickText(goodPerSecond)}/s` },
      { title: "seen", words: true, cell: ({ summary }) => summary },
      { title: "for", words: true, cell: ({ purpose }) => PURPOSES[purpose] },
    ],
    steps,
  );
}
