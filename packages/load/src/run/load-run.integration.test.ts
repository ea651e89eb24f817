import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type LoadReport, LoadReportSchema, problemsOf } from "@muster/contract";
import { defineScenario, type LoadPlan, type Scenario } from "../scenario/scenario.ts";
import { eventually, httpServer, type TestServer } from "../testing/servers.ts";
import { type LoadProgress, type RunningLoad, startLoad, startLoadFile } from "./load-run.ts";
import { startWorkerThread } from "./worker-thread.ts";

const planFile = fileURLToPath(new URL("../testing/plan-for-workers.ts", import.meta.url));
const visit = defineScenario({ name: "visit", run: async (user) => void (await user.http.get("/")) });

function planOf(server: TestServer, rest: Partial<LoadPlan> = {}, scenario: Scenario = visit): LoadPlan {
  const model = { arrivalsPerSecond: 100, for: "300ms" };
  return { target: server.url.href, workloads: [{ scenarios: [scenario], model }], gracefulStop: "300ms", ...rest };
}

/** One user who asks thirty times, unhurried: there is no schedule that a busy machine could miss. */
const THIRTY_REQUESTS = {
  workloads: [
    {
      scenarios: [
        defineScenario({
          name: "visit",
          async run(user) {
            await user.http.get("/");
            await user.think(5);
          },
        }),
      ],
      model: { users: 1, for: "30s" },
    },
  ],
  maxRequests: 30,
} satisfies Partial<LoadPlan>;

async function reportOf(plan: LoadPlan): Promise<LoadReport> {
  const report = await startLoad(plan).report;
  assert.deepEqual(problemsOf(LoadReportSchema, JSON.parse(JSON.stringify(report))), []);
  return report;
}

function useWorkers(server: TestServer, scenario: string): void {
  process.env["LOAD_TEST_TARGET"] = server.url.href;
  process.env["LOAD_TEST_SCENARIO"] = scenario;
}

const completedOf = (load: RunningLoad): number => load.interim()?.scenarios[0]?.iterations.completed ?? 0;

test("a run that meets its thresholds has passed, and its report says so in one sentence", async () => {
  await using server = await httpServer((_request, response) => response.end("ok"));

  const report = await reportOf(planOf(server, { thresholds: ["errors < 1%", "p95 < 10s"] }));

  assert.equal(report.verdict, "passed");
  assert.match(report.sentence, /^PASSED: 2 of 2 thresholds met; 30 requests, \d+\/s, p95 [\d.]+ ms, 0 % failed$/);
  assert.equal(report.total.requests, 30);
  assert.equal(report.total.histogram.count, 30);
  assert.deepEqual(
    report.scenarios[0]?.steps.map((step) => step.name),
    ["GET /"],
  );
  assert.equal(
    report.timeline.reduce((sum, slice) => sum + slice.requests, 0),
    30,
  );
  assert.equal(report.partial, false);
  assert.match(report.environment["node"] ?? "", /^v\d/);
});

test("a broken threshold, or one without data, fails the run", async () => {
  await using server = await httpServer((_request, response) => response.writeHead(500).end());

  const report = await reportOf(
    planOf(server, { ...THIRTY_REQUESTS, thresholds: ["errors < 1%", { that: "p95 < 1s", step: "GET /none" }] }),
  );

  assert.equal(report.verdict, "failed");
  assert.match(report.sentence, /^FAILED: 0 of 2 thresholds met/);
  assert.deepEqual(report.messages[0], { message: "GET /: status 500", count: 30 });
});

test("a scenario that always throws turns the run red without any threshold", async () => {
  await using server = await httpServer((_request, response) => response.end());
  const broken = defineScenario({
    name: "broken",
    run() {
      throw new Error("no such page");
    },
  });

  const report = await reportOf(planOf(server, {}, broken));

  assert.equal(report.verdict, "failed");
  assert.match(report.sentence, /the scenario "broken" threw in every one of its 30 iterations/);
  assert.equal(report.messages[0]?.message, "broken threw Error: no such page");
});

test("a run whose arrivals could not all begin is invalid", async () => {
  await using server = await httpServer(() => {});
  const workloads = [{ scenarios: [visit], model: { arrivalsPerSecond: 100, for: "200ms", maxUsers: 2 } }];

  const report = await reportOf(planOf(server, { workloads }));

  assert.equal(report.verdict, "invalid");
  assert.match(report.sentence, /^INVALID: the asked rate was not offered: 18 of 20 were never sent/);
});

test("a broken threshold ends the run when it shall", async () => {
  await using server = await httpServer((_request, response) => response.writeHead(503).end());
  const workloads = [{ scenarios: [visit], model: { arrivalsPerSecond: 50, for: "60s" } }];
  const thresholds = [{ that: "errors < 10%", abort: true, abortAfterMs: 500 }];

  const report = await reportOf(planOf(server, { workloads, thresholds }));

  assert.equal(report.verdict, "failed");
  assert.equal(report.partial, true);
  assert.ok(report.durationMs < 5_000, `${report.durationMs}`);
  assert.match(report.reasons.join(" "), /ended after \d s because a threshold was broken: errors 100 %/);
});

test("set-up and tear-down happen once, around the load, and users have what the set-up returned", async () => {
  await using server = await httpServer((_request, response) => response.end());
  const order: string[] = [];
  const shared: unknown[] = [];
  const scenario = defineScenario({
    name: "look",
    async run(user) {
      shared.push(user.shared);
      await user.http.get("/");
    },
  });
  const plan = planOf(
    server,
    {
      setUp: ({ target }) => {
        order.push(`set up ${target.pathname}`);
        return { token: "t" };
      },
      tearDown: (kept) => void order.push(`tear down ${JSON.stringify(kept)} after ${shared.length}`),
    },
    scenario,
  );

  await reportOf(plan);

  assert.deepEqual(order, ["set up /", 'tear down {"token":"t"} after 30']);
  assert.deepEqual(shared[0], { token: "t" });
});

