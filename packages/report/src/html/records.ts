import type { LedgerRecord } from "@muster/kernel";
import { evidenceSentence, evidenceTitle, markOfEvidence, relativeText } from "../reading/index.ts";
import { factTree } from "./facts.ts";
import { html, type Markup } from "./markup.ts";
import { mark, type Page, time } from "./page.ts";

/** Every record, newest last, each with the facts that it rests on. Facts that several share stand with the first. */
export function recordRows(page: Page): Markup {
  const shownAt = new Map<string, number>();
  const rows = page.report.records.map((record) => recordRow(record, shownAt, page));
  return html`<div class="panel">${rows}</div>`;
}

function recordRow(record: LedgerRecord, shownAt: Map<string, number>, page: Page): Markup {
  const { evidence, seq, hash, prev } = record;
  const { shape, tone, word } = markOfEvidence(evidence);
  const check = evidence.kind === "judgement" ? page.checks.get(evidence.check) : undefined;
  return html`<details class="fold record" id="record-${seq}" data-tone="${tone}">
    <summary>
      <span class="mono faint">#${seq}</span>
      <span class="status">${mark(shape)}${word}</span>
      <span class="record-title">${evidenceTitle(evidence, check)}</span>
      <span class="record-said">${evidenceSentence(evidence)}</span>
      <span class="record-age">${relativeText(evidence.at, page.now)}</span>
    </summary>
    <div class="record-body">
      <p class="seen">${evidenceSentence(evidence)}</p>
      <dl class="points">
        <div>
          <dt>Id</dt>
          <dd class="mono">${evidence.id}</dd>
        </div>
        <div>
          <dt>At</dt>
          <dd>
            ${time(evidence.at)}${evidence.kind === "judgement" && html`, good until ${time(evidence.validUntil)}`}${evidence.kind === "waiver" && html`, until ${time(evidence.until)}`}
          </dd>
        </div>
        <div>
          <dt>By</dt>
          <dd>${evidence.actor}</dd>
        </div>
        <div>
          <dt>Subject</dt>
          <dd>
            ${evidence.subject.service} in
            ${evidence.subject.environment}${evidence.subject.artefact !== undefined && html`, artefact <code>${evidence.subject.artefact}</code>`}
          </dd>
        </div>
        ${
          evidence.kind === "judgement" &&
          Object.keys(evidence.parameters).length > 0 &&
          html`<div>
            <dt>Parameters</dt>
            <dd>${factTree(evidence.parameters)}</dd>
          </div>`
        }
        <div>
          <dt>Hash</dt>
          <dd class="mono">${hash}</dd>
        </div>
        <div>
          <dt>Follows</dt>
          <dd class="mono">${prev}</dd>
        </div>
      </dl>
      ${evidence.kind === "judgement" && Object.entries(evidence.facts).map(([kind, digest]) => fact(kind, digest, seq, shownAt, page))}
    </div>
  </details>`;
}

function fact(
  kind: string,
  digest: string | null,
  seq: number,
  shownAt: Map<string, number>,
  { report }: Page,
): Markup {
  if (digest === null)
    return html`<p class="fact"><strong>${kind}</strong> <span class="soft">could not be collected</span></p>`;
  const shown = shownAt.get(digest);
  if (shown !== undefined) {
    return html`<p>
      <strong>${kind}</strong> <span class="soft">the same as under</span>
      <a href="#facts-${digest}">record #${shown}</a>
    </p>`;
  }
  const value = report.facts[digest];
  if (value === undefined) {
    return html`<p>
      <strong>${kind}</strong> <span class="soft">not in this report; digest</span> <span class="mono">${digest}</span>
    </p>`;
  }
  shownAt.set(digest, seq);
  return html`<section class="fact" id="facts-${digest}" aria-label="Facts: ${kind}">
    <h3>${kind}</h3>
    <div class="fact-body">${factTree(value)}</div>
    <p class="mono faint">${digest}</p>
  </section>`;
}
