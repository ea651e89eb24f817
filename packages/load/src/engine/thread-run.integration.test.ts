import assert from "node:assert/strict";
import { test } from "node:test";
import { quantile } from "@muster/kernel";
import { type IterationCounts, type Metrics, totalSeries } from "../metrics/metrics.ts";
import { readAccessLog, replayPlan } from "../imports/access-log.ts";
import { generated, rows } from "../scenario/data-source.ts";
import { defineScenario, type LoadModel, type LoadPlan, type Scenario } from "../scenario/scenario.ts";
import { eventually, type Handler, httpServer, type TestServer } from "../testing/servers.ts";
import { ThreadRun } from "./thread-run.ts";

const whole = { index: 0, count: 1 };
const ok: Handler = (_request, response) => response.end("ok");
const visit = defineScenario({ name: "visit", run: async (user) => void (await user.http.get("/")) });

function planOf(server: TestServer, scenario: Scenario, model: LoadModel, rest: Partial<LoadPlan> = {}): LoadPlan {
  return { target: server.url.href, workloads: [{ scenarios: [scenario], model }], gracefulStop: "300ms", ...rest };
}

async function run(plan: LoadPlan, segment = whole): Promise<Metrics> {
  const thread = new ThreadRun(plan, segment, undefined);
  await thread.finished;
  return thread.snapshot().metrics;
}

function iterationsOf(metrics: Metrics, name: string): IterationCounts {
  const { iterations } = metrics.scenarios.get(name) ?? assert.fail(`no scenario ${name}`);
  const { started, completed, failed, interrupted } = iterations;
  assert.equal(completed + failed + interrupted, started, "every iteration is accounted for");
  return iterations;
}

test("users begin again when they have finished, and never are more than asked for", async () => {
  let open = 0;
  let most = 0;
  await using server = await httpServer((_request, response) => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      response.end();
    }, 10);
  });

  const metrics = await run(planOf(server, visit, { users: 3, for: "300ms" }));

  const { completed, interrupted } = iterationsOf(metrics, "visit");
  assert.equal(most, 3);
  assert.ok(completed >= 30 && completed <= 90, `${completed}`);
  assert.equal(interrupted, 0);
  assert.equal(totalSeries(metrics).requests, completed);
});

test("users ramp up and down with the stages", async () => {
  await using server = await httpServer(ok);
  const scenario = defineScenario({ name: "wait", run: (user) => user.think(5) });
  const stages = [
    { to: 10, over: "200ms" },
    { to: 0, over: "200ms" },
  ];
  const thread = new ThreadRun(planOf(server, scenario, { users: stages }), whole, undefined);
  const seen: number[] = [];

  const watching = setInterval(() => seen.push(thread.snapshot().users), 20);
  await thread.finished;
  clearInterval(watching);

  assert.ok(Math.max(...seen) >= 7 && Math.max(...seen) <= 10, seen.join(" "));
  assert.ok((seen[1] ?? 10) <= 5 && (seen.at(-2) ?? 10) <= 5, seen.join(" "));
  iterationsOf(thread.metrics, "wait");
});

test("arrivals come as often as asked for, however slow the service, and none is lost", async () => {
  await using server = await httpServer((_request, response) => void setTimeout(() => response.end(), 50));

  const metrics = await run(planOf(server, visit, { arrivalsPerSecond: 200, for: "500ms" }));

  const { started, completed, missed } = iterationsOf(metrics, "visit");
  assert.deepEqual([started, completed, missed], [100, 100, 0]);
});

test("an arrival that finds every user busy waits, and its wait counts", async () => {
  await using server = await httpServer((_request, response) => void setTimeout(() => response.end(), 20));

  const metrics = await run(
    planOf(server, visit, { arrivalsPerSecond: 100, for: "400ms", maxUsers: 1 }, { gracefulStop: "2s" }),
  );

  const { completed, missed } = iterationsOf(metrics, "visit");
  const { response, service } = totalSeries(metrics);
  assert.deepEqual([completed, missed], [40, 0]);
  // One user serves 50 a second, so the last of 40 arrivals waits for about half of the time that all take.
  assert.ok((quantile(response, 1) ?? 0) > 300, `response ${response.max}`);
  assert.ok((quantile(service, 0.5) ?? 0) < 60, `service ${quantile(service, 0.5)}`);
});

test("arrivals that nobody could begin until the end are missed, and counted", async () => {
  await using server = await httpServer(() => {});

  const metrics = await run(
    planOf(server, visit, { arrivalsPerSecond: 100, for: "200ms", maxUsers: 2 }, { gracefulStop: "100ms" }),
  );

  const { started, interrupted, missed } = iterationsOf(metrics, "visit");
  assert.deepEqual([started, interrupted, missed], [2, 2, 18]);
});

