import assert from "node:assert/strict";
import { test } from "node:test";
import { serveSockets } from "../../testing/socket-server.ts";
import { createReadinessEndpoint } from "./index.ts";

test("the readiness path of the service is asked once", async () => {
  const requests: string[] = [];
  const server = await serveSockets((socket) => {
    socket.once("data", (data) => {
      requests.push(data.toString().split("\r\n", 1)[0] ?? "");
      socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    });
  });
  const collector = createReadinessEndpoint({ now: () => 0 });
  const url = new URL(`http://127.0.0.1:${server.port}/app/`);
  try {
    const facts = await collector.collect(
      { url, paths: { readiness: "/readyz", metrics: "/metrics" } },
      { signal: AbortSignal.timeout(10_000) },
    );

    assert.deepEqual(requests, ["GET /readyz HTTP/1.1"]);
    assert.equal(facts.status, 503);
    assert.equal(facts.url, `http://127.0.0.1:${server.port}/readyz`);
  } finally {
    await server.close();
  }
});
