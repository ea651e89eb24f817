import type { Run } from "@muster/kernel";
import { markOfStep, type TimedStep, timeline, tookText } from "../reading/index.ts";
import { html, type Markup } from "./markup.ts";
import { mark, time } from "./page.ts";

/** The report of a run is written before the run ends, so it usually finds it going on. */
const STATES = {
  running: "Going on when this was written; started",
  completed: "Completed; started",
  aborted: "Aborted; started",
} as const satisfies Record<Run["state"], string>;

/** The steps of the run with how long each took, drawn on one line of time. */
export function runSteps(run: Run): Markup {
  const { steps, totalMs } = timeline(run.steps);
  return html`<div class="panel">
    <div class="run">
      <p class="soft">${STATES[run.state]} ${time(run.startedAt)}, ${tookText(totalMs)} of work</p>
      <ol class="steps">
        ${steps.map(stepRow)}
      </ol>
    </div>
  </div>`;
}

function stepRow({ step, from, length }: TimedStep): Markup {
  const { shape, tone, word } = markOfStep(step.state);
  // The report is written before its own step can end.
  const took = step.ms === undefined ? (step.state === "running" ? "when written" : "") : tookText(step.ms);
  return html`<li class="step" data-state="${step.state}">
    <span class="status" data-tone="${tone}">${mark(shape)}<span class="hidden-text">${word}</span></span>
    <span class="step-title">${step.title}</span>
    <span class="step-note">${step.note}</span>
    ${step.ms !== undefined && bar(from, length)}
    <span class="step-took">${took}</span>
  </li>`;
}

function bar(from: number, length: number): Markup {
  return html`<svg
    class="step-bar"
    viewBox="0 0 1000 4"
    preserveAspectRatio="none"
    aria-hidden="true"
    focusable="false"
  >
    <rect x="${Math.round(from * 1_000)}" y="0" width="${Math.max(4, Math.round(length * 1_000))}" height="4" />
  </svg>`;
}
