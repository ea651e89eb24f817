import assert from "node:assert/strict";
import { constants } from "node:http2";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import { Transport, type TransportOptions } from "../http/transport.ts";
import { selfSignedCertificate } from "../testing/certificate.ts";
import { http2Server, type Http2TestServer, type StreamHandler } from "../testing/http2-servers.ts";
import { eventually, httpsServer, rawServer, type TestServer } from "../testing/servers.ts";
import { startLoad } from "../run/load-run.ts";
import { defineScenario } from "../scenario/scenario.ts";
import { LoadStopped } from "./stopped.ts";
import { type RequestOutcome, UserHttp } from "./user-http.ts";

interface Setup<S extends TestServer = TestServer> extends AsyncDisposable {
  readonly user: UserHttp;
  readonly server: S;
  readonly transport: Transport;
  readonly outcomes: RequestOutcome[];
  readonly handshakes: [connect: number, tls: number | undefined][];
}

function setup<S extends TestServer>(server: S, options: Partial<TransportOptions> = {}): Setup<S> {
  const outcomes: RequestOutcome[] = [];
  const handshakes: Setup["handshakes"] = [];
  const origins = new Set([server.url.origin]);
  const transport = new Transport({
    allowedOrigins: origins,
    http2Origins: origins,
    maxConnections: 10,
    connectTimeoutMs: 1_000,
    insecure: true,
    onConnected: (connectMs, tlsMs) => handshakes.push([connectMs, tlsMs]),
    ...options,
  });
  const user = new UserHttp({
    transport,
    base: server.url,
    headers: { "X-Team": "load" },
    timeoutMs: 1_000,
    maxBodyBytes: 1_000,
    prepared: new Map(),
    sampleTrace: () => undefined,
    record: (outcome) => outcomes.push({ ...outcome, bytesOut: outcome.bytesOut }),
  });
  return {
    user,
    server,
    transport,
    outcomes,
    handshakes,
    async [Symbol.asyncDispose]() {
      transport.close({ kind: "stopped", reason: "the test is over" });
      await server[Symbol.asyncDispose]();
    },
  };
}

async function serving(
  handler: StreamHandler,
  options: Partial<TransportOptions> = {},
): Promise<Setup<Http2TestServer>> {
  return setup(await http2Server(handler), options);
}

const echo: StreamHandler = (stream, headers) => {
  let body = "";
  stream.setEncoding("latin1");
  stream.on("data", (text: string) => (body += text));
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.end(JSON.stringify({ ...headers, body }));
  });
};

test("requests go out in HTTP/2 without TLS, with their path, fields and body", async () => {
  await using load = await serving(echo);

  const response = await load.user.post("/a/b?c=d", { city: "Zürich" }, { headers: { Accept: "text/plain" } });

  const seen = response.json<Record<string, string>>();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  assert.equal(seen[":path"], "/a/b?c=d");
  assert.equal(seen[":method"], "POST");
  assert.equal(seen[":authority"], load.server.url.host);
  assert.equal(seen["x-team"], "load");
  assert.equal(seen["accept"], "text/plain");
  assert.equal(seen["content-length"], "18");
  assert.equal(seen["body"], Buffer.from('{"city":"Zürich"}').toString("latin1"));
  const [outcome] = load.outcomes;
  assert.equal(outcome?.name, "POST /a/b");
  assert.ok(outcome.sentAt >= outcome.intendedAt && outcome.firstByteAt >= outcome.sentAt);
  assert.ok(outcome.endedAt >= outcome.firstByteAt && outcome.bytesOut > 18 && outcome.bytesIn > 100);
});

test("over TLS the protocol is chosen by ALPN, and each part of the handshake has its time", async () => {
  await using load = setup(await http2Server(echo, {}, selfSignedCertificate()));

  const response = await load.user.get("/");

  assert.equal(response.json<Record<string, string>>()[":scheme"], "https");
  const [[connectMs, tlsMs] = [0, 0]] = load.handshakes;
  assert.ok(connectMs > 0 && (tlsMs ?? 0) > 0, `${connectMs} ${tlsMs}`);
});

test("a server that has no HTTP/2 is a failure, not HTTP/1.1 in silence", async () => {
  await using load = setup(await httpsServer(selfSignedCertificate(), (_request, response) => response.end()));

  const response = await load.user.get("/");

  assert.equal(response.status, 0);
  assert.ok(["protocol", "connect"].includes(response.failure?.kind ?? ""), JSON.stringify(response.failure));
});

test("an address can ask for HTTP/2 by its scheme", async () => {
  await using load = await serving(echo, { http2Origins: new Set() });

  const response = await load.user.get(`h2c://${load.server.url.host}/x`);

  assert.equal(response.json<Record<string, string>>()[":path"], "/x");
});

