import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createHistogram, recordValue, Secret } from "@muster/kernel";
import fc from "fast-check";
import { WebSocket } from "ws";
import { createMetrics, scenarioMetrics, stepSeries, tagSeries } from "../metrics/metrics.ts";
import { recordAnswer } from "../metrics/series.ts";
import { type LoadProgress, startLoadOnAgents } from "../run/load-run.ts";
import type { WorkerSnapshot } from "../run/worker-messages.ts";
import { eventually, httpServer, type TestServer } from "../testing/servers.ts";
import { runAgent } from "./agent.ts";
import { decodeSnapshot, encodeSnapshot } from "./codec.ts";
import { type Gathering, gatherAgents, type GatheringOptions } from "./coordinator.ts";

const token = new Secret("a token that nobody guesses");
const planFile = fileURLToPath(new URL("../testing/plan-for-workers.ts", import.meta.url));
const lossPlan = fileURLToPath(new URL("../testing/plan-with-loss.ts", import.meta.url));
const otherPlan = fileURLToPath(new URL("../testing/servers.ts", import.meta.url));
const never = new AbortController().signal;

function gather(agents: number, changes: Partial<GatheringOptions> = {}): Promise<Gathering> {
  return gatherAgents({ planFile, agents, token, host: "127.0.0.1", port: 0, waitMs: 10_000, ...changes });
}

function aim(server: TestServer): void {
  process.env["LOAD_TEST_TARGET"] = server.url.href;
  process.env["LOAD_TEST_SCENARIO"] = "visit";
}

test("agents share the arrivals of a plan, and their figures are one report", async () => {
  await using server = await httpServer((_request, response) => response.end());
  aim(server);
  const gathering = await gather(2);

  const report = startLoadOnAgents(gathering, planFile).report;
  const agents = ["one", "two"].map((name) => runAgent({ planFile, coordinator: gathering.url, token, name }, never));

  await Promise.all(agents);
  const { total, generator, scenarios, partial } = await report;
  assert.equal(total.requests, 50);
  assert.equal(total.histogram.count, 50);
  assert.equal(generator.workers, 2);
  assert.equal(partial, false);
  assert.deepEqual(scenarios[0]?.checks, [{ name: "shared is known", passed: 50, failed: 0 }]);
});

test("a run that loses an agent in the middle says which, and is not valid", async () => {
  await using server = await httpServer(() => {});
  aim(server);
  const gathering = await gather(2);
  const report = startLoadOnAgents(gathering, planFile).report;
  const lost = new AbortController();
  const agents = [
    runAgent({ planFile, coordinator: gathering.url, token, name: "stays" }, never),
    runAgent({ planFile, coordinator: gathering.url, token, name: "goes" }, lost.signal),
  ];

  await eventually(() => server.connections.open > 0, "the load", 5_000);
  lost.abort();

  const ended = await Promise.allSettled(agents);
  const { verdict, partial, reasons } = await report;
  assert.deepEqual(
    ended.map((each) => each.status),
    ["fulfilled", "rejected"],
  );
  assert.equal(verdict, "invalid");
  assert.equal(partial, true);
  assert.match(reasons[0] ?? "", /^goes was lost: its connection broke/);
});

/** An agent in a process of its own, as on another machine. */
function agentProcess(gathering: Gathering, plan: string, name: string): ChildProcess {
  const script = fileURLToPath(new URL("../testing/agent-process.ts", import.meta.url));
  const env = { ...process.env, AGENT_TOKEN: token.reveal() };
  return spawn(process.execPath, [script, plan, gathering.url.href, name], { env, stdio: "ignore" });
}

async function exited(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) await once(process, "exit");
}

