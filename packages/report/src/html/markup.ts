import { visible } from "../visible.ts";

/** Text that is HTML already. Only this module can make one, so nothing else reaches a page unescaped. */
class Markup {
  readonly #html: string;

  constructor(text: string) {
    this.#html = text;
  }

  toString(): string {
    return this.#html;
  }
}

export type { Markup };

/** What may stand in a template: text is escaped, markup is not, nothing is left out. */
export type Part = string | number | Markup | readonly Part[] | undefined | false;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe for element content and for quoted attribute values, with unseen characters written out. */
export function escapeHtml(text: string): string {
  return visible(text.replaceAll("\r\n", "\n")).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * A template of HTML. Everything interpolated is escaped unless it came from another template.
 * Attribute values must be quoted in the template, which `markup.test.ts` checks for every renderer.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let result = strings[0] ?? "";
  for (const [index, part] of parts.entries()) result += written(part) + (strings[index + 1] ?? "");
  return new Markup(result);
}

/** Marks a text of this package itself, such as its style sheet, as markup. Never for anything read or received. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function written(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Markup) return part.toString();
  if (Array.isArray(part)) return part.map((each: Part) => written(each)).join("");
  return escapeHtml(String(part));
}
