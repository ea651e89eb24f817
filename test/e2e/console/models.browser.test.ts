import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Role } from "@muster/kernel";
import type { Browser, Page } from "playwright-core";
import { faultsOf, openBrowser, openWindow, type View, type Window, withoutChromium } from "./browser.ts";
import { eventually, openStage, type Stage } from "./stage.ts";

const MODELS = join(import.meta.dirname, "../../../apps/models/models");
const DESK = { theme: "light", width: 1280 } as const;

/** Both themes and both widths once: colours do not depend on the width, nor the layout on the theme. */
const EACH_THEME_AND_WIDTH: readonly View[] = [DESK, { theme: "dark", width: 360 }];

/** The field `doc_string` of an ONNX file, appended: the same model with another digest. */
const ANOTHER_DIGEST = Buffer.from([0x32, 0x02, 0x76, 0x32]);

describe("the page Models, with a real platform behind it", { skip: withoutChromium(), concurrency: false }, () => {
  let browser: Browser;
  let stage: Stage;
  const closing = new AsyncDisposableStack();

  before(async () => {
    stage = closing.use(await openStage({ runs: 0, platform: true }));
    browser = await openBrowser();
    closing.defer(() => browser.close());
    await addVersion("penguins", 0.97);
    await addDataset("reference", "reference.csv", {});
    await addDataset("outdoors", "outdoors.csv", { required: true, max: 60 });
  });
  after(() => closing.disposeAsync());

  /** What an operator sends by way of Muster's server, without a browser. */
  async function send(method: string, path: string, body: string | FormData | Buffer, type?: string) {
    const cookie = await stage.session("operator");
    const response = await fetch(`${stage.url}/api/v1/models/staging${path}`, {
      method,
      headers: { cookie: `${cookie.name}=${cookie.value}`, ...(type === undefined ? {} : { "content-type": type }) },
      body,
    });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return (await response.json()) as { id: string; detection?: { columns: { name: string; type: string }[] } };
  }

  async function addVersion(model: string, accuracy: number): Promise<void> {
    const file = JSON.parse(await readFile(join(MODELS, model, "model-card.json"), "utf8"));
    const { format: _f, name: _n, version: _v, artefact: _a, ...card } = file;
    const artefact = Buffer.concat([await readFile(join(MODELS, model, "model.onnx")), ANOTHER_DIGEST]);
    const form = new FormData();
    form.set("card", JSON.stringify({ ...card, metrics: { testAccuracy: accuracy } }));
    form.set("model", new Blob([artefact]), "model.onnx");
    await send("POST", `/models/${model}/versions`, form);
  }

  async function addDataset(name: string, file: string, rules: object): Promise<void> {
    const rows = await readFile(join(MODELS, "sensor-anomaly", file));
    const { id, detection } = await send("POST", `/datasets/${name}/uploads`, rows, "text/csv");
    const columns = detection?.columns.map((column) =>
      column.name === "humidity" && Object.keys(rules).length > 0 ? { ...column, rules } : column,
    );
    await send("POST", `/datasets/${name}/versions`, JSON.stringify({ upload: id, columns }), "application/json");
  }

  async function open(role: Role, path: string, view: View = DESK): Promise<Window> {
    const window = await openWindow(browser, view, await stage.session(role));
    await window.page.goto(`${stage.url}${path}`);
    return window;
  }

  async function predict(page: Page): Promise<string> {
    await page.getByRole("button", { name: "Predict" }).click();
    await page.getByRole("heading", { name: "Answer" }).waitFor();
    await page.getByRole("button", { name: "Predict" }).waitFor();
    return page.getByRole("region", { name: "Answer" }).innerText();
  }

  test("a viewer finds a model by key, tries one of five named inputs, and gets what the training got", async () => {
    await using window = await open("viewer", "/readiness");
    const { page } = window;
    await page.getByRole("heading", { level: 1, name: /READY/ }).waitFor();

    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await page.getByRole("link", { name: "flight-delay" }).click();
    await page.getByRole("link", { name: "Try it" }).click();
    await page.waitForURL("**/models/flight-delay?tab=try");
    const first = await predict(page);
    await eventually("the second answer is remembered", async () => (await predict(page)).includes("remembered"));

    assert.match(first, /computed[\s\S]*late_probability[\s\S]*0\.1932[\s\S]*as in the training/);
    assert.match(await page.getByRole("form").innerText(), /curl -s .*flight-delay\/versions\/1\/infer/);
    await page.getByLabel("minute of day").fill("1500");
    await page.getByText("above 1439, the most it was trained on").waitFor();
    await page.getByLabel("minute of day").fill("noon");
    await page.getByRole("button", { name: "Predict" }).click();
    await page.getByText('"noon" is not a number.').waitFor();
    assert.deepEqual(window.faults, []);
  });

  test("a wide input is one box for each column, and shares get the names of their classes", async () => {
    await using window = await open("viewer", "/models/penguins?tab=try");

    const answer = await predict(window.page);

    assert.match(answer, /Adelie[\s\S]*Chinstrap[\s\S]*Gentoo[\s\S]*species[\s\S]*Adelie/);
    assert.equal(await window.page.getByRole("form").getByRole("textbox").count(), 4);
  });

  test("an operator sees from where to where, confirms by name, and can go back", async () => {
    await using window = await open("operator", "/models/penguins?tab=versions");
    const { page } = window;

    await page.getByRole("button", { name: "Make champion…" }).click();
    const dialog = page.getByRole("dialog");
    const shown = (await dialog.innerText()).replace(/\s+/g, " ");
    await dialog.getByRole("button", { name: "Make it the champion" }).click();
    await dialog.getByText("That is not the name of this model.").waitFor();
    await dialog.getByLabel(/^Type/).fill("penguins");
    await dialog.getByRole("button", { name: "Make it the champion" }).click();
    await dialog.getByText("names version 2 since now").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await page.getByText("champion is version 2").waitFor();
    await page.getByRole("button", { name: "Roll back to version 1…" }).click();
    await dialog.getByLabel(/^Type/).fill("penguins");
    await dialog.getByRole("button", { name: "Roll back" }).click();
    await dialog.getByText("names version 1 since now").waitFor();

    assert.match(shown, /now: version 1 then: version 2/);
    assert.match(shown, /testAccuracy 1 0\.97/);
    assert.match(shown, /must repeat its golden case; only then does the alias move/);
    assert.match(shown, /curl -s -X PUT .*aliases\/champion.*if-match: "1"/);
    assert.deepEqual(window.faults, []);
  });

  test("a viewer is offered nothing that a viewer may not do", async () => {
    await using window = await open("viewer", "/models/penguins?tab=versions");
    const { page } = window;
    await page.getByRole("heading", { name: /^Versions/ }).waitFor();
    const buttons = await page.getByRole("button", { name: /Make|Roll/ }).count();
    await page.goto(`${stage.url}/models?view=sql`);

    await page.getByRole("heading", { name: "Asking the data needs the role responder" }).waitFor();
    await page.goto(`${stage.url}/models?view=data`);
    await page.getByRole("link", { name: "outdoors" }).waitFor();

    assert.equal(buttons, 0);
    assert.equal(await page.getByRole("button", { name: "Upload…" }).count(), 0);
  });

  test("a file becomes a data set, with its types settled and its quality told", async () => {
    await using window = await open("operator", "/models?view=data");
    const { page } = window;
    const rows = `city,degrees\nOslo,4\nOslo,5\nRome,\nBern,x\n${"Wien,7\n".repeat(100)}`;

    await page.getByRole("button", { name: "Upload…" }).click();
    const dialog = page.getByRole("dialog", { name: "Upload data" });
    await dialog
      .getByLabel("File")
      .setInputFiles({ name: "Weather 2.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
    await dialog.getByRole("button", { name: "Send the file" }).click();
    await dialog.getByLabel("Type of degrees").selectOption("DOUBLE");
    await dialog.getByLabel("degrees is required").check();
    await dialog.getByRole("button", { name: "Make a version" }).click();
    await dialog.getByText("Version 1 of weather_2 has 102 rows; 2 rows rejected.").waitFor();
    await dialog.getByRole("button", { name: "Look at it" }).click();

    await page.waitForURL("**/models?view=data&dataset=weather_2");
    await page.getByText("passed its rules").waitFor();
    await page.getByText(/required: 1 row rejected/).waitFor();
    const rejected = page.getByRole("link", { name: "Rejected rows with reasons" });
    const file = await page.request.get(`${stage.url}${await rejected.getAttribute("href")}`);
    assert.match(file.headers()["content-disposition"] ?? "", /^attachment/);
    assert.match(await file.text(), /Bern/);
    assert.deepEqual(window.faults, []);
  });

  test("a question in SQL is run by keyboard, paged by the server, drawn, exported, and kept in the address", async () => {
    await using window = await open("responder", "/models?view=sql");
    const { page } = window;
    const box = page.getByRole("textbox", { name: "Question in SQL" });

    await box.fill("select reading, humidity from outdoors order by reading limit 250");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("heading", { name: /^Result 250 rows/ }).waitFor();
    await page.getByRole("button", { name: "After" }).click();
    await page.getByText("rows 101 to 200").waitFor();
    await page.getByRole("button", { name: "Chart" }).click();
    await page.getByRole("img", { name: /^humidity by reading/ }).waitFor();
    const link = await page.getByRole("link", { name: "Parquet" }).getAttribute("href");
    const parquet = await page.request.get(`${stage.url}${link}`);
    await page.reload();

    assert.equal((await parquet.body()).subarray(0, 4).toString(), "PAR1");
    assert.equal(await box.inputValue(), "select reading, humidity from outdoors order by reading limit 250");
    await box.fill("select nobody from outdoors");
    await page.keyboard.press("Control+Enter");
    assert.match(await page.getByRole("alert").innerText(), /cannot be answered[\s\S]*nobody/);
  });

  test("a question that runs long can be cancelled", async () => {
    await using window = await open("responder", "/models?view=sql");
    const { page } = window;
    const long = "select count(*) from outdoors a, outdoors b, outdoors c, outdoors d";

    await page.getByRole("textbox", { name: "Question in SQL" }).fill(long);
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();

    await page.getByText("Cancelled; nothing was kept of it.").waitFor();
  });

  test("a data set is predicted in the background after it was said how, and the result can be had", async () => {
    await using window = await open("operator", "/models?view=jobs");
    const { page } = window;
    await page.getByRole("button", { name: "Predict a data set…" }).click();
    const dialog = page.getByRole("dialog", { name: "Predict a data set" });
    await dialog.getByLabel("Model").selectOption("sensor-anomaly");
    await dialog.getByLabel("Data set").selectOption("outdoors");
    await dialog.getByLabel("Result as").selectOption("csv");

    await dialog.getByText(/predicts 1,258 rows of outdoors version 1/).waitFor();
    await dialog.getByText("reading is taken from humidity, temperature.").waitFor();
    await dialog.getByRole("button", { name: "Submit the job" }).click();
    await page.getByText("finished").waitFor({ timeout: 30_000 });
    const link = await page.getByRole("link", { name: "CSV" }).getAttribute("href");
    const result = await page.request.get(`${stage.url}${link}`);

    assert.equal((await result.text()).trim().split("\n").length, 1_259);
    assert.deepEqual(window.faults, []);
  });

  test("remembered answers are forgotten only after it was said how many", async () => {
    await using window = await open("operator", "/models?view=cache");
    const { page } = window;

    await page.getByText("tag", { exact: true }).click();
    await page.getByRole("textbox", { name: "tag" }).fill("model:flight-delay");
    await page.getByText("1 answer:").waitFor();
    await page.getByRole("button", { name: "Forget…" }).click();
    const dialog = page.getByRole("dialog", { name: "Forget remembered answers" });
    await dialog.getByText(/^1 answer will be forgotten/).waitFor();
    await dialog.getByRole("button", { name: "Forget 1 answer" }).click();

    await page.getByText("1 answer went on this replica").waitFor();
  });

  test("the challenger gets a share of the callers, and the shares say so", async () => {
    await using window = await open("operator", "/models/penguins?tab=versions");
    const { page } = window;
    await page.getByRole("button", { name: "Make challenger…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make it the challenger" }).click();
    await page.getByRole("dialog").getByText("names version 2 since now").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Traffic" }).click();

    await page.getByRole("button", { name: "Change the shares…" }).click();
    await page.getByLabel(/^Callers that the challenger answers/).fill("10");
    await page.getByRole("button", { name: "Change the shares", exact: true }).click();

    await page.getByText("90 %").waitFor();
  });

  test("what is known stays, with its age, while nothing answers", async () => {
    await using window = await open("viewer", "/models/penguins");
    const { page } = window;
    await page.getByRole("img", { name: /^Throughput\./ }).waitFor();

    await page.getByText("Live", { exact: true }).waitFor();
    await stage.dropStreams();
    await page.context().setOffline(true);

    await page
      .getByText(/^As of/)
      .first()
      .waitFor({ timeout: 20_000 });
    assert.ok(await page.getByRole("img", { name: /^Throughput\./ }).isVisible());
  });

  test("says that there is no such model", async () => {
    await using window = await open("viewer", "/models/nobody");

    assert.match(await window.page.getByRole("alert").innerText(), /No model is called "nobody"/);
  });

  /** Each part in a state with much in it. */
  const PARTS: readonly (readonly [path: string, ready: (page: Page) => Promise<unknown>])[] = [
    ["/models", (page) => page.getByRole("link", { name: "penguins" }).waitFor()],
    ["/models/penguins", (page) => page.getByRole("img", { name: /^Latency/ }).waitFor()],
    ["/models/penguins?tab=try", predict],
    [
      "/models/penguins?tab=versions",
      async (page) => {
        await page.getByRole("button", { name: "version 2", exact: true }).click();
        await page.getByRole("button", { name: "Make champion…" }).click();
      },
    ],
    ["/models/penguins?tab=traffic", (page) => page.getByText("Challenger answers").waitFor()],
    [
      "/models/sensor-anomaly?tab=drift",
      async (page) => {
        await page.getByRole("button", { name: "Compare" }).click();
        await page.getByRole("columnheader", { name: "Reference and current" }).waitFor();
      },
    ],
    ["/models?view=data&dataset=outdoors", (page) => page.getByText(/max: 3 rows rejected/).waitFor()],
    [
      "/models?view=sql&sql=select mote, humidity from outdoors",
      async (page) => {
        await page.getByRole("button", { name: "Run" }).click();
        await page.getByRole("heading", { name: /^Result/ }).waitFor();
      },
    ],
    ["/models?view=jobs", (page) => page.getByText("finished").waitFor()],
    ["/models?view=cache", (page) => page.getByText("Answers kept").waitFor()],
  ];
  for (const view of EACH_THEME_AND_WIDTH) {
    test(`every part is accessible (${view.theme}, ${view.width} px)`, async () => {
      await using window = await open("admin", "/models", view);
      const found: string[] = [];
      for (const [path, ready] of PARTS) {
        await window.page.goto(`${stage.url}${path}`);
        await ready(window.page);
        for (const fault of await faultsOf(window.page)) found.push(`${path}: ${fault}`);
      }

      assert.deepEqual(found, []);
      assert.deepEqual(window.faults, []);
    });
  }

  test("what a model does is drawn as it happens, and can be read as a table", async () => {
    await using window = await open("viewer", "/models/penguins");
    const { page } = window;

    const chart = page.getByRole("img", { name: /^Throughput\./ });
    await chart.waitFor();
    // A window of ten seconds must be over before anything is told of it.
    await eventually(
      "the predictions of the tests before are counted",
      async () => Number(/([\d,]+) answered/.exec(await page.getByRole("main").innerText())?.[1]) >= 2,
      25_000,
    );
    await page.getByRole("button", { name: "Throughput as a table" }).click();

    const table = page.getByRole("region", { name: "Throughput" });
    assert.match(await table.innerText(), /version 1[\s\S]*not known/);
    assert.match((await page.getByRole("img", { name: /^Latency/ }).getAttribute("aria-label")) ?? "", /ms/);
    assert.deepEqual(window.faults, []);
  });
});
