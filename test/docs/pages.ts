import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/test/suites.ts";

/** One page of documentation, by its path from the root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** Everything that is written for people. */
export function pages(): readonly Page[] {
  return globSync(["*.md", "docs/**/*.md", "examples/**/*.md"], { cwd: ROOT })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** The fenced blocks of a page. */
export function blocksOf({ path, text }: Page): readonly Block[] {
  const blocks: Block[] = [];
  const lines = text.split("\n");
  let open:
    | { readonly line: number; readonly language: string; readonly fence: string; readonly from: number }
    | undefined;
  for (const [index, line] of lines.entries()) {
    const [, fence, language = ""] = /^\s*(`{3,})\s*(\S*)/.exec(line) ?? [];
    if (fence === undefined) continue;
    if (!open) {
      open = { line: index + 1, language, fence, from: index + 1 };
    } else if (fence.length >= open.fence.length && language === "") {
      blocks.push({
        page: path,
        line: open.line,
        language: open.language,
        text: lines.slice(open.from, index).join("\n"),
      });
      open = undefined;
    }
  }
  return blocks;
}

/** A page without its fenced blocks. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(/^\s*(`{3,})[\s\S]*?^\s*\1\s*$/gm, "");
}

/** The anchor that a heading gets, as code forges make it. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/** The anchors of a page. */
export function anchorsOf(page: Page): ReadonlySet<string> {
  const headings = proseOf(page).matchAll(/^#{1,6} (.+)$/gm);
  return new Set([...headings].map(([, heading = ""]) => anchorOf(heading)));
}
