import { html, type Markup, trusted } from "./markup.ts";
import { shapes } from "./page.ts";
import { STYLESHEET } from "./stylesheet.ts";

/** Made outside the template: one more space inside it, and the page's policy would refuse the sheet. */
const STYLE = trusted(`<style>${STYLESHEET.css}</style>`);

/** What a page of its own consists of. */
export interface DocumentParts {
  readonly title: string;
  /** Version of Muster that writes it. */
  readonly muster: string;
  /** The line at the top: whose page it is, and when it was written. */
  readonly line: Markup;
  readonly main: Markup;
  readonly foot: Markup;
}

/**
 * A self-contained page: no script, no request to anywhere, both themes, fit for paper. Text that came from outside is
 * escaped, and the page's own policy would stop a script even if one got in.
 */
export function documentPage({ title, muster, line, main, foot }: DocumentParts): string {
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
        <meta name="generator" content="Muster ${muster}" />
        <title>${title}</title>
        ${STYLE}
      </head>
      <body>
        ${shapes()}
        <div class="document">
          <header class="document-head">
            <p class="document-line">${line}</p>
          </header>
          <main class="document-head" id="main">${main}</main>
          <footer class="document-foot">${foot}</footer>
        </div>
      </body>
    </html> `.toString();
}

/** A part of a page under a heading. */
export function section(id: string, title: string, count: number | undefined, body: Markup): Markup {
  return html`<section class="section" aria-labelledby="${id}">
    <h2 id="${id}">${title}${count !== undefined && html` <span class="count">${count}</span>`}</h2>
    ${body}
  </section>`;
}

/** The same, folded until somebody wants it. */
export function foldedSection(id: string, title: string, count: number | undefined, body: Markup): Markup {
  return html`<section class="section" aria-labelledby="${id}">
    <details class="fold">
      <summary>
        <h2 id="${id}">${title}${count !== undefined && html` <span class="count">${count}</span>`}</h2>
      </summary>
      ${body}
    </details>
  </section>`;
}
