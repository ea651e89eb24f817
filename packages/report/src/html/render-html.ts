import { checksById, readVerdict } from "../reading/index.ts";
import type { RunReport } from "../report.ts";
import { html, type Markup, trusted } from "./markup.ts";
import { controlRows } from "./controls.ts";
import { recordRows } from "./records.ts";
import { type Page, shapes, time } from "./page.ts";
import { runSteps } from "./run.ts";
import { STYLESHEET } from "./stylesheet.ts";
import { verdictHead } from "./verdict.ts";

/** Made outside the template: one more space inside it, and the page's policy would refuse the sheet. */
const STYLE = trusted(`<style>${STYLESHEET.css}</style>`);

/**
 * The report as one self-contained page: no script, no request to anywhere, both themes, fit for
 * paper. Text that came from outside is escaped, and the page's own policy would stop a script even
 * if one got in.
 */
export function renderHtml(report: RunReport): string {
  const page: Page = { report, checks: checksById(report.checks), now: Date.parse(report.at) };
  const { blockers, waived, met } = readVerdict(report.verdict);
  const title = `${report.service.title}, ${report.environment}: ${report.verdict.sentence}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src '${trusted(STYLESHEET.source)}'; font-src data:; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="Muster ${report.muster}" />
        <title>${title}</title>
        ${STYLE}
      </head>
      <body>
        ${shapes()}
        <div class="document">
          <header class="document-head">
            <p class="document-line">
              <strong>${report.service.title}</strong><span>${report.environment}</span
              ><span>gate ${report.verdict.title}</span><span>${time(report.at)}</span>
            </p>
          </header>
          <main class="document-head" id="main">
            ${verdictHead(page)}
            ${blockers.length > 0 && section("blockers", "What blocks", blockers.length, controlRows(blockers, page, true))}
            ${waived.length > 0 && section("waived", "What is waived", waived.length, controlRows(waived, page, false))}
            ${met.length > 0 && foldedSection("holds", "What holds", met.length, controlRows(met, page, false))}
            ${report.run && section("run", "The run", undefined, runSteps(report.run))}
            ${report.records.length > 0 && section("evidence", "Evidence", report.records.length, recordRows(page))}
          </main>
          <footer class="document-foot">
            <p>
              Every line above rests on a record of the ledger. Each record's hash covers what it says and the hash of
              the record before it.
            </p>
            <dl class="identity">
              <dt>Chain head</dt>
              <dd class="mono">#${report.head.seq} ${report.head.hash}</dd>
              <dt>To verify</dt>
              <dd><code>muster evidence verify</code></dd>
              <dt>Written by</dt>
              <dd>Muster ${report.muster}</dd>
            </dl>
          </footer>
        </div>
      </body>
    </html> `.toString();
}

function section(id: string, title: string, count: number | undefined, body: Markup): Markup {
  return html`<section class="section" aria-labelledby="${id}">
    <h2 id="${id}">${title}${count !== undefined && html` <span class="count">${count}</span>`}</h2>
    ${body}
  </section>`;
}

function foldedSection(id: string, title: string, count: number, body: Markup): Markup {
  return html`<section class="section" aria-labelledby="${id}">
    <details class="fold">
      <summary>
        <h2 id="${id}">${title} <span class="count">${count}</span></h2>
      </summary>
      ${body}
    </details>
  </section>`;
}
