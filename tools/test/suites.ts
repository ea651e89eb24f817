import { globSync } from "node:fs";
import { join } from "node:path";

/** The repository's root. */
export const ROOT = join(import.meta.dirname, "../..");

/** A kind of tests: what their files are called tells how they run. */
export type Level = "unit" | "integration" | "browser";

/** All test files of a level, relative to the root, in a stable order. */
export function testFiles(level: Level): string[] {
  return globSync("{packages,apps,tools,test,bench,torture,examples}/**/*.test.ts", {
    cwd: ROOT,
    exclude: (path) => /(^|\/)(node_modules|dist)(\/|$)/.test(path),
  })
    .filter((file) => levelOf(file) === level)
    .sort();
}

/** `x.test.ts` is pure, `x.integration.test.ts` starts processes or databases, `x.browser.test.ts` drives Chromium. */
export function levelOf(file: string): Level {
  if (file.endsWith(".browser.test.ts")) return "browser";
  return file.endsWith(".integration.test.ts") ? "integration" : "unit";
}
