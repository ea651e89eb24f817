import type { AssessedControl, Ground, JudgementEvidence, Placed } from "@muster/kernel";
import {
  controlSaid,
  groundFix,
  groundsWorstFirst,
  groundTitle,
  markOfControl,
  oldestEvidence,
  relativeText,
  shortDigest,
} from "../reading/index.ts";
import { html, type Markup } from "./markup.ts";
import { mark, type Page, time } from "./page.ts";

/** Controls as rows that unfold to their grounds. */
export function controlRows(controls: readonly AssessedControl[], page: Page, open: boolean): Markup {
  return html`<div class="panel">${controls.map((control) => controlRow(control, page, open))}</div>`;
}

function controlRow(assessed: AssessedControl, page: Page, open: boolean): Markup {
  const { control, status, waiver } = assessed;
  const { shape, tone, word } = markOfControl(status);
  return html`<details class="fold control" id="control-${control.id}" data-tone="${tone}" ${open && html` open`}>
    <summary>
      <span class="status">${mark(shape)}${word}</span>
      <span class="control-title">${control.title}</span>
      <span class="control-said">${controlSaid(assessed)}</span>
      <span class="control-owner">${control.owner}</span>
      <span class="control-age">${ageOf(assessed, page)}</span>
    </summary>
    <div class="control-body">
      ${
        waiver &&
        html`<dl class="points">
          <div>
            <dt>Waived by</dt>
            <dd>${waiver.evidence.actor}, until ${time(waiver.evidence.until)}</dd>
          </div>
          <div>
            <dt>Because</dt>
            <dd>${waiver.evidence.reason}</dd>
          </div>
          <div>
            <dt>Record</dt>
            <dd>${recordLink(waiver.seq, page)}</dd>
          </div>
        </dl>`
      }
      ${groundsWorstFirst(assessed).map((ground) => groundBlock(ground, assessed.grounds.length > 1, page))}
    </div>
  </details>`;
}

/** How old the evidence is, or for how long a waiver still stands. */
function ageOf(assessed: AssessedControl, { now }: Page): string {
  if (assessed.waiver) return `ends ${relativeText(assessed.waiver.evidence.until, now)}`;
  const seen = oldestEvidence(assessed);
  return seen === undefined ? "never seen" : relativeText(seen, now);
}

/** One check. Its own state is said only where the control has several, since otherwise the row above says it. */
function groundBlock(ground: Ground, oneOfSeveral: boolean, page: Page): Markup {
  const check = page.checks.get(ground.check);
  const { shape, tone, word } = markOfControl(ground.status);
  const findings = ground.evidence?.evidence.findings ?? [];
  const fix = groundFix(ground, check);
  return html`<article class="ground" data-tone="${tone}">
    <h3 class="ground-title">
      ${oneOfSeveral && html`<span class="status">${mark(shape)}${word}</span>`}${groundTitle(ground, check)}
    </h3>
    <p class="seen">${ground.reason}</p>
    <dl class="points">
      ${
        findings.length > 0 &&
        html`<div>
          <dt>Found</dt>
          <dd>
            <ul class="findings">
              ${findings.map((finding) => html`<li><code>${finding.resource}</code> ${finding.message}</li>`)}
            </ul>
          </dd>
        </div>`
      }
      ${
        check &&
        html`<div>
          <dt>Why</dt>
          <dd>${check.why}</dd>
        </div>`
      }
      ${
        fix !== undefined &&
        html`<div>
          <dt>Fix</dt>
          <dd>${fix}</dd>
        </div>`
      }
      <div>
        <dt>Evidence</dt>
        <dd>${ground.evidence ? evidenceLine(ground.evidence, page) : `none yet; the check is ${ground.check}`}</dd>
      </div>
    </dl>
  </article>`;
}

function evidenceLine({ seq, evidence }: Placed<JudgementEvidence>, page: Page): Markup {
  const record = page.report.records.find((each) => each.seq === seq);
  return html`${recordLink(seq, page)}, seen ${relativeText(evidence.at, page.now)}, good until
  ${time(evidence.validUntil)}${record && html`<br /><span class="mono faint" title="${record.hash}">${shortDigest(record.hash)}…</span> <span class="faint">by ${evidence.check}</span>`}`;
}

function recordLink(seq: number, page: Page): Markup {
  return page.report.records.some((each) => each.seq === seq)
    ? html`<a href="#record-${seq}">record #${seq}</a>`
    : html`record #${seq}`;
}
