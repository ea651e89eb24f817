import type { CheckDescription } from "@muster/contract";
import { OUTLINES, type Shape, utcText } from "../reading/index.ts";
import type { RunReport } from "../report.ts";
import { html, type Markup } from "./markup.ts";

/** What the parts of the page read. */
export interface Page {
  readonly report: RunReport;
  readonly checks: ReadonlyMap<string, CheckDescription>;
  /** The instant from which ages count, in milliseconds. */
  readonly now: number;
}

/** An instant that machines can read and people too. */
export function time(at: string): Markup {
  return html`<time datetime="${at}">${utcText(at)}</time>`;
}

/** A shape of the sheet that {@link shapes} puts on the page. It is never alone: a word stands beside it. */
export function mark(shape: Shape): Markup {
  return html`<svg class="mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <use href="#shape-${shape}" />
  </svg>`;
}

/** The outlines that {@link mark} refers to, once for the page. */
export function shapes(): Markup {
  const symbols = (Object.keys(OUTLINES) as Shape[]).map(
    (shape) =>
      html`<symbol id="shape-${shape}" viewBox="0 0 16 16"
        ><path class="mark-${OUTLINES[shape].drawn}" d="${OUTLINES[shape].path}"
      /></symbol>`,
  );
  return html`<svg width="0" height="0" aria-hidden="true" focusable="false" class="hidden-text">${symbols}</svg>`;
}