test("a pause of the user is nobody's wait", async () => {
  await using server = await httpServer(ok);
  const thinker = defineScenario({
    name: "thinker",
    async run(user) {
      await user.think(100);
      await user.http.get("/");
    },
  });

  const metrics = await run(planOf(server, thinker, { arrivalsPerSecond: 50, for: "100ms" }));

  assert.ok((quantile(totalSeries(metrics).response, 0.5) ?? 100) < 80);
});

test("a log is replayed in its order and at its times", async () => {
  const seen: string[] = [];
  await using server = await httpServer((request, response) => {
    seen.push(request.url ?? "");
    response.end();
  });
  const lines = ["/a", "/b", "/c"].map(
    (path, second) => `- - - [21/Nov/2026:12:00:0${second} +0000] "GET ${path} HTTP/1.1" 200 1`,
  );
  const { requests } = readAccessLog(lines.join("\n"), server.url);
  const started = performance.now();

  const metrics = await run(replayPlan(requests, server.url, 10));

  assert.deepEqual(seen, ["/a", "/b", "/c"]);
  assert.ok(performance.now() - started >= 200);
  assert.equal(iterationsOf(metrics, "replay").completed, 3);
});

test("threads that share a run call for exactly its arrivals together", async () => {
  await using server = await httpServer(ok);
  const plan = planOf(server, visit, { arrivalsPerSecond: 101, for: "200ms" });

  const parts = await Promise.all([0, 1, 2].map((index) => run(plan, { index, count: 3 })));

  const started = parts.map((part) => iterationsOf(part, "visit").started);
  assert.deepEqual(started, [7, 7, 6]);
});

test("checks, groups, tags and measures of its own are counted", async () => {
  await using server = await httpServer(ok);
  const scenario = defineScenario({
    name: "shop",
    async run(user) {
      await user.group("cart", async () => {
        const response = await user.http.get("/items?page=1", { tags: { kind: "read" } });
        user.check(response, {
          "is 200": (seen) => seen.status === 200,
          "is JSON": (seen) => seen.json() !== undefined,
        });
      });
      user.count("bought", 2);
      user.gauge("stock", 7);
      user.trend("price", 9.5);
      user.check(1, { outside: (value) => value === 1 });
    },
  });

  const metrics = await run(planOf(server, scenario, { arrivalsPerSecond: 50, for: "100ms" }));

  const shop = metrics.scenarios.get("shop");
  assert.deepEqual([...(shop?.steps.keys() ?? [])], ["cart / GET /items"]);
  assert.deepEqual(shop?.checks.get("cart / is 200"), { passed: 5, failed: 0 });
  assert.deepEqual(shop?.checks.get("cart / is JSON"), { passed: 0, failed: 5 });
  assert.deepEqual(shop?.checks.get("outside"), { passed: 5, failed: 0 });
  assert.equal(shop?.groups.get("cart")?.count, 5);
  assert.equal(metrics.tags.get("kind=read")?.requests, 5);
  assert.deepEqual(metrics.custom.get("bought"), { kind: "counter", total: 10 });
  assert.deepEqual(metrics.custom.get("stock"), { kind: "gauge", last: 7, min: 7, max: 7 });
});

test("a scenario that always throws fails every iteration, says why, and does not spin", async () => {
  await using server = await httpServer(ok);
  const broken = defineScenario({
    name: "broken",
    run() {
      throw new TypeError("x is not a function");
    },
  });

  const metrics = await run(planOf(server, broken, { users: 2, for: "300ms" }));

  const { failed, completed } = iterationsOf(metrics, "broken");
  assert.equal(completed, 0);
  assert.ok(failed >= 2 && failed <= 10, `${failed}`);
  assert.ok(metrics.messages.has("broken threw TypeError: x is not a function"));
});

test("a scenario that waits for nothing does not keep others from their turn", async () => {
  await using server = await httpServer(ok);
  const idle = defineScenario({ name: "idle", run() {} });
  const plan = planOf(server, idle, { users: 1, for: "200ms" });
  const workloads = [...plan.workloads, { scenarios: [visit], model: { arrivalsPerSecond: 100, for: "200ms" } }];

  const metrics = await run({ ...plan, workloads });

  assert.ok(iterationsOf(metrics, "idle").completed > 10);
  assert.equal(iterationsOf(metrics, "visit").completed, 20);
});

test("a scenario that hangs is given up when the time is up", async () => {
  await using server = await httpServer(ok);
  const hanging = defineScenario({ name: "hanging", run: () => new Promise<void>(() => {}) });

  const metrics = await run(planOf(server, hanging, { users: 2, for: "100ms" }));

  const { started, interrupted } = iterationsOf(metrics, "hanging");
  assert.deepEqual([started, interrupted], [2, 2]);
});

