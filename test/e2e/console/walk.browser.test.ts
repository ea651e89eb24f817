import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { sampleLoadReport } from "@muster/contract/sample";
import { type Role, toInstant } from "@muster/kernel";
import type { Browser, Page } from "playwright-core";
import { openBrowser, openWindow, type Window, withoutChromium } from "./browser.ts";
import { eventually, openStage, type Stage } from "./stage.ts";

const DESK = { theme: "light", width: 1280 } as const;

/** What the person at the page reads as its main heading. */
async function heading(page: Page): Promise<string> {
  return (await page.getByRole("heading", { level: 1 }).innerText()).replace(/\s+/g, " ");
}

/** Waits for the verdict, whichever it is. */
async function verdict(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1, name: /READY:/ }).waitFor();
}

describe("the console in use", { skip: withoutChromium() }, () => {
  let browser: Browser;
  let stage: Stage;
  const closing = new AsyncDisposableStack();
  let opened: Window[] = [];

  before(async () => {
    stage = closing.use(await openStage({ runs: 5 }));
    browser = await openBrowser();
    closing.defer(() => browser.close());
  });
  after(() => closing.disposeAsync());
  afterEach(async () => {
    const faults = opened.flatMap((window) => window.faults);
    await Promise.all(opened.map((window) => window[Symbol.asyncDispose]()));
    opened = [];
    // A refused request is written to the console by the browser itself; tests that provoke one look at the page.
    assert.deepEqual(
      faults.filter(
        (fault) => !fault.includes("status of 4") && !fault.includes("WebSocket") && !fault.includes("ERR_"),
      ),
      [],
    );
  });

  /** The console as somebody sees it who is signed in. */
  async function signedIn(role: Role, path = "/readiness"): Promise<Page> {
    const window = await openWindow(browser, DESK, await stage.session(role));
    opened.push(window);
    await window.page.goto(`${stage.url}${path}`);
    return window.page;
  }

  async function signedOut(path: string): Promise<Page> {
    const window = await openWindow(browser, DESK);
    opened.push(window);
    await window.page.goto(path.startsWith("http") ? path : `${stage.url}${path}`);
    return window.page;
  }

  describe("load tests", () => {
    const target = "http://shop.example/";
    const now = (): string => toInstant(Date.now());

    test("one that goes on is watched live, and has its verdict when it has ended", async () => {
      const report = sampleLoadReport();
      await stage.loadTests.begin({ id: "walk-live", kind: "run", name: "live.load.ts", target, actor: "ann" }, now());
      await stage.loadTests.note("walk-live", { kind: "run", report: { ...report, timeline: [] } }, false, now());
      const page = await signedIn("viewer");
      await verdict(page);
      await page.keyboard.press("g");
      await page.keyboard.press("l");
      await page.getByRole("link", { name: "live.load.ts" }).click();
      await page.getByRole("heading", { level: 1, name: /^RUNNING: [\d,]+ requests so far/ }).waitFor();
      await page.getByText("Too short to draw").waitFor();
      await page.getByText("broken so far").first().waitFor();

      await stage.loadTests.note("walk-live", { kind: "run", report }, true, now());

      await page.getByRole("heading", { level: 1, name: /^FAILED: 2 of 4 thresholds met/ }).waitFor();
      await page.getByRole("heading", { name: "How the response times spread" }).waitFor();
    });

    test("a run is held against what the service was found to take", async () => {
      const capacity = {
        holdsAt: 4 * sampleLoadReport().total.perSecond,
        breaksAt: 900,
        tries: { holds: 3, breaks: 3 },
        steps: [{ ratePerSecond: 100, purpose: "grow", holds: true, goodPerSecond: 100, summary: "p95 9 ms", p95: 9 }],
        settled: true,
      } as const;
      await stage.loadTests.begin({ id: "walk-cap", kind: "capacity", name: "search", target, actor: "ann" }, now());
      const finding = { target, objective: ["p95 < 100ms"], sentence: "CAPACITY: it holds" };
      await stage.loadTests.note("walk-cap", { kind: "capacity", capacity, ...finding }, true, now());
      await stage.loadTests.begin({ id: "walk-run", kind: "run", name: "run.load.ts", target, actor: "ann" }, now());
      await stage.loadTests.note("walk-run", { kind: "run", report: sampleLoadReport() }, true, now());

      const page = await signedIn("viewer", "/load/walk-run");

      await page.getByText("4 times as much as this test offered").waitFor();
      await page.getByRole("link", { name: "by this search" }).click();
      await page.getByRole("heading", { name: /Every load that was tried/ }).waitFor();
    });

    test("one that there is not is said with what to do", async () => {
      const page = await signedIn("viewer", "/load/nothing");

      await page.getByText("there is no load test nothing").waitFor();
    });
  });

  describe("signing in", () => {
    test("a link leads to Readiness and leaves no secret in the address", async () => {
      const page = await signedOut(await stage.link("admin"));

      await page.waitForURL("**/readiness");
      await verdict(page);

      assert.equal(await heading(page), "NOT READY: 8 of 12 controls met; 2 failed, 1 missing, 1 waived");
      await page.goBack();
      assert.ok(!page.url().includes("token"));
    });

    test("a link is good once", async () => {
      const link = await stage.link("viewer");
      const first = await signedOut(link);
      await first.waitForURL("**/readiness");

      const second = await signedOut(link);

      await second.getByRole("alert").getByText("The sign-in link is no longer good").waitFor();
      assert.match(await second.getByRole("alert").innerText(), /muster link/);
    });

    test("leads back to the page that was asked for", async () => {
      const page = await signedOut("/evidence?outcome=fail");
      await page.waitForURL("**/sign-in?next=*");

      await page.getByLabel("Link or its token").fill(await stage.link("viewer"));
      await page.getByRole("button", { name: "Sign in" }).click();

      await page.waitForURL("**/evidence?outcome=fail");
    });

    test("says what is wrong with a text that is no link", async () => {
      const page = await signedOut("/sign-in");

      await page.getByLabel("Link or its token").fill("http://127.0.0.1/");
      await page.keyboard.press("Enter");

      assert.match(await page.getByRole("alert").innerText(), /That is not a sign-in link/);
    });

    test("ends with signing out", async () => {
      const page = await signedIn("viewer");

      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL("**/sign-in");
      await page.goto(`${stage.url}/readiness`);

      await page.waitForURL("**/sign-in");
    });

    test("is asked for again when the session ends elsewhere", async () => {
      const page = await signedIn("viewer");
      await verdict(page);

      await stage.endSessions();
      await page.getByRole("link", { name: "Evidence" }).first().click();

      await page.waitForURL("**/sign-in*");
    });
  });

  describe("Readiness", () => {
    test("shows a blocker with the resolved value, why, the fix and the record", async () => {
      const page = await signedIn("viewer");

      const control = page.locator("#control-fast-enough");
      await control.waitFor();

      const text = await control.innerText();
      assert.match(text, /p95 812 ms, allowed 500 ms/);
      assert.match(text, /Why\s+Half of the users wait longer/);
      assert.match(text, /Fix\s+Open the load result/);
      assert.match(text, /record #\d+, seen \d+ min ago, good until/);
    });

    test("offers a viewer nothing that a viewer may not do", async () => {
      const page = await signedIn("viewer");
      await verdict(page);

      assert.equal(await page.getByRole("button", { name: "Run again" }).count(), 0);
      assert.equal(await page.getByRole("button", { name: "Waive…" }).count(), 0);
    });

    test("leads from a cell of the strip to its control, wherever it is folded", async () => {
      const page = await signedIn("viewer");

      await page.getByRole("link", { name: "The database is healthy: met" }).click();

      await page.locator("#control-database .seen").first().waitFor();
      assert.equal(await page.evaluate("document.activeElement.parentElement.id"), "control-database");
    });

    test("says what a run does, starts it, shows its steps as they happen, and the verdict after it", async () => {
      const page = await signedIn("operator");
      const watching = await signedIn("viewer");
      await watching.getByText("Last run completed").waitFor();

      await page.getByRole("button", { name: "Run again" }).click();
      const dialog = page.getByRole("dialog", { name: "Run again on staging" });
      assert.match(await dialog.innerText(), /its health, then its security[\s\S]*muster run/);
      await dialog.getByRole("button", { name: "Start the run" }).click();
      await watching.getByText("Run going on").waitFor();
      const run = await stage.newestRun();
      await stage.advanceRun(run);
      await stage.advanceRun(run);
      await watching.getByText("4 applied").waitFor();
      const busy = await page.getByRole("button", { name: "Running" }).isDisabled();
      await stage.finishRun(run);

      await watching.getByText("Last run completed").waitFor();
      assert.equal(busy, true);
    });

    test("waives a control by name, with a reason and an end, and shows the new verdict", async () => {
      const page = await signedIn("approver");

      await page.locator("#control-observable").getByRole("button", { name: "Waive…" }).click();
      const dialog = page.getByRole("dialog", { name: "Waive a control" });
      await dialog.getByRole("button", { name: "Waive", exact: true }).click();
      const refused = await dialog.getByText("Say in at least 10 characters").isVisible();
      await dialog
        .getByLabel("Why this is acceptable")
        .fill("Metrics arrive with the next release; logs do until then.");
      await dialog.getByText("30 days").click();
      await dialog.getByRole("button", { name: "Waive", exact: true }).click();
      await dialog.waitFor({ state: "detached" });

      assert.equal(refused, true);
      await eventually("the verdict counts the waiver", async () =>
        (await heading(page)).endsWith("2 failed, 2 waived"),
      );
      await page.locator("#control-observable summary").click();
      assert.match(
        await page.locator("#control-observable").innerText(),
        /Waived by\s+a-approver, until[\s\S]*Metrics arrive/,
      );
    });
  });

  describe("Evidence", () => {
    test("keeps its filters in the address, and the address brings them back", async () => {
      const page = await signedIn("viewer", "/evidence");

      await page.getByText("fail", { exact: true }).first().click();
      await page.getByRole("combobox", { name: "Check" }).selectOption("load-latency");
      await page.keyboard.press("/");
      await page.keyboard.type("p95");
      await page.waitForURL("**/evidence?kind=judgement&outcome=fail&check=load-latency&text=p95");
      await page.getByText("5 records match").waitFor();
      await page.reload();

      await page.getByText("5 records match").waitFor();
      assert.equal(await page.getByRole("searchbox").inputValue(), "p95");
      assert.equal(await page.getByRole("row").count(), 6);
    });

    test("pages from the newest to the oldest", async () => {
      const page = await signedIn("viewer", "/evidence");

      await page.getByRole("link", { name: "Older" }).click();
      await page.getByText("the ledger begins here").waitFor();
      const oldest = await page.getByRole("row").last().innerText();
      await page.getByRole("link", { name: "Newest" }).click();

      assert.match(oldest, /#1\b[\s\S]*waived/);
      await page.getByRole("link", { name: "Older" }).waitFor();
    });

    test("says what would stand there when nothing matches, and the command that asks the same", async () => {
      const page = await signedIn("viewer", "/evidence?text=nobody-wrote-this");

      await page.getByText("No record matches").waitFor();

      await page.getByText("muster evidence list --text nobody-wrote-this").waitFor();
    });

    test("lets the server verify the chain and says how that ended", async () => {
      const page = await signedIn("viewer", "/evidence");

      await page.getByRole("button", { name: "Verify the chain" }).click();

      await page.getByText(/intact/).waitFor();
      assert.match(await page.locator(".verify-result").innerText(), /\d+ records, head [0-9a-f]{12}/);
    });

    test("shows a record, and computes in the browser that it belongs where it stands", async () => {
      const page = await signedIn("viewer", "/evidence?outcome=fail&check=load-latency");

      await page.getByRole("row").nth(1).getByRole("link").click();
      await page.getByText("follows the record before").waitFor();

      const text = await page.getByRole("main").innerText();
      assert.match(text, /content gives the hash\s+follows the record before\s+facts give their digest/);
      assert.match(text, /achievedPerSecond\s+149\.8/);
      assert.equal(await heading(page), "Latency under load is outside the objective");
      await page.keyboard.press("ArrowLeft");
      await page.getByRole("heading", { level: 1, name: "Private answers are not cached" }).waitFor();
      await page.getByRole("main").getByRole("link", { name: "Evidence" }).click();
      await page.waitForURL("**/evidence?outcome=fail&check=load-latency");
    });

    test("says that there is no such record", async () => {
      const page = await signedIn("viewer", "/evidence/999999");

      const alert = page.getByRole("alert");
      await alert.waitFor();

      assert.match(
        await alert.innerText(),
        /the ledger has no record 999999[\s\S]*not-found[\s\S]*request [0-9a-f-]{36}/i,
      );
    });
  });

  describe("changes", () => {
    test("appear as they happen where nobody points at the rows", async () => {
      const page = await signedIn("viewer", "/evidence");
      await page.getByText("Live", { exact: true }).waitFor();
      await page.mouse.move(2, 2);

      await stage.appendWaiver("storage");

      await page.getByRole("row").nth(1).getByText("storage").waitFor();
    });

    test("wait behind a count while somebody points at the rows", async () => {
      const page = await signedIn("viewer", "/evidence");
      await page.getByText("Live", { exact: true }).waitFor();
      const first = page.getByRole("row").nth(1);
      await first.hover();
      const untouched = await first.innerText();

      await stage.appendWaiver("origins");
      await page.getByRole("button", { name: "1 new record, show" }).waitFor();
      const during = await first.innerText();
      await page.getByRole("button", { name: "1 new record, show" }).click();

      await first.getByText("origins").waitFor();
      assert.equal(during.split("\t")[0], untouched.split("\t")[0]);
    });

    test("change the verdict of an open page", async () => {
      const page = await signedIn("viewer");
      await page.getByRole("heading", { level: 1, name: /2 failed/ }).waitFor();

      await stage.appendWaiver("fast-enough");

      await page.getByRole("heading", { level: 1, name: /1 failed/ }).waitFor();
    });

    test("are caught up with after the connection was away, and the page says how old it is meanwhile", async () => {
      const page = await signedIn("viewer");
      await page.getByText("Live", { exact: true }).waitFor();

      await stage.dropStreams();
      await page.context().setOffline(true);
      await page.getByText(/\d+ s behind/).waitFor();
      await page.getByText(/As of \d\d:\d\d:\d\d/).waitFor({ timeout: 15_000 });
      await stage.appendWaiver("browser-protection");
      await page.context().setOffline(false);

      await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
      await page.locator("#control-browser-protection").getByText("waived").first().waitFor();
    });
  });

  describe("from the keyboard alone", () => {
    test("a person gets from Readiness to a failed record and back", async () => {
      const page = await signedIn("viewer");
      await verdict(page);

      await page.keyboard.press("g");
      await page.keyboard.press("e");
      await page.waitForURL("**/evidence");
      await page.getByRole("row").nth(2).waitFor();
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("k");
      await page.keyboard.press("j");
      const focused = await page.evaluate("document.activeElement.textContent");
      const second = await page.getByRole("row").nth(2).getByRole("link").innerText();
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/evidence\/\d+$/);
      await page.keyboard.press("g");
      await page.keyboard.press("r");
      await page.waitForURL("**/readiness");

      assert.equal(focused, second);
    });

    test("the first stop of the tab key skips to the content", async () => {
      const page = await signedIn("viewer");
      await verdict(page);

      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");

      assert.equal(await page.evaluate("document.activeElement.id"), "main");
    });

    test("the palette finds a control, a record and an act", async () => {
      const page = await signedIn("viewer");
      await verdict(page);

      await page.keyboard.press("Control+k");
      await page.keyboard.type("database healthy");
      await page.keyboard.press("Enter");
      await page.locator("#control-database .seen").first().waitFor();
      await page.keyboard.press("Control+k");
      await page.keyboard.type("#2");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/evidence/2");
      await page.keyboard.press("Control+k");
      await page.keyboard.type("theme dark");
      await page.keyboard.press("Enter");

      await eventually("the dark theme is on", async () => {
        return (await page.evaluate("document.documentElement.dataset.theme")) === "dark";
      });
    });

    test("single keys can be switched off", async () => {
      const page = await signedIn("viewer");
      await verdict(page);

      await page.keyboard.press("?");
      await page.getByLabel("Single keys act").uncheck();
      await page.keyboard.press("Escape");
      await page.keyboard.press("g");
      await page.keyboard.press("e");
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();

      assert.ok(page.url().endsWith("/readiness"));
    });
  });

  test("the theme that somebody chose is there before the first paint of the next visit", async () => {
    const page = await signedIn("viewer");
    await page.getByTitle("Dark theme").click();

    await page.reload();
    await verdict(page);

    assert.equal(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"), "rgb(17, 18, 20)");
  });
});

describe("a console that was just set up", { skip: withoutChromium() }, () => {
  let browser: Browser;
  let stage: Stage;
  const closing = new AsyncDisposableStack();

  before(async () => {
    stage = closing.use(await openStage({ runs: 0 }));
    browser = await openBrowser();
    closing.defer(() => browser.close());
  });
  after(() => closing.disposeAsync());

  test("says that nothing was shown yet, and fills while the first run goes on", async () => {
    await using window = await openWindow(browser, DESK, await stage.session("viewer"));
    const { page } = window;
    await page.goto(`${stage.url}/readiness`);
    await page.getByRole("heading", { level: 1, name: "NOT READY: 0 of 12 controls met; 12 missing" }).waitFor();

    const run = await stage.beginRun();
    await page.getByText("Run going on").waitFor();
    await stage.writeEvidence(run);
    await page.getByRole("heading", { level: 1, name: /8 of 12 controls met/ }).waitFor();
    await stage.finishRun(run);

    await page.getByText("Last run completed").waitFor();
  });

  test("says on the load page what makes a load test stand there", async () => {
    await using window = await openWindow(browser, DESK, await stage.session("viewer"));

    await window.page.goto(`${stage.url}/load`);

    await window.page.getByRole("heading", { name: "No load test yet" }).waitFor();
    await window.page.getByText("muster load run checkout.load.ts --record").waitFor();
  });

  test("says on the evidence page what makes evidence", async () => {
    const empty = await openStage({ runs: 0 });
    await using window = await openWindow(browser, DESK, await empty.session("viewer"));

    await window.page.goto(`${empty.url}/evidence`);
    await window.page.getByText("No evidence yet").waitFor();

    await window.page.getByText("muster up").waitFor();
    await empty[Symbol.asyncDispose]();
  });
});
