import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { type LoadResult, LoadResultSchema, problemsOf } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import type { TLSSocket } from "node:tls";
import { selfSignedCertificate } from "../testing/certificate.ts";
import { eventually, httpServer, httpsServer, rawServer, type TestServer } from "../testing/servers.ts";
import { type ConstantRate, offerConstantRate, runConstantRate } from "./constant-rate.ts";

const never = new AbortController().signal;

function offer(server: TestServer, load: Partial<ConstantRate> = {}, signal = never): Promise<LoadResult> {
  const base = { request: { method: "GET", url: server.url }, ratePerSecond: 200, durationMs: 250, timeoutMs: 500 };
  return offerConstantRate({ ...base, ...load }, signal);
}

/** A server that answers every request with these bytes. */
function answering(bytes: string, after?: (socket: Socket) => void): Promise<TestServer> {
  return rawServer((socket) => {
    socket.on("data", () => {
      socket.write(bytes);
      after?.(socket);
    });
  });
}

function assertAccounted(result: LoadResult): void {
  assert.deepEqual(problemsOf(LoadResultSchema, result), []);
  assert.equal(result.answered + result.failed + result.missed, result.scheduled);
}

test("every request of the schedule is answered, over few connections", async () => {
  await using server = await httpServer((_request, response) => response.end('{"ok":true}'));

  const result = await offer(server);

  assertAccounted(result);
  assert.equal(result.scheduled, 50);
  assert.equal(result.answered, 50);
  assert.deepEqual(result.statuses, { "200": 50 });
  assert.deepEqual(result.errors, {});
  assert.ok(result.response && result.service && result.sendLag);
  assert.ok(result.response.max >= result.service.min);
  assert.ok(server.connections.opened < 50, `${server.connections.opened} connections`);
  await eventually(() => server.connections.open === 0, "closing every connection");
});

test("a configured load posts its body as JSON", async () => {
  const seen: string[] = [];
  await using server = await httpServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part) => (body += part));
    request.on("end", () => {
      seen.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
      response.end();
    });
  });
  const load = { method: "POST", path: "/v2/infer?x=1", body: '{"city":"Zürich"}' } as const;

  const result = await runConstantRate(server.url, { ...load, ratePerSecond: 100, durationMs: 100 }, never);

  assert.equal(result.answered, 10);
  assert.equal(seen.length, 10);
  assert.equal(seen[0], 'POST /v2/infer?x=1 application/json {"city":"Zürich"}');
});