test("a plan says for every origin, or by the address of one, that it speaks HTTP/2", async () => {
  await using server = await http2Server(echo);
  const visit = defineScenario({
    name: "visit",
    async run(user) {
      user.check(await user.http.get("/x"), {
        "is HTTP/2": (seen) => seen.json<Record<string, string>>()[":path"] === "/x",
      });
    },
  });
  const workloads = [{ scenarios: [visit], model: { users: 2, for: "30s" } }] as const;

  const maxRequests = 10;

  const plans = [
    { target: server.url.href, http2: true, workloads, maxRequests },
    { target: server.url.href, http2: { streamsPerConnection: 1 }, workloads, maxRequests },
    { target: server.url.href.replace("http:", "h2c:"), workloads, maxRequests },
  ];
  for (const plan of plans) {
    const report = await startLoad(plan).report;
    const [scenario] = report.scenarios;
    assert.ok((scenario?.iterations.completed ?? 0) >= 10, JSON.stringify(report.messages));
    assert.equal(scenario?.checks[0]?.failed, 0);
  }
  await assert.rejects(startLoad({ target: "h3://127.0.0.1", workloads }).report, MusterError);
});

test("many requests share a connection, as many as the server allows at a time", async () => {
  let open = 0;
  let most = 0;
  const server = await http2Server(
    (stream) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        stream.respond({ ":status": 200 });
        stream.end("ok");
      }, 5);
    },
    { maxConcurrentStreams: 4 },
  );
  await using load = setup(server, { maxConnections: 2 });

  const responses = await Promise.all(Array.from({ length: 50 }, () => load.user.get("/")));

  assert.ok(responses.every(({ status }) => status === 200));
  assert.equal(server.connections.opened, 2);
  assert.ok(most <= 8, `${most} streams at a time`);
});

test("with one stream per connection, each request under way has its own", async () => {
  await using load = await serving(
    (stream) =>
      setTimeout(() => {
        stream.respond({ ":status": 204 });
        stream.end();
      }, 30),
    { streamsPerConnection: 1 },
  );

  await Promise.all(Array.from({ length: 5 }, () => load.user.get("/")));

  assert.equal(load.server.connections.opened, 5);
});

test("cookies come back and redirects are followed", async () => {
  await using load = await serving((stream, headers) => {
    if (headers[":path"] === "/login") {
      stream.respond({ ":status": 302, location: "/home", "set-cookie": ["a=1", "b=2"] });
      stream.end();
      return;
    }
    stream.respond({ ":status": 200 });
    stream.end(`${headers[":method"]} ${headers["cookie"]}`);
  });

  const response = await load.user.post("/login", "x");

  assert.equal(response.text(), "GET a=1; b=2");
  assert.deepEqual(
    load.outcomes.map(({ name, status }) => `${name} ${status}`),
    ["POST /login 302", "GET /home 200"],
  );
});

test("answers without a body, hints before the answer and trailers after it are understood", async () => {
  await using load = await serving((stream, headers) => {
    stream.additionalHeaders({ ":status": 103, link: "</style.css>" });
    if (headers[":method"] === "HEAD")
      stream.respond({ ":status": 200, "content-length": "5000" }, { endStream: true });
    else if (headers[":path"] === "/unchanged") stream.respond({ ":status": 304 }, { endStream: true });
    else {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ sum: "1" }));
      stream.end("body");
    }
  });

  const head = await load.user.head("/");
  const unchanged = await load.user.get("/unchanged");
  const trailed = await load.user.get("/");

  assert.deepEqual([head.status, head.text(), head.headers.get("content-length")], [200, "", "5000"]);
  assert.equal(unchanged.status, 304);
  assert.equal(trailed.text(), "body");
});

test("an answer in vain is given up in time, and its stream is cancelled", async () => {
  let cancelled = 0;
  await using load = await serving((stream) => stream.on("close", () => (cancelled = stream.rstCode ?? 0)));

  const response = await load.user.get("/", { timeoutMs: 50 });

  assert.equal(response.failure?.kind, "timeout");
  await eventually(() => cancelled === constants.NGHTTP2_CANCEL, "the reset of the stream");
  assert.equal(load.server.connections.open, 1, "the connection is still good");
});

test("a server that never says that it speaks HTTP/2 is given up", async () => {
  await using load = setup(await rawServer(() => {}), { connectTimeoutMs: 60 });

  const response = await load.user.get("/");

  assert.equal(response.failure?.kind, "timeout");
  assert.equal(load.transport.counts().open, 0);
});

