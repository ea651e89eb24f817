import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openPool, postgresLoadTests } from "@muster/adapters";
import { mountSmallDisk, NO_SMALL_DISK, temporaryPostgres } from "@muster/adapters/testing";
import { type LoadReport, LoadReportSchema, problemsOf } from "@muster/contract";
import { runMuster, startMuster } from "../src/testing/run-command.ts";

describe("muster load", () => {
  let folder: string;
  let server: Server;
  let url: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-load-"));
    server = createServer((request, response) => {
      if (request.url === "/slow") {
        setTimeout(() => response.end(), 500);
        return;
      }
      response.statusCode = request.url === "/broken" ? 500 : 200;
      response.end("ok");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function writePlan(name: string, path: string, model: string, rest = ""): Promise<string> {
    const load = import.meta.resolve("@muster/load");
    await writeFile(
      join(folder, name),
      `import { defineLoad, defineScenario } from ${JSON.stringify(load)};
const visit = defineScenario({
  name: "visit",
  async run(user) {
    const response = await user.http.get("${path}");
    user.check(response, { "is 200": (seen) => seen.status === 200 });
    await user.think(5);
  },
});
export default defineLoad({ target: ${JSON.stringify(url)}, workloads: [{ scenarios: [visit], model: ${model} }], ${rest} });
`,
    );
    return name;
  }

  it("runs a plan, says the verdict first, and writes what it was asked for", async () => {
    const plan = await writePlan(
      "good.ts",
      "/",
      '{ arrivalsPerSecond: 50, for: "1s" }',
      'thresholds: ["errors < 1%"], satisfiedWithin: "5s"',
    );
    const files = [
      "--save",
      "run.json",
      "--csv",
      "run.csv",
      "--junit",
      "run.xml",
      "--prometheus",
      "run.prom",
      "--html",
      "run.html",
    ];

    const { code, out, err } = await runMuster(["load", "run", plan, "--workers", "1", ...files], { cwd: folder });

    assert.equal(code, 0, out + err);
    assert.match(out, /^PASSED: 1 of 1 thresholds met; 50 requests/);
    assert.match(out, /● is 200: 50 of 50/);
    assert.match(out, /^Apdex 1\.00$/m);
    const report = JSON.parse(await readFile(join(folder, "run.json"), "utf8")) as LoadReport;
    assert.deepEqual(problemsOf(LoadReportSchema, report), []);
    assert.match(await readFile(join(folder, "run.csv"), "utf8"), /^at_s,requests/);
    assert.match(await readFile(join(folder, "run.xml"), "utf8"), /<testsuites name="muster load"/);
    assert.match(await readFile(join(folder, "run.prom"), "utf8"), /muster_load_requests_total/);
    assert.match(await readFile(join(folder, "run.html"), "utf8"), /<title>Load on http:[^<]*: PASSED: 1 of 1/);
  });

  it("shows a saved report again, in another form and with the exit code of the run", async () => {
    const plan = await writePlan(
      "again.ts",
      "/broken",
      '{ arrivalsPerSecond: 20, for: "200ms" }',
      'thresholds: ["errors < 1%"]',
    );
    const first = await runMuster(["load", "run", plan, "--workers", "1", "--save", "again.json"], { cwd: folder });

    const again = await runMuster(["load", "report", "again.json", "--html", "again.html"], { cwd: folder });

    assert.equal(again.code, 1, again.err);
    assert.equal(again.out, first.out);
    assert.match(await readFile(join(folder, "again.html"), "utf8"), /<title>Load on http:[^<]*: FAILED: 0 of 1/);
  });

  it("says after its verdict that the figures could not be delivered", async () => {
    const words = ["load", "bench", `${url}/`, "--duration", "200ms", "--remote-write", `${url}/broken`];

    const { code, out, err } = await runMuster(words, { cwd: folder });
    const refused = await runMuster([...words.slice(0, -1), "prometheus:9090"], { cwd: folder });

    assert.equal(code, 3);
    assert.match(out, /^PASSED: no thresholds/);
    assert.match(err, /\/broken: answered 500: ok/);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /--remote-write needs a complete http or https address/);
  });

  it("says its verdict also when the disk is full, and leaves what stood in the file before", async (t) => {
    const small = join(folder, "small");
    await mkdir(small);
    const disk = mountSmallDisk(small, "64k");
    if (disk === undefined) return t.skip(NO_SMALL_DISK);
    t.after(() => disk.unmount());
    await writeFile(join(small, "run.html"), "the report of yesterday");
    const words = ["load", "bench", `${url}/`, "--duration", "200ms", "--html", join(small, "run.html")];

    const { code, out, err } = await runMuster(words, { cwd: folder });

    assert.equal(code, 3);
    assert.match(out, /^PASSED: no thresholds; \d+ requests/);
    assert.match(err, /run\.html could not be written: the disk is full/);
    assert.match(err, /fix: Make room or choose another place; the report was printed before/);
    assert.deepEqual(await readdir(small), ["run.html"]);
    assert.equal(await readFile(join(small, "run.html"), "utf8"), "the report of yesterday");
  });

  it("keeps a run for the console, and refuses where there is no database to keep it in", async () => {
    await using closing = new AsyncDisposableStack();
    const postgres = await temporaryPostgres();
    closing.defer(() => postgres.close());
    const pool = openPool(postgres.url);
    closing.defer(() => pool.end());
    const words = ["load", "bench", `${url}/`, "--duration", "1200ms", "--rate", "20", "--record"];

    const { code, err } = await runMuster(words, { cwd: folder, env: { DATABASE_URL: postgres.url.reveal() } });
    const nowhere = await runMuster([...words, "--data", join(folder, "none")], { cwd: folder });

    const id = /^recorded: (load-\S+)$/m.exec(err)?.[1] ?? "";
    const kept = await postgresLoadTests(pool).find(id, Date.now());
    assert.equal(code, 0, err);
    assert.deepEqual([kept?.test.state, kept?.test.name, kept?.report?.total.requests], ["finished", "load bench", 24]);
    assert.equal(nowhere.code, 3);
    assert.match(nowhere.err, /there is no evidence in/);
  });

  it("exits 1 when a threshold is broken, with the envelope on request", async () => {
    const plan = await writePlan(
      "broken.ts",
      "/broken",
      '{ arrivalsPerSecond: 20, for: "500ms" }',
      'thresholds: ["errors < 1%"]',
    );

    const { code, out } = await runMuster(["load", "run", plan, "--workers", "1", "--json"], { cwd: folder });

    const envelope = JSON.parse(out) as { result: string; verdict: string };
    assert.equal(code, 1);
    assert.equal(envelope.result, "bad");
    assert.match(envelope.verdict, /^FAILED: 0 of 1/);
  });

  it("exits 3 when the asked rate was not offered", async () => {
    const plan = await writePlan(
      "narrow.ts",
      "/",
      '{ arrivalsPerSecond: 2000, for: "500ms", maxUsers: 1 }',
      'gracefulStop: "100ms"',
    );

    const { code, out } = await runMuster(["load", "run", plan, "--workers", "1"], { cwd: folder });

    assert.equal(code, 3);
    assert.match(out, /^INVALID: the asked rate was not offered/);
  });

  it("names every problem of a plan", async () => {
    const plan = await writePlan("wrong.ts", "/", '{ users: 0, for: "soon" }', 'thresholds: ["p95 fast"]');

    const { code, err } = await runMuster(["load", "run", plan], { cwd: folder });

    assert.equal(code, 2);
    assert.match(err, /workloads\.0\.model/);
    assert.match(err, /thresholds\.0/);
  });

  it("ends on Ctrl-C with a report", async () => {
    const plan = await writePlan("long.ts", "/", '{ users: 2, for: "60s" }');
    const running = startMuster(["load", "run", plan, "--workers", "1"], { cwd: folder });
    await running.until("of 60 s");

    running.child.kill("SIGINT");
    const { code, out } = await running.ended;

    assert.equal(code, 0);
    assert.match(out, /it was stopped by hand/);
  });

  it("benches one address at full speed and at a rate", async () => {
    const fast = await runMuster(["load", "bench", `${url}/`, "--duration", "300ms", "--connections", "2"], {
      cwd: folder,
    });
    const paced = await runMuster(
      ["load", "bench", `${url}/`, "--duration", "500ms", "--rate", "100", "--thresholds", "errors < 1%, p95 < 5s"],
      { cwd: folder },
    );

    assert.equal(fast.code, 0, fast.err);
    assert.match(fast.out, /^PASSED: no thresholds; \d+ requests/);
    assert.equal(paced.code, 0, paced.err);
    assert.match(paced.out, /^PASSED: 2 of 2 thresholds met; 50 requests/);
  });

  it("finds no limit where none is reached, and says so", async () => {
    const words = ["load", "capacity", `${url}/`, "--start", "20", "--max", "40", "--step", "200ms", "--json"];

    const { code, out } = await runMuster(words, { cwd: folder });

    assert.equal(code, 3);
    assert.match((JSON.parse(out) as { verdict: string }).verdict, /^NO LIMIT FOUND: .* holds at 40\/s/);
  });

  it("tells a target that fails from one that does not, and exits 1", async () => {
    const words = ["load", "ab", `${url}/`, `${url}/broken`, "--turns", "4", "--turn", "100ms"];

    const { code, out } = await runMuster(words, { cwd: folder });

    assert.equal(code, 1, out);
    assert.match(out, /^B IS (WORSE|MIXED): .*errors 0 % against 100 %/);
  });

  it("compares saved reports, and refuses what is none", async () => {
    for (const [name, path] of [
      ["a.json", "/"],
      ["b.json", "/broken"],
    ] as const) {
      await runMuster(["load", "bench", url + path, "--duration", "200ms", "--save", name], { cwd: folder });
    }
    await writeFile(join(folder, "none.json"), "{}");

    const worse = await runMuster(["load", "compare", "a.json", "b.json"], { cwd: folder });
    const same = await runMuster(["load", "compare", "a.json", "a.json"], { cwd: folder });
    const none = await runMuster(["load", "compare", "a.json", "none.json"], { cwd: folder });

    assert.equal(worse.code, 1, worse.out);
    assert.equal(same.code, 0);
    assert.match(same.out, /^NO DIFFERENCE SEEN/);
    assert.equal(none.code, 2);
    assert.match(none.err, /is not a load report/);
  });

  it("writes a plan from curl commands, and the plan is one", async () => {
    await writeFile(join(folder, "commands.txt"), `curl '${url}/' -H 'accept: text/html'\n`);
    const words = ["load", "import", "curl", "commands.txt"];

    const printed = await runMuster(words, { cwd: folder });
    const source = printed.out.replace('"@muster/load"', JSON.stringify(import.meta.resolve("@muster/load")));
    await writeFile(join(folder, "imported.ts"), source.replace('for: "1m"', 'for: "300ms"'));
    const ran = await runMuster(["load", "run", "imported.ts", "--workers", "1", "--json"], { cwd: folder });
    const written = await runMuster([...words, "--out", "imported.ts"], { cwd: folder });

    assert.equal(printed.code, 0);
    const report = (JSON.parse(ran.out) as { data: LoadReport }).data;
    assert.ok(report.total.requests > 0 && report.total.failed === 0, ran.out);
    assert.equal(written.code, 3, "a file that is there is not overwritten");
  });

  it("replays an access log", async () => {
    const lines = [0, 1].map((second) => `- - - [21/Nov/2026:12:00:0${second} +0000] "GET /x HTTP/1.1" 200 1`);
    await writeFile(join(folder, "access.log"), [...lines, "nonsense"].join("\n"));

    const { code, out, err } = await runMuster(["load", "replay", "access.log", `${url}/`, "--speed", "500"], {
      cwd: folder,
    });

    assert.equal(code, 0, out);
    assert.match(out, /^PASSED: no thresholds; 2 requests/);
    assert.match(err, /^left out: 1 line /);
  });

  it("lets a run be watched and steered from this machine, and from nowhere else", async () => {
    const plan = await writePlan("steered.ts", "/", '{ users: 2, for: "60s" }');
    const running = startMuster(["load", "run", plan, "--workers", "1", "--control", "0"], { cwd: folder });
    await running.until("of 60 s");
    const address = /control: (\S+)/.exec(running.output())?.[1] ?? "";
    const control = (...words: string[]) => runMuster(["load", "control", ...words], { cwd: folder });

    const metrics = await (await fetch(`${address}/metrics`)).text();
    const status = (await (await fetch(`${address}/status`)).json()) as { users: number };
    const fromPage = await fetch(`${address}/stop`, { method: "POST" });
    const scaled = await control("scale", address, "--percent", "200");
    const unknown = await control("scale", address);
    const stopped = await control("stop", address);
    const { code, out } = await running.ended;
    const late = await control("stop", address);

    assert.match(metrics, /muster_load_requests_total/);
    assert.equal(status.users, 2);
    assert.equal(fromPage.status, 403);
    assert.deepEqual([scaled.code, unknown.code, stopped.code, late.code], [0, 2, 0, 3]);
    assert.equal(code, 0);
    assert.match(out, /it was stopped by command/);
  });

  it("runs on agents that join, and prints the same as Kubernetes objects", async () => {
    const plan = await writePlan("agents.ts", "/", '{ arrivalsPerSecond: 40, for: "500ms" }');
    const env = { MUSTER_LOAD_TOKEN: "a token that nobody guesses" };
    const running = startMuster(["load", "run", plan, "--agents", "2", "--json"], { cwd: folder, env });
    await running.until("waiting for 2 agents at ");
    const address = /at (ws:\S+)/.exec(running.output())?.[1] ?? "";

    const agents = [1, 2].map(() => runMuster(["load", "agent", plan, "--join", address], { cwd: folder, env }));

    const codes = (await Promise.all(agents)).map((each) => each.code);
    const { out } = await running.ended;
    const without = await runMuster(["load", "run", plan, "--agents", "1"], { cwd: folder });
    const printed = await runMuster(["load", "manifest", plan, "--image", "muster:1"], { cwd: folder });
    const report = (JSON.parse(out) as { data: LoadReport }).data;
    assert.deepEqual(codes, [0, 0]);
    assert.equal(report.total.requests, 20);
    assert.equal(report.generator.workers, 2);
    assert.equal(without.code, 2);
    assert.match(without.err, /MUSTER_LOAD_TOKEN is not set/);
    assert.equal((JSON.parse(printed.out) as { kind: string }).kind, "List");
  });

  it("says what to do when the machine allows no more open files", { skip: process.platform === "win32" }, async () => {
    const bin = join(import.meta.dirname, "../bin/muster.js");
    const line = `ulimit -n 60 && exec "${process.execPath}" "${bin}" load bench "${url}/slow" --rate 400 --duration 500ms`;

    const { code, out } = await new Promise<{ code: number | null; out: string }>((resolve) => {
      const child = spawn("sh", ["-c", line], { cwd: folder });
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
      child.on("close", (ended) => resolve({ code: ended, out: text }));
    });

    assert.equal(code, 3);
    assert.match(out, /^INVALID: the generator could not open \d+ connections.*ulimit -n/);
  });

  it("refuses what is no address", async () => {
    const { code } = await runMuster(["load", "bench", "ftp://example.org"], { cwd: folder });

    assert.equal(code, 2);
  });
});