for (const [what, bytes] of [
  ["a length", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"],
  ["chunks and trailers", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx: y\r\n\r\n"],
  ["status 204", "HTTP/1.1 204 No Content\r\n\r\n"],
  ["status 304 with a length", "HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n"],
  [
    "interim responses before it",
    "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
  ],
] as const) {
  test(`an answer framed by ${what} keeps the connection`, async () => {
    await using server = await answering(bytes);

    const result = await offer(server, { maxConnections: 1 });

    assertAccounted(result);
    assert.equal(result.answered, 50);
    assert.equal(server.connections.opened, 1);
  });
}

test("an answer to HEAD has no body, whatever its length says", async () => {
  await using server = await httpServer((_request, response) => response.setHeader("content-length", 5).end());

  const result = await offer(server, { request: { method: "HEAD", url: server.url }, maxConnections: 1 });

  assert.equal(result.answered, 50);
  assert.equal(server.connections.opened, 1);
});

test("an answer that ends with the connection is complete", async () => {
  await using server = await answering("HTTP/1.1 200 OK\r\n\r\nhello", (socket) => socket.end());

  const result = await offer(server);

  assertAccounted(result);
  assert.equal(result.answered, 50);
  assert.equal(server.connections.opened, 50);
});

test("answers of 4xx and 5xx have failed by status, and their time counts", async () => {
  let nth = 0;
  await using server = await httpServer((_request, response) => {
    nth += 1;
    response.writeHead(nth % 2 === 0 ? 503 : 200).end();
  });

  const result = await offer(server);

  assertAccounted(result);
  assert.deepEqual(result.errors, { status: 25 });
  assert.deepEqual(result.statuses, { "200": 25, "503": 25 });
  assert.ok(result.response);
});

test("whoever observes is told of each answer with its status and its time", async () => {
  let nth = 0;
  await using server = await httpServer((_request, response) => {
    response.statusCode = nth % 2 === 0 ? 200 : 429;
    nth += 1;
    response.end();
  });
  const seen: Record<number, number[]> = {};
  let latest = 0;

  const { statuses, response, sendLag } = await offer(server, {
    observe(status, responseMs, sentAfterMs) {
      (seen[status] ??= []).push(responseMs);
      latest = Math.max(latest, sentAfterMs);
    },
  });

  assert.deepEqual(statuses, { "200": seen[200]?.length, "429": seen[429]?.length });
  assert.equal(response?.max, Math.max(...Object.values(seen).flat()));
  assert.equal(sendLag?.max, latest);
});

test("a server that closes idle connections costs no request", async () => {
  await using server = await answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", (socket) => socket.end());

  const result = await offer(server, { ratePerSecond: 100 });

  assertAccounted(result);
  assert.equal(result.failed, 0);
});

test("nobody listening is a failure to connect, at once", async () => {
  const server = await httpServer(() => {});
  await server[Symbol.asyncDispose]();

  const result = await offer(server, { timeoutMs: 5_000 });

  assertAccounted(result);
  assert.deepEqual(result.errors, { connect: 50 });
  assert.equal(result.response, undefined);
});

for (const [what, kind, onData] of [
  ["resets", "reset", (socket: Socket) => socket.resetAndDestroy()],
  ["closes without an answer", "reset", (socket: Socket) => socket.end()],
  [
    "closes before the length it promised",
    "reset",
    (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi"),
  ],
  ["answers garbage", "protocol", (socket: Socket) => socket.write("SSH-2.0-OpenSSH_9.6\r\n")],
  [
    "sends two lengths",
    "protocol",
    (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nhi"),
  ],
  [
    "sends a field without end",
    "protocol",
    (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`),
  ],
] as const) {
  test(`a server that ${what} fails every request as ${kind}`, async () => {
    await using server = await rawServer((socket) => socket.on("data", () => onData(socket)));

    const result = await offer(server);

    assertAccounted(result);
    assert.deepEqual(result.errors, { [kind]: 50 });
    await eventually(() => server.connections.open === 0, "closing every connection");
  });
}

test("more bytes than promised leave the answer good but not the connection", async () => {
  await using server = await answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi there");

  const result = await offer(server);

  assertAccounted(result);
  assert.equal(result.answered, 50);
  assert.equal(server.connections.opened, 50);
});

for (const [what, onData] of [
  ["never answers", () => {}],
  ["sends a body without end", (socket: Socket) => flood(socket)],
] as const) {
  test(`a server that ${what} ends in timeouts, whose wait counts`, async () => {
    await using server = await rawServer((socket) => socket.once("data", () => onData(socket)));

    const result = await offer(server, { ratePerSecond: 50, durationMs: 200, timeoutMs: 200 });

    assertAccounted(result);
    assert.deepEqual(result.errors, { timeout: 10 });
    assert.ok((result.response?.min ?? 0) >= 150, `${result.response?.min}`);
    await eventually(() => server.connections.open === 0, "closing every connection");
  });
}

function flood(socket: Socket): void {
  const part = "x".repeat(16_384);
  const pour = (): void => {
    if (!socket.destroyed && socket.write(part)) setImmediate(pour);
  };
  socket.on("drain", pour);
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  pour();
}

test("https is spoken, and a later connection resumes the session of the first", async () => {
  const resumed: boolean[] = [];
  await using server = await httpsServer(selfSignedCertificate(), (request, response) => {
    resumed.push((request.socket as TLSSocket).isSessionReused());
    response.setHeader("connection", "close").end();
  });

  const result = await offer(server, { insecure: true, ratePerSecond: 40, maxConnections: 1 });

  assertAccounted(result);
  assert.equal(result.answered, 10);
  assert.equal(resumed[0], false);
  assert.ok(resumed.includes(true), "no session was resumed");
});

test("a certificate that does not verify is a failure to connect", async () => {
  await using server = await httpsServer(selfSignedCertificate(), (_request, response) => response.end());

  const result = await offer(server, { ratePerSecond: 40 });

  assertAccounted(result);
  assert.deepEqual(result.errors, { connect: 10 });
});

test("a precise load starts its requests within a fraction of a millisecond", async () => {
  await using server = await httpServer((_request, response) => response.end());

  // A busy machine spoils some attempts; a timer alone, half a millisecond late in the median, never passes.
  const lags: number[] = [];
  for (let attempt = 0; attempt < 8 && (lags.at(-1) ?? 1) >= 0.3; attempt += 1) {
    const result = await offer(server, { precise: true, ratePerSecond: 300 });
    assertAccounted(result);
    lags.push(result.sendLag?.p50 ?? 1);
  }

  assert.ok((lags.at(-1) ?? 1) < 0.3, `send lags ${lags.join(", ")} ms`);
});

test("requests for which no connection became free are missed, and the run is not valid", async () => {
  await using server = await rawServer(() => {});

  const result = await offer(server, { maxConnections: 2, timeoutMs: 200 });

  assertAccounted(result);
  assert.ok(result.missed > 40, `${result.missed} missed`);
  assert.equal(result.valid, false);
  assert.match(result.invalidBecause ?? "", /never sent/);
});

test("latency is counted from the schedule, so a stall of the server shows in the percentiles", async () => {
  let stallUntil = 0;
  let started = 0;
  // Everything that arrives in a stall of one second is answered at its end, as if the server had hung.
  await using server = await httpServer((_request, response) => {
    const now = performance.now();
    if (started === 0) {
      started = now;
      stallUntil = now + 1_500;
    }
    const stalled = now - started >= 500 && now < stallUntil;
    if (stalled) setTimeout(() => response.end(), stallUntil - now);
    else response.end();
  });

  const result = await offer(server, { ratePerSecond: 500, durationMs: 2_000, timeoutMs: 5_000, maxConnections: 20 });

  // Half of all requests fall into the stall and wait between 0 and 1,000 ms, evenly: p99 = 980 ms, p95 = 900 ms.
  assertAccounted(result);
  assert.equal(result.answered, 1_000);
  assert.ok(Math.abs((result.response?.p99 ?? 0) - 980) < 980 * 0.05, `p99 ${result.response?.p99}`);
  assert.ok(Math.abs((result.response?.p95 ?? 0) - 900) < 900 * 0.05, `p95 ${result.response?.p95}`);
  // What the connections saw shows how it would have looked otherwise: only the first twenty were ever slow.
  assert.ok((result.service?.p95 ?? 0) < 500, `service p95 ${result.service?.p95}`);
});

test("an aborted load ends at once, with the reason, and leaves no connection", async () => {
  await using server = await httpServer(() => {});
  const controller = new AbortController();
  const reason = new Error("the run was cancelled");

  const running = offer(server, { durationMs: 60_000 }, controller.signal);
  await eventually(() => server.connections.open > 0, "the first connection");
  controller.abort(reason);

  await assert.rejects(running, reason);
  await eventually(() => server.connections.open === 0, "closing every connection");
});

test("a load that was aborted before it began sends nothing", async () => {
  await using server = await httpServer(() => {});

  await assert.rejects(offer(server, {}, AbortSignal.abort()), { name: "AbortError" });

  assert.equal(server.connections.opened, 0);
});

test("a load beyond the bounds, or that HTTP cannot carry, is refused", async () => {
  await using server = await httpServer(() => {});
  const url = server.url;
  const refused: Partial<ConstantRate>[] = [
    { ratePerSecond: 0 },
    { ratePerSecond: Number.NaN },
    { ratePerSecond: 100_001 },
    { durationMs: 3_600_001 },
    { maxConnections: 0 },
    { timeoutMs: -1 },
    { request: { method: "GET\r\n", url } },
    { request: { method: "GET", url, headers: { "x: y\r\n": "z" } } },
    { request: { method: "GET", url, headers: { x: "y\r\nz: 1" } } },
    { request: { method: "GET", url, headers: { "Content-Length": "3" } } },
    { request: { method: "GET", url: new URL("ftp://127.0.0.1/") } },
  ];

  for (const load of refused) await assert.rejects(offer(server, load), MusterError);

  assert.equal(server.connections.opened, 0);
});
