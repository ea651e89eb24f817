import { html, type Markup } from "./markup.ts";

/** Deeper values are written as JSON: nobody reads a twelfth level of indentation. */
const DEEPEST = 8;

/** A JSON value as names and values, to any depth. */
export function factTree(value: unknown, depth = 0): Markup {
  if (value === null) return html`<span class="nothing">null</span>`;
  if (value === "") return html`<span class="nothing">empty</span>`;
  if (typeof value !== "object") return html`<span class="value">${scalarText(value)}</span>`;
  if (depth >= DEEPEST) return html`<span class="value">${JSON.stringify(value)}</span>`;
  const entries = Object.entries(value);
  if (entries.length === 0) return html`<span class="nothing">${Array.isArray(value) ? "none" : "empty"}</span>`;
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) {
    return html`<span class="value">${value.map(scalarText).join("\n")}</span>`;
  }
  return html`<dl class="facts">
    ${entries.map(
      ([name, each]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${factTree(each, depth + 1)}</dd>
        </div>`,
    )}
  </dl>`;
}

function scalarText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