test("a set-up that throws ends the run before it begins, and the tear-down is done all the same", async () => {
  await using server = await httpServer((_request, response) => response.end());
  let tornDown = 0;
  const plan = planOf(server, {
    setUp: () => {
      throw new Error("no database");
    },
    tearDown: () => void (tornDown += 1),
  });

  await assert.rejects(startLoad(plan).report, {
    code: "load-set-up",
    message: "the set-up of the plan failed: no database",
  });

  assert.equal(tornDown, 1);
  assert.equal(server.connections.opened, 0);
});

test("a tear-down that throws is told, and costs no report", async () => {
  await using server = await httpServer((_request, response) => response.end());
  const lines: string[] = [];
  const plan = planOf(server, {
    tearDown: () => {
      throw new Error("the table is locked");
    },
  });

  const report = await startLoad(plan, { onOutput: (line) => lines.push(line) }).report;

  assert.equal(report.total.requests, 30);
  assert.deepEqual(lines, ["the tear-down of the plan failed: the table is locked"]);
});

test("a run that is stopped ends with a report that is marked as partial", async () => {
  await using server = await httpServer((_request, response) => response.end());
  const slow = defineScenario({
    name: "visit",
    async run(user) {
      await user.http.get("/");
      await user.think(20);
    },
  });
  const workloads = [{ scenarios: [slow], model: { users: 2, for: "60s" } }];
  const load = startLoad(planOf(server, { workloads }));
  await eventually(() => completedOf(load) > 0, "some iterations");

  load.stop("stopped by hand");
  const report = await load.report;

  assert.equal(report.partial, true);
  assert.deepEqual(report.reasons, ["stopped by hand"]);
  assert.ok(report.total.requests > 0);
  await eventually(() => server.connections.open === 0, "closing every connection");
});

test("a paused run does not age, and progress tells", async () => {
  await using server = await httpServer((_request, response) => response.end());
  const seen: LoadProgress[] = [];
  const load = startLoad(planOf(server), { onProgress: (progress) => seen.push(progress) });
  await eventually(() => completedOf(load) > 0, "some iterations");

  load.pause();
  await eventually(() => seen.length > 0, "progress");
  load.resume();
  const report = await load.report;

  assert.equal(seen[0]?.paused, true);
  assert.equal(seen[0]?.plannedMs, 300);
  assert.ok(report.durationMs < 700, `${report.durationMs}`);
  assert.equal(report.total.requests, 30);
});

test("a plan that does not hold is refused with every problem at once", async () => {
  const plan = {
    target: "somewhere",
    workloads: [{ scenarios: [{ name: "", run: 1 }], model: { users: 0, for: "1s" } }],
    thresholds: ["p95 fast", { that: "iteration p95 < 1s" }, { that: "errors < 1%", scenario: "none" }],
    timeout: "soon",
    maxRequests: 0.5,
  } as unknown as LoadPlan;

  await assert.rejects(startLoad(plan).report, (error: { problems: readonly { path: string }[] }) => {
    assert.deepEqual(
      error.problems.map((problem) => problem.path),
      [
        "target",
        "workloads.0.scenarios.0.name",
        "workloads.0.scenarios.0.run",
        "workloads.0.model",
        "thresholds.0",
        "thresholds.1",
        "thresholds.2.scenario",
        "timeout",
        "maxRequests",
      ],
    );
    return true;
  });
});

test("workers share the arrivals of a plan and report as one", async () => {
  await using server = await httpServer((_request, response) => response.end());
  useWorkers(server, "visit");

  const report = await startLoadFile(planFile, 2).report;

  assert.equal(report.total.requests, 50);
  assert.equal(report.generator.workers, 2);
  assert.deepEqual(report.scenarios[0]?.checks, [{ name: "shared is known", passed: 50, failed: 0 }]);
  assert.equal(
    report.timeline.reduce((sum, slice) => sum + slice.requests, 0),
    50,
  );
});

test("a plan that cannot be loaded is refused", async () => {
  await assert.rejects(startLoadFile("/nowhere/plan.ts", 1).report, { code: "load-plan-invalid" });
  await assert.rejects(
    startLoadFile(fileURLToPath(import.meta.resolve("./load-thread.ts")), 1).report,
    /default export/,
  );
});

for (const [scenario, loss] of [
  ["spins", /said nothing for 2 s.*never lets go/],
  ["hoards", /ran out of memory/],
  ["exits", /ended with code 0: a scenario ended the process/],
] as const) {
  test(`a scenario that ${scenario} costs its worker, and the run says so`, async () => {
    await using server = await httpServer((_request, response) => response.end());
    useWorkers(server, scenario);
    const thread = startWorkerThread({
      planFile,
      segment: { index: 0, count: 1 },
      onOutput: () => {},
      maxHeapMb: 64,
      silenceMs: 2_000,
    });
    await thread.ready;

    thread.start(undefined);

    assert.match((await thread.finished) ?? "", loss);
  });
}

test("what scenarios print is handed over up to a limit", async () => {
  await using server = await httpServer((_request, response) => response.end());
  useWorkers(server, "prints");
  const lines: string[] = [];

  await startLoadFile(planFile, 1, { onOutput: (line) => lines.push(line) }).report;

  assert.equal(lines.length, 201);
  assert.match(lines.at(-1) ?? "", /prints more than 200 lines/);
});
