import { markOfControl, markOfGate, verdictParts } from "../reading/index.ts";
import { html, type Markup } from "./markup.ts";
import { mark, type Page, time } from "./page.ts";

/** The verdict sentence, the strip of all controls, and what identifies the decision. */
export function verdictHead({ report }: Page): Markup {
  const { verdict } = report;
  const gate = markOfGate(verdict.go);
  const { word, rest } = verdictParts(verdict.sentence);
  const cells = verdict.controls.map(({ control, status }) => {
    const { shape, tone, word: state } = markOfControl(status);
    return html`<li>
      <a class="strip-cell" data-tone="${tone}" href="#control-${control.id}" title="${control.title}: ${state}"
        >${mark(shape)}<span class="hidden-text">${control.title}: ${state}</span></a
      >
    </li>`;
  });
  return html`<section class="verdict" aria-label="Verdict">
    <h1 class="verdict-sentence" data-tone="${gate.tone}">
      ${mark(gate.shape)}<span><span class="verdict-word">${word}</span>${rest !== "" && html`: ${rest}`}</span>
    </h1>
    ${
      cells.length > 0 &&
      html`<ol class="strip" aria-label="Controls">
        ${cells}
      </ol>`
    }
    <dl class="identity">
      <dt>Judged</dt>
      <dd>${time(report.at)}</dd>
      <dt>Subject</dt>
      <dd>${report.service.name} in ${report.environment}, owned by ${report.service.owner}</dd>
      ${
        report.run &&
        html`<dt>Run</dt>
          <dd class="mono">${report.run.id}</dd>`
      }
      <dt>Chain head</dt>
      <dd class="mono">#${report.head.seq} ${report.head.hash}</dd>
    </dl>
  </section>`;
}
