import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The style sheet that every HTML report carries, and its digest for the page's content security policy. */
export interface Stylesheet {
  readonly css: string;
  /** `sha256-…` of the text, so that the page allows this sheet and no other. */
  readonly source: string;
}

const FONTS = [
  {
    family: "Inter Variable",
    weight: "100 900",
    file: import.meta.resolve("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"),
  },
  {
    family: "JetBrains Mono",
    weight: "400",
    file: import.meta.resolve("@fontsource/jetbrains-mono/files/jetbrains-mono-latin-400-normal.woff2"),
  },
];

/** Read when the module is loaded, like the code itself: the files belong to this package and never change. */
export const STYLESHEET: Stylesheet = load();

function load(): Stylesheet {
  const fonts = FONTS.map(
    ({ family, weight, file }) =>
      `@font-face{font-family:"${family}";font-weight:${weight};font-display:swap;` +
      `src:url(data:font/woff2;base64,${readFileSync(fileURLToPath(file)).toString("base64")}) format("woff2")}`,
  );
  const sheets = ["../tokens.css", "../base.css", "../parts.css", "../charts.css", "./document.css"].map((name) =>
    compact(readFileSync(fileURLToPath(new URL(name, import.meta.url)), "utf8")),
  );
  const css = [...fonts, ...sheets].join("\n");
  return { css, source: `sha256-${createHash("sha256").update(css).digest("base64")}` };
}

function compact(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s*\n\s*/g, "\n")
    .trim();
}