test("iterations under way may end in the time of grace; the rest is interrupted and leaves no connection", async () => {
  await using server = await httpServer((request, response) => {
    if (request.url === "/quick") setTimeout(() => response.end(), 150);
  });
  const path = defineScenario({
    name: "path",
    run: async (user) => void (await user.http.get(user.id === 0 ? "/quick" : "/never")),
  });

  const metrics = await run(planOf(server, path, { users: 2, for: "100ms" }));

  const { completed, interrupted } = iterationsOf(metrics, "path");
  assert.deepEqual([completed, interrupted], [1, 1]);
  await eventually(() => server.connections.open === 0, "closing every connection");
});

test("scenarios of one workload are chosen by weight, the same with the same seed", async () => {
  await using server = await httpServer(ok);
  const scenario = (name: string, weight: number): Scenario =>
    defineScenario({ name, weight, run: (user) => user.think(0) });
  const plan: LoadPlan = {
    target: server.url.href,
    seed: 42,
    workloads: [
      { scenarios: [scenario("often", 9), scenario("seldom", 1)], model: { arrivalsPerSecond: 1_000, for: "300ms" } },
    ],
  };

  const [first, second] = [await run(plan), await run(plan)];

  const seldom = iterationsOf(first, "seldom").started;
  assert.ok(seldom > 10 && seldom < 60, `${seldom} of 300`);
  assert.equal(iterationsOf(second, "seldom").started, seldom);
});

test("each row of unique data is used once in the whole run, then the workload ends", async () => {
  await using server = await httpServer(ok);
  const names: string[] = [];
  const people = rows(
    Array.from({ length: 10 }, (_, nth) => ({ name: `p${nth}` })),
    "unique",
  );
  const scenario = defineScenario({
    name: "sign-up",
    data: { people, numbers: generated((nth) => nth) },
    async run(user) {
      const { name } = user.next("people");
      names.push(`${name}:${user.next("numbers")}`);
      await user.http.post("/", { name });
    },
  });
  const plan = planOf(server, scenario, { users: 4, for: "60s" });

  const parts = await Promise.all([0, 1].map((index) => run(plan, { index, count: 2 })));

  const completed = parts.reduce((sum, part) => sum + iterationsOf(part, "sign-up").completed, 0);
  assert.equal(completed, 10);
  assert.deepEqual(
    names.toSorted(),
    Array.from({ length: 10 }, (_, nth) => `p${nth}:${nth}`),
  );
});

test("a run that is paused begins nothing, and goes on where it was", async () => {
  await using server = await httpServer(ok);
  const thread = new ThreadRun(planOf(server, visit, { arrivalsPerSecond: 100, for: "300ms" }), whole, undefined);
  const started = (): number => thread.metrics.scenarios.get("visit")?.iterations.started ?? 0;
  await eventually(() => started() >= 5, "the first arrivals");

  thread.pause();
  const atPause = started();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const whilePaused = started() - atPause;
  thread.resume();
  await thread.finished;

  assert.equal(whilePaused, 0);
  assert.equal(started(), 30);
  assert.ok((thread.metrics.scenarios.get("visit")?.iteration.max ?? 0) < 150, "the pause is nobody's wait");
});

test("the rate of a run can be changed while it goes on", async () => {
  await using server = await httpServer(ok);
  const thread = new ThreadRun(planOf(server, visit, { arrivalsPerSecond: 100, for: "300ms" }), whole, undefined);

  thread.scale(3);
  await thread.finished;

  assert.equal(iterationsOf(thread.metrics, "visit").started, 300 * 0.3);
  assert.throws(() => thread.scale(0));
});

test("a run ends at its bound of requests", async () => {
  await using server = await httpServer(ok);

  const metrics = await run(planOf(server, visit, { users: 5, for: "60s" }, { maxRequests: 40 }));

  const { requests } = totalSeries(metrics);
  assert.ok(requests >= 40 && requests <= 45, `${requests}`);
});

test("100,000 different tag values and paths take bounded room, and the report can say what was folded", async () => {
  await using server = await httpServer(ok);
  const many = defineScenario({
    name: "many",
    async run(user) {
      for (let nth = 0; nth < 1_000; nth += 1) {
        await user.http.get("/", { name: `step ${nth}`, tags: { id: `${user.iteration}-${nth}` } });
      }
    },
  });

  const metrics = await run(planOf(server, many, { users: 1, for: "60s" }, { maxRequests: 1_000 }));

  assert.equal(metrics.scenarios.get("many")?.steps.size, 201);
  assert.equal(metrics.tags.size, 501);
  assert.equal(metrics.folded.get("tag values"), 500);
  assert.equal(metrics.folded.get("steps"), 800);
  assert.equal(totalSeries(metrics).requests, 1_000);
});