test("nobody there is a failure to connect", async () => {
  const gone = await rawServer(() => {});
  await gone[Symbol.asyncDispose]();
  await using load = setup(await rawServer(() => {}), { allowedOrigins: new Set([gone.url.origin]) });

  const response = await load.user.get(`h2c://${gone.url.host}/`);

  assert.deepEqual(response.failure, { kind: "connect", reason: "ECONNREFUSED" });
});

test("garbage instead of HTTP/2 is a failure of the protocol", async () => {
  await using load = setup(await rawServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(3))));

  const response = await load.user.get("/");

  assert.equal(response.failure?.kind, "protocol", JSON.stringify(response.failure));
});

test("a stream that the server resets has failed, and says with which code", async () => {
  await using load = await serving((stream, headers) => {
    if (headers[":path"] === "/late") {
      stream.respond({ ":status": 200 });
      stream.write("half");
      // An error makes node's server reset the stream without ending it first.
      setTimeout(() => stream.destroy(new Error("a fault")), 10);
    } else stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  const atOnce = await load.user.get("/");
  const late = await load.user.get("/late");

  assert.deepEqual(atOnce.failure, { kind: "reset", reason: "the server reset the stream (ENHANCE_YOUR_CALM)" });
  assert.deepEqual(late.failure, { kind: "reset", reason: "the server reset the stream (INTERNAL_ERROR)" });
});

test("a request that the server refused to look at goes out once more", async () => {
  let seen = 0;
  await using load = await serving((stream) => {
    seen += 1;
    if (seen === 1) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    stream.respond({ ":status": 200 });
    stream.end("ok");
  });

  const response = await load.user.post("/", "x");

  assert.equal(response.status, 200);
  assert.equal(load.transport.counts().retries, 1);
});

test("when the server goes away politely, what it began is finished and the rest takes a new connection", async () => {
  let first = true;
  await using load = await serving((stream) => {
    if (first) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, stream.id ?? 0);
    first = false;
    setTimeout(() => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200 });
      stream.end("ok");
    }, 20);
  });

  const responses = await Promise.all(Array.from({ length: 8 }, () => load.user.get("/")));

  assert.deepEqual(
    responses.map(({ status, failure }) => failure?.reason ?? status),
    Array.from({ length: 8 }, () => 200),
  );
  assert.ok(load.server.connections.opened >= 2);
});

test("when the server goes away with an error in the middle, what was under way has failed", async () => {
  await using load = await serving((stream) => {
    stream.respond({ ":status": 200 });
    stream.write("half");
    setTimeout(() => stream.session?.goaway(constants.NGHTTP2_INTERNAL_ERROR, 2 ** 31 - 1), 10);
  });

  const response = await load.user.get("/");

  assert.equal(response.failure?.kind, "reset", JSON.stringify(response.failure));
  assert.equal(load.outcomes.length, 1);
});

test("when the connection breaks in the middle, every stream on it has failed", async () => {
  await using load = await serving((stream) => {
    stream.respond({ ":status": 200 });
    stream.write("half");
    setTimeout(() => load.server.breakAll(), 10);
  });

  const responses = await Promise.all([load.user.get("/"), load.user.get("/"), load.user.get("/")]);

  assert.deepEqual(
    responses.map(({ failure }) => failure?.kind),
    ["reset", "reset", "reset"],
  );
});

test("a body is kept up to the limit, and counted beyond it", async () => {
  await using load = await serving((stream, headers) => {
    stream.respond({ ":status": 200 });
    stream.end("x".repeat(headers[":path"] === "/large" ? 3_000_000 : 900));
  });

  assert.equal((await load.user.get("/")).text().length, 900);
  assert.equal((await load.user.get("/large")).text().length, 0);
  assert.ok((load.outcomes[1]?.bytesIn ?? 0) > 3_000_000);
});

test("fields that HTTP/2 does not have are refused", async () => {
  await using load = await serving(echo);

  await assert.rejects(load.user.get("/", { headers: { Connection: "close" } }), MusterError);
  assert.equal(load.outcomes.length, 0);
});

test("when the load is stopped, what is under way and what waits is given up", async () => {
  await using load = await serving(() => {}, { streamsPerConnection: 2, maxConnections: 1 });

  const waiting = Array.from({ length: 6 }, () => load.user.get("/"));
  await eventually(() => load.server.connections.open === 1, "a connection");
  load.transport.close({ kind: "stopped", reason: "the load was stopped" });

  for (const each of waiting) await assert.rejects(each, LoadStopped);
  await assert.rejects(load.user.get("/"), LoadStopped);
  assert.equal(load.outcomes.length, 0);
  await eventually(() => load.server.connections.open === 0, "the end of the connection");
});
