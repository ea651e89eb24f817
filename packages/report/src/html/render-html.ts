import { checksById, readVerdict } from "../reading/index.ts";
import type { RunReport } from "../report.ts";
import { controlRows } from "./controls.ts";
import { documentPage, foldedSection, section } from "./document.ts";
import { html } from "./markup.ts";
import { type Page, time } from "./page.ts";
import { recordRows } from "./records.ts";
import { runSteps } from "./run.ts";
import { verdictHead } from "./verdict.ts";

/** The report of a run as one self-contained page. */
export function renderHtml(report: RunReport): string {
  const page: Page = { report, checks: checksById(report.checks), now: Date.parse(report.at) };
  const { blockers, waived, met } = readVerdict(report.verdict);
  return documentPage({
    title: `${report.service.title}, ${report.environment}: ${report.verdict.sentence}`,
    muster: report.muster,
    line: html`<strong>${report.service.title}</strong><span>${report.environment}</span
      ><span>gate ${report.verdict.title}</span><span>${time(report.at)}</span>`,
    main: html`${verdictHead(page)}
    ${blockers.length > 0 && section("blockers", "What blocks", blockers.length, controlRows(blockers, page, true))}
    ${waived.length > 0 && section("waived", "What is waived", waived.length, controlRows(waived, page, false))}
    ${met.length > 0 && foldedSection("holds", "What holds", met.length, controlRows(met, page, false))}
    ${report.run && section("run", "The run", undefined, runSteps(report.run))}
    ${report.records.length > 0 && section("evidence", "Evidence", report.records.length, recordRows(page))}`,
    foot: html`<p>
        Every line above rests on a record of the ledger. Each record's hash covers what it says and the hash of the
        record before it.
      </p>
      <dl class="identity">
        <dt>Chain head</dt>
        <dd class="mono">#${report.head.seq} ${report.head.hash}</dd>
        <dt>To verify</dt>
        <dd><code>muster evidence verify</code></dd>
        <dt>Written by</dt>
        <dd>Muster ${report.muster}</dd>
      </dl>`,
  });
}
