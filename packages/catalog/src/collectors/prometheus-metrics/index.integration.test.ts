import assert from "node:assert/strict";
import { test } from "node:test";
import { eventLoopLag } from "../../checks/event-loop-lag/index.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { serveSockets } from "../../testing/socket-server.ts";
import { createPrometheusMetrics } from "./index.ts";

const LIMITS = { requestMs: 2_000, windowMs: 20, bodyBytes: 64 * 1024, samples: 100 };
const METRIC = "nodejs_eventloop_lag_p99_seconds";

async function scraping(status: string, body: (scrape: number) => string) {
  let scrapes = 0;
  const server = await serveSockets((socket) => {
    socket.once("data", () => {
      scrapes += 1;
      const text = body(scrapes);
      socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    });
  });
  try {
    const facts = await createPrometheusMetrics({ now: () => 0 }, LIMITS).collect(
      { url: new URL(`http://127.0.0.1:${server.port}/`), paths: { readiness: "/", metrics: "/metrics" } },
      { signal: AbortSignal.timeout(10_000) },
    );
    await server.idle();
    return { facts, scrapes };
  } finally {
    await server.close();
  }
}

test("the second scrape counts, so that the lag of starting up does not", async () => {
  const { facts, scrapes } = await scraping("200 OK", (scrape) => `${METRIC} ${scrape === 1 ? 0.8 : 0.012}\n`);

  assert.equal(scrapes, 2);
  assert.equal(facts.windowMs, 20);
  assert.deepEqual(facts.samples, [{ name: METRIC, labels: {}, value: 0.012 }]);
  assert.equal(judgeFacts(eventLoopLag, { "prometheus-metrics": facts }).outcome, "pass");
});

test("a metrics path that is not there is a failure, and is not asked twice", async () => {
  const { facts, scrapes } = await scraping("404 Not Found", () => "no");

  assert.equal(scrapes, 1);
  assert.equal(facts.failure?.message, "the metrics path answers 404");
  assert.equal(judgeFacts(eventLoopLag, { "prometheus-metrics": facts }).outcome, "unknown");
});

test("more samples than the limit are cut", async () => {
  const { facts } = await scraping("200 OK", () => "a 1\n".repeat(101));

  assert.equal(facts.samples.length, 100);
  assert.equal(facts.cut, true);
});
