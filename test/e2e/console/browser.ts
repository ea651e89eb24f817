import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Chromium must ask nobody anything while it is tested with. */
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** WCAG 2.2 at level AA, with everything before it. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

export type Theme = "light" | "dark";

/** How a page is looked at. */
export interface View {
  readonly theme: Theme;
  readonly width: number;
}

/** Both themes at a desk and on a phone. */
export const VIEWS: readonly View[] = [
  { theme: "light", width: 1280 },
  { theme: "dark", width: 1280 },
  { theme: "light", width: 360 },
  { theme: "dark", width: 360 },
];

/** The browser's program: `MUSTER_CHROMIUM`, or one of the usual names in PATH. */
export function findChromium(): string | undefined {
  const named = process.env["MUSTER_CHROMIUM"];
  if (named !== undefined && named !== "") return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

/** Why browser tests cannot run here; false when they can. For the `skip` option of a test. */
export function withoutChromium(): string | false {
  return findChromium() === undefined && "Chromium is not installed; on Debian: apt-get install chromium";
}

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("Chromium is not installed");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A window of its own, as a new visitor's, and what went wrong in it. */
export interface Window extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors that the page wrote to its console or did not catch; a policy that refused something is one. */
  readonly faults: readonly string[];
}

export async function openWindow(
  browser: Browser,
  { theme, width }: View,
  cookie?: { readonly name: string; readonly value: string; readonly url: string },
): Promise<Window> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 780 : 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(10_000);
  if (cookie) await context.addCookies([cookie]);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  return { page, context, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** What a page does wrong for people who cannot see it, use a pointer, or have a wide screen; empty when nothing. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
  );
  const overflow = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  return overflow > 0 ? [...found, `the page scrolls sideways by ${overflow} px`] : found;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
