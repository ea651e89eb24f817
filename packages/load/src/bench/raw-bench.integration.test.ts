import assert from "node:assert/strict";
import { test } from "node:test";
import { LoadReportSchema, problemsOf } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { eventually, httpServer, rawServer } from "../testing/servers.ts";
import { runRawBench } from "./raw-bench.ts";

const never = new AbortController().signal;

test("every connection asks again as soon as it is answered", async () => {
  let open = 0;
  await using server = await httpServer((_request, response) => {
    open += 1;
    setTimeout(() => {
      open -= 1;
      response.end("ok");
    }, 5);
    assert.ok(open <= 4);
  });

  const report = await runRawBench(
    { request: { method: "GET", url: server.url }, connections: 4, durationMs: 300, thresholds: ["errors < 1%"] },
    never,
  );

  assert.deepEqual(problemsOf(LoadReportSchema, JSON.parse(JSON.stringify(report))), []);
  assert.equal(report.verdict, "passed");
  assert.ok(report.total.requests > 60 && report.total.requests <= 240, `${report.total.requests}`);
  assert.deepEqual(report.total.statuses, { "200": report.total.requests });
  assert.equal(report.total.response?.p50, report.total.service?.p50);
  assert.equal(server.connections.opened, 4);
  await eventually(() => server.connections.open === 0, "closing every connection");
});

test("failures are counted, and a service that is down is not stormed", async () => {
  await using server = await rawServer((socket) => socket.resetAndDestroy());

  const report = await runRawBench(
    { request: { method: "GET", url: server.url }, connections: 2, durationMs: 300, thresholds: ["errors < 1%"] },
    never,
  );

  assert.equal(report.verdict, "failed");
  assert.equal(report.total.failed, report.total.requests);
  assert.ok(report.total.requests >= 4 && report.total.requests <= 20, `${report.total.requests}`);
});

test("answers of 4xx and 5xx count as failed", async () => {
  await using server = await httpServer(
    (_request, response) => void setTimeout(() => response.writeHead(404).end(), 2),
  );

  const report = await runRawBench(
    { request: { method: "POST", url: server.url, body: "{}" }, connections: 1, durationMs: 100 },
    never,
  );

  assert.equal(report.total.failed, report.total.requests);
  assert.deepEqual(report.total.errors, { status: report.total.requests });
});

test("a bench that is stopped reports what it has", async () => {
  await using server = await httpServer((_request, response) => void setTimeout(() => response.end(), 2));
  const controller = new AbortController();
  const running = runRawBench(
    { request: { method: "GET", url: server.url }, connections: 1, durationMs: 60_000 },
    controller.signal,
  );
  await eventually(() => server.connections.open > 0, "the first connection");

  controller.abort();
  const report = await running;

  assert.equal(report.partial, true);
  assert.ok(report.durationMs < 5_000);
});

test("what is out of bounds is refused", async () => {
  const request = { method: "GET", url: new URL("http://127.0.0.1:9/") };

  await assert.rejects(runRawBench({ request, connections: 0, durationMs: 100 }, never), MusterError);
  await assert.rejects(runRawBench({ request, connections: 1, durationMs: 0 }, never), MusterError);
  await assert.rejects(
    runRawBench({ request: { method: "GET", url: new URL("ftp://x/") }, connections: 1, durationMs: 1 }, never),
    MusterError,
  );
});
