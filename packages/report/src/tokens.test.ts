import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const THEMES = ["light", "dark"] as const;
const GROUNDS = ["sunken", "paper", "surface", "raised", "hover"];
const INKS = ["ink", "ink-soft", "ink-faint", "accent", "accent-hover"];
const STATUSES = ["pass", "warn", "fail", "unknown", "waived"];

/** Ink on ground, with the contrast that WCAG 2.2 asks: 4.5 for text (1.4.3), 3 for marks and edges (1.4.11). */
const PAIRS: readonly (readonly [ink: string, ground: string, least: number])[] = [
  ...GROUNDS.flatMap((ground) => INKS.map((ink) => [ink, ground, 4.5] as const)),
  ...GROUNDS.flatMap((ground) => STATUSES.map((status) => [status, ground, 4.5] as const)),
  ...STATUSES.map((status) => [status, `${status}-wash`, 4.5] as const),
  ...STATUSES.map((status) => ["ink", `${status}-wash`, 7] as const),
  ...["paper", "surface", "raised"].map((ground) => ["edge", ground, 3] as const),
  ["on-accent", "accent", 4.5],
  ["on-accent", "accent-hover", 4.5],
  ["accent", "accent-wash", 4.5],
];

for (const theme of THEMES) {
  test(`the ${theme} theme keeps the contrast of every pair that is used`, () => {
    const colours = readColours(theme);

    const tooClose = PAIRS.flatMap(([ink, ground, least]) => {
      const ratio = contrast(colour(colours, ink), colour(colours, ground));
      return ratio < least ? [`${ink} on ${ground}: ${ratio.toFixed(2)}, required ${least}`] : [];
    });

    assert.deepEqual(tooClose, []);
  });
}

test("contrast is computed as WCAG defines it", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
});

function readColours(theme: (typeof THEMES)[number]): ReadonlyMap<string, string> {
  const sheet = readFileSync(fileURLToPath(new URL("./tokens.css", import.meta.url)), "utf8");
  const declared = sheet.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g);
  return new Map(
    [...declared].map(([, name, light, dark]) => [String(name), String(theme === "light" ? light : dark)]),
  );
}

function colour(colours: ReadonlyMap<string, string>, name: string): string {
  const found = colours.get(name);
  assert.ok(found, `tokens.css declares --${name}`);
  return found;
}

/** WCAG 2.2, definition of contrast ratio. */
function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
