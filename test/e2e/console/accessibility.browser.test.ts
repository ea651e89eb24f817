import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { toInstant } from "@muster/kernel";
import { renderHtml, renderJunit, renderLoadReport } from "@muster/report";
import { sampleLoadReport } from "@muster/contract/sample";
import { sampleReport } from "@muster/report/sample";
import type { Browser } from "playwright-core";
import { faultsOf, openBrowser, openWindow, VIEWS, withoutChromium } from "./browser.ts";
import { openStage, type Stage } from "./stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("every page, in both themes, at a desk and on a phone", { skip: withoutChromium() }, () => {
  let browser: Browser;
  let stage: Stage;
  const closing = new AsyncDisposableStack();

  before(async () => {
    stage = closing.use(await openStage({ runs: 5 }));
    browser = await openBrowser();
    closing.defer(() => browser.close());
  });
  after(() => closing.disposeAsync());

  for (const view of VIEWS) {
    const seen = `${view.theme}, ${view.width} px`;

    test(`Readiness is accessible (${seen})`, async () => {
      await using window = await openWindow(browser, view, await stage.session("admin"));
      await window.page.goto(`${stage.url}/readiness`);
      await window.page.getByRole("heading", { level: 1, name: /NOT READY/ }).waitFor();
      await window.page.getByText("What holds").click();

      assert.deepEqual(await faultsOf(window.page), []);
      assert.deepEqual(window.faults, []);
    });

    test(`Readiness is accessible with a dialog open (${seen})`, async () => {
      await using window = await openWindow(browser, view, await stage.session("admin"));
      await window.page.goto(`${stage.url}/readiness`);

      await window.page.getByRole("button", { name: "Waive…" }).first().click();
      await window.page.getByRole("button", { name: "Waive", exact: true }).click();

      assert.deepEqual(await faultsOf(window.page), []);
    });

    test(`Evidence is accessible (${seen})`, async () => {
      await using window = await openWindow(browser, view, await stage.session("viewer"));
      await window.page.goto(`${stage.url}/readiness`);
      await window.page.getByRole("link", { name: "Evidence" }).first().click();
      await window.page.getByRole("row").nth(3).waitFor();

      assert.deepEqual(await faultsOf(window.page), []);
      assert.deepEqual(window.faults, []);
    });

    test(`a record is accessible (${seen})`, async () => {
      await using window = await openWindow(browser, view, await stage.session("viewer"));
      await window.page.goto(`${stage.url}/readiness`);
      await window.page
        .getByRole("link", { name: /^record #/ })
        .first()
        .click();
      await window.page.getByText("content gives the hash").waitFor();

      assert.deepEqual(await faultsOf(window.page), []);
      assert.deepEqual(window.faults, []);
    });

    test(`Load & Drills is accessible, and a load test with its charts (${seen})`, async () => {
      const now = toInstant(Date.now());
      const id = `load-${view.theme}-${view.width}`;
      const target = "http://shop.example/";
      await stage.loadTests.begin({ id, kind: "run", name: "shop.load.ts", target, actor: "ann" }, now);
      await stage.loadTests.note(id, { kind: "run", report: sampleLoadReport() }, true, now);
      await using window = await openWindow(browser, view, await stage.session("viewer"));
      await window.page.goto(`${stage.url}/load`);
      await window.page.getByRole("row").nth(1).waitFor();
      const list = await faultsOf(window.page);

      await window.page.getByRole("link", { name: "shop.load.ts" }).first().click();
      await window.page.getByRole("heading", { name: "How the response times spread" }).waitFor();
      await window.page.getByRole("button", { name: "Throughput as a table" }).click();

      assert.deepEqual([...list, ...(await faultsOf(window.page))], []);
      assert.deepEqual(window.faults, []);
    });

    test(`the palette and the keyboard help are accessible (${seen})`, async () => {
      await using window = await openWindow(browser, view, await stage.session("admin"));
      await window.page.goto(`${stage.url}/readiness`);
      await window.page.getByRole("heading", { level: 1, name: /NOT READY/ }).waitFor();

      await window.page.keyboard.press("Control+k");
      await window.page.getByRole("combobox").fill("ev");
      const palette = await faultsOf(window.page);
      await window.page.keyboard.press("Escape");
      await window.page.keyboard.press("?");
      await window.page.getByRole("dialog", { name: "Keyboard" }).waitFor();

      assert.deepEqual([...palette, ...(await faultsOf(window.page))], []);
    });

    test(`the sign-in page is accessible, also after a link that is no longer good (${seen})`, async () => {
      await using window = await openWindow(browser, view);
      await window.page.goto(`${stage.url}/sign-in`);
      await window.page.getByRole("heading", { name: "Sign in" }).waitFor();
      const fresh = await faultsOf(window.page);

      await window.page.getByLabel("Link or its token").fill("a-token-that-nobody-ever-printed-000000000");
      await window.page.getByRole("button", { name: "Sign in" }).click();
      await window.page.getByRole("alert").waitFor();

      assert.deepEqual([...fresh, ...(await faultsOf(window.page))], []);
    });

    for (const [name, page] of [
      ["the HTML report", () => renderHtml(sampleReport(sha256))],
      ["the HTML report of a load test", () => renderLoadReport(sampleLoadReport(), "0.1.0")],
    ] as const) {
      test(`${name} is accessible with everything unfolded (${seen})`, async () => {
        const folder = await mkdtemp(join(tmpdir(), "muster-report-"));
        await writeFile(join(folder, "report.html"), page());
        await using window = await openWindow(browser, view);

        await window.page.goto(pathToFileURL(join(folder, "report.html")).href);
        await window.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
        const found = await faultsOf(window.page);
        await rm(folder, { recursive: true });

        assert.deepEqual(found, []);
        assert.deepEqual(window.faults, []);
      });
    }
  }

  for (const width of [1280, 360]) {
    test(`every component in every state, in both themes, is accessible (${width} px)`, async () => {
      await using window = await openWindow(browser, { theme: "light", width });
      await window.page.goto(`${stage.url}/components`);
      await window.page.getByRole("heading", { name: "Acting" }).waitFor();

      assert.deepEqual(await faultsOf(window.page), []);
      assert.deepEqual(window.faults, []);
    });
  }

  test("axe does find a fault that is planted", async () => {
    await using window = await openWindow(browser, { theme: "light", width: 360 });
    await window.page.goto(`${stage.url}/sign-in`);
    await window.page.evaluate("document.querySelector('input').closest('label').querySelector('span').remove()");
    await window.page.evaluate("document.body.style.minWidth = '500px'");

    const found = await faultsOf(window.page);

    assert.ok(
      found.some((fault) => fault.startsWith("label:")),
      found.join("\n"),
    );
    assert.ok(
      found.some((fault) => fault.includes("scrolls sideways")),
      found.join("\n"),
    );
  });

  test("a browser reads the JUnit report as well-formed XML", async () => {
    await using window = await openWindow(browser, { theme: "light", width: 1280 });
    const xml = renderJunit(sampleReport(sha256));

    const read = await window.page.evaluate<{ errors: number; cases: number }>(`(() => {
      const read = new DOMParser().parseFromString(${JSON.stringify(xml)}, "application/xml");
      return { errors: read.querySelectorAll("parsererror").length, cases: read.querySelectorAll("testcase").length };
    })()`);

    assert.deepEqual(read, { errors: 0, cases: 12 });
  });
});
