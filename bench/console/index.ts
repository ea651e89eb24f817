import { openBrowser, openWindow, withoutChromium } from "../../test/e2e/console/browser.ts";
import { openStage } from "../../test/e2e/console/stage.ts";
import { atMost, type Bar, type BenchOptions, CannotJudge } from "../bar.ts";

const INTERACTIVE_GOAL_MS = 1_000;

/**
 * How long a first visit to Readiness takes on loopback, from the address to a control that reacts to
 * a click: the real server and PostgreSQL, Chromium with an empty cache. The median of the loads.
 */
export async function bench({ smoke, say }: BenchOptions): Promise<readonly Bar[]> {
  const missing = withoutChromium();
  if (missing !== false) throw new CannotJudge(missing);
  await using stage = await openStage({ runs: 5 });
  await using parts = new AsyncDisposableStack();
  const browser = await openBrowser();
  parts.defer(() => browser.close());

  const times: number[] = [];
  for (let load = 0; load < (smoke ? 1 : 9); load += 1) {
    // A window of its own has an empty cache.
    await using window = await openWindow(browser, { theme: "light", width: 1280 }, await stage.session("viewer"));
    const started = performance.now();
    await window.page.goto(`${stage.url}/readiness`, { waitUntil: "commit" });
    await window.page
      .getByRole("link", { name: /: met$/ })
      .first()
      .click();
    times.push(performance.now() - started);
  }
  say(`${times.map((time) => time.toFixed(0)).join(", ")} ms`);
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] as number;
  return [atMost("console.readiness-usable", median, "ms", INTERACTIVE_GOAL_MS)];
}
