import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { openBrowser, openWindow, withoutChromium } from "./browser.ts";
import { openStage, type Stage } from "./stage.ts";

const DESK = { theme: "light", width: 1280 } as const;
const SHELL_LIMIT_KB = 160;

describe("the console's budget", { skip: withoutChromium() }, () => {
  let browser: Browser;
  let stage: Stage;
  const closing = new AsyncDisposableStack();

  before(async () => {
    stage = closing.use(await openStage({ runs: 5 }));
    browser = await openBrowser();
    closing.defer(() => browser.close());
  });
  after(() => closing.disposeAsync());

  test(`Readiness needs at most ${SHELL_LIMIT_KB} KB of compressed JavaScript`, async (t) => {
    await using window = await openWindow(browser, DESK, await stage.session("viewer"));
    const scripts = new Map<string, Promise<Buffer>>();
    window.page.on("response", (response) => {
      if (response.request().resourceType() === "script") scripts.set(response.url(), response.body());
    });

    await window.page.goto(`${stage.url}/readiness`);
    await window.page.getByRole("heading", { level: 1, name: /READY:/ }).waitFor();
    const bodies = await Promise.all(scripts.values());

    const kilobytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0) / 1_024;
    t.diagnostic(`${kilobytes.toFixed(1)} KB in ${bodies.length} files`);
    assert.ok(bodies.length > 0);
    assert.ok(kilobytes <= SHELL_LIMIT_KB, `${kilobytes.toFixed(1)} KB, allowed ${SHELL_LIMIT_KB} KB`);
  });

  test("no script, style, font or image comes from anywhere else, and none stands in the page", async () => {
    await using window = await openWindow(browser, DESK, await stage.session("viewer"));
    const foreign: string[] = [];
    window.page.on("request", (request) => {
      if (!request.url().startsWith(stage.url)) foreign.push(request.url());
    });

    const response = await window.page.goto(`${stage.url}/readiness`);
    await window.page.getByText("Live", { exact: true }).waitFor();

    assert.deepEqual(foreign, []);
    assert.deepEqual(window.faults, []);
    assert.match(response?.headers()["content-security-policy"] ?? "", /default-src 'self'/);
    assert.doesNotMatch((await response?.text()) ?? "", /<style|<script(?![^>]*\bsrc=)| style=| on[a-z]+=/);
  });
});