for (const [what, closed] of [
  ["killed", false],
  ["killed, while users begin again when they have finished,", true],
] as const) {
  test(`when an agent is ${what} the others do its share, and the run is marked`, async () => {
    await using server = await httpServer((_request, response) => response.end());
    aim(server);
    process.env["LOAD_TEST_MODEL"] = closed ? "users" : "arrivals";
    const gathering = await gatherAgents({
      planFile: lossPlan,
      agents: 3,
      token,
      host: "127.0.0.1",
      port: 0,
      waitMs: 20_000,
    });
    const joined = ["one", "two", "three"];
    const told: string[] = [];
    const seen: LoadProgress[] = [];
    const load = startLoadOnAgents(gathering, lossPlan, {
      onOutput: (line) => told.push(line),
      onProgress: (progress) => seen.push(progress),
    });
    const agents = joined.map((name) => agentProcess(gathering, lossPlan, name));
    await eventually(() => (load.interim()?.total.requests ?? 0) > 100, "the load", 20_000);

    agents[joined.indexOf("one")]?.kill("SIGKILL");
    const { sentence, partial, reasons, total } = await load.report;

    const lost = reasons.find((reason) => reason.includes("was lost")) ?? "";
    assert.equal(partial, true);
    assert.match(
      lost,
      /^one was lost: its connection broke [\d.]+ s after the start; its share went to the other 2, but for what it had not told$/,
    );
    // A busy machine may make the run invalid; the loss does not.
    assert.doesNotMatch(sentence, /was lost/);
    assert.deepEqual(told, [lost]);
    if (closed) assert.ok((seen.at(-1)?.users ?? 0) >= 6, `${seen.at(-1)?.users} users at the end`);
    // 200 a second for 4 s are 800; a third of at most the second before the loss was not told, nothing after it is missing.
    else assert.ok(total.requests > 800 - 150 && total.requests <= 800 + 10, `${total.requests}`);
    await Promise.all(agents.map(exited));
  });
}

test("who does not know the token, or has another plan, is refused on either side", async () => {
  const gathering = await gather(1);
  const join = (changes: object): Promise<void> =>
    runAgent({ planFile, coordinator: gathering.url, token, ...changes }, never);
  try {
    await assert.rejects(join({ token: new Secret("another long token") }), /does not know the token/);
    await assert.rejects(join({ planFile: otherPlan }), /another version of the plan/);
    await assert.rejects(join({ token: new Secret("short") }), /at least 16 characters/);
  } finally {
    gathering.close();
  }
  await assert.rejects(join({}), /cannot be reached/);
});

test("a coordinator that does not know the token gets no generator", async () => {
  const { WebSocketServer } = await import("ws");
  const impostor = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  impostor.on("connection", (socket) => {
    socket.send(JSON.stringify({ type: "challenge", challenge: "00" }));
    socket.on("message", () =>
      socket.send(JSON.stringify({ type: "welcome", proof: "0".repeat(64), segment: { index: 0, count: 1 } })),
    );
  });
  await new Promise((resolve) => impostor.once("listening", resolve));
  const { port } = impostor.address() as { port: number };

  const joining = runAgent({ planFile, coordinator: new URL(`ws://127.0.0.1:${port}`), token }, never);

  await assert.rejects(joining, /coordinator does not know the token/);
  impostor.close();
});

test("agents that do not come in time are not waited for, and noise at the door changes nothing", async () => {
  const gathering = await gather(2, { waitMs: 300 });
  const noise = new WebSocket(gathering.url);
  noise.on("open", () => noise.send("GET / HTTP/1.1"));
  noise.on("error", () => {});

  await assert.rejects(startLoadOnAgents(gathering, planFile).report, /0 of 2 agents joined within 0 s/);
});

test("a snapshot comes back from its text as it was", () => {
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 50 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const metrics = createMetrics();
      const own = scenarioMetrics(metrics, "shop");
      for (const ms of a) {
        const times = { intendedAt: 0, sentAt: 0, firstByteAt: ms };
        recordAnswer(stepSeries(metrics, own, "GET /"), times, ms, 200, 1, 1);
        recordAnswer(tagSeries(metrics, "k=v"), times, ms, 500, 1, 1);
      }
      const response = createHistogram();
      for (const ms of b) recordValue(response, ms);
      const snapshot: WorkerSnapshot = {
        metrics,
        timeline: { sliceMs: 1_000, from: 0, slices: [{ requests: b.length, failed: 0, users: 1, response }] },
        health: { cpuMs: 1, elapsedMs: 2, loopUtilisation: 0.5, gcMs: 0, gcMaxMs: 0 },
        samples: [{ name: "GET /", trace: "00", responseMs: 3 }],
        users: 2,
      };

      assert.deepEqual(decodeSnapshot(encodeSnapshot(snapshot)), snapshot);
    }),
    { numRuns: 50 },
  );
  for (const text of ["{}", "null", "[]", '{"metrics":{}}', '{"x":{"$histogram":{"count":1,"buckets":[]}}}']) {
    assert.throws(() => decodeSnapshot(text));
  }
});
