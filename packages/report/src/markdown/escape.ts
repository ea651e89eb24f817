import { visible } from "../visible.ts";

/**
 * Text as inert Markdown on one line: no markup, no HTML, no link, no mention. Written for GitHub's
 * dialect, the widest in use: characters that mean something inside a line are escaped, `@` and `#`
 * are made entities so that nobody is notified and no issue is linked. Those that mean something at
 * a line's start need no care, because no value stands there.
 */
export function plain(text: string): string {
  return visible(text.replaceAll("\r\n", "\n"))
    .replace(/[&<>@#]|:\/\/|\bwww\.|[\\`*_[\]!|~$^]/gi, (found) => ENTITIES[found.toLowerCase()] ?? `\\${found}`)
    .replace(/\s*\n\s*/g, " ")
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "@": "&#64;",
  "#": "&#35;",
  "://": ":&#47;/",
  "www.": "www&#46;",
};

/** Text as a code span that no content can end early; line breaks become spaces. */
export function code(text: string): string {
  const line = visible(text)
    .replace(/\s*\n\s*/g, " ")
    .replaceAll("|", "\\|");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  const pad = line.startsWith("`") || line.endsWith("`") || line.trim() === "" ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}
