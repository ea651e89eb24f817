import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Server as HttpsServer } from "node:https";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { MusterError, quantile } from "@muster/kernel";
import WebSocket, { WebSocketServer } from "ws";
import { ThreadRun } from "../engine/thread-run.ts";
import { Transport } from "../http/transport.ts";
import { defineScenario } from "../scenario/scenario.ts";
import { selfSignedCertificate } from "../testing/certificate.ts";
import { eventually, httpServer, rawServer, type TestServer } from "../testing/servers.ts";
import { LoadStopped } from "./stopped.ts";
import { type HttpContext, type RequestOutcome, UserHttp } from "./user-http.ts";
import { SocketFailure, UserSockets } from "./user-sockets.ts";

interface SocketServer extends TestServer {
  readonly clients: Set<WebSocket>;
}

/** A real server: what it does with each connection is the test's. */
async function socketServer(
  onConnection: (socket: WebSocket, headers: NodeJS.Dict<string | string[]>) => void,
  secure?: HttpsServer,
): Promise<SocketServer> {
  const connections = { opened: 0, open: 0 };
  const server = new WebSocketServer({
    ...(secure === undefined ? { port: 0, host: "127.0.0.1" } : { server: secure }),
    handleProtocols: (offered) => (offered.has("v2") ? "v2" : false),
  });
  server.on("headers", (headers) => headers.push("Set-Cookie: seat=12"));
  server.on("connection", (socket, request) => {
    connections.opened += 1;
    connections.open += 1;
    socket.on("close", () => (connections.open -= 1));
    socket.on("error", () => {});
    onConnection(socket, request.headers);
  });
  secure?.listen(0, "127.0.0.1");
  await new Promise((resolve) => (secure ?? server).once("listening", resolve));
  const { port } = (secure ?? server).address() as AddressInfo;
  return {
    url: new URL(`${secure === undefined ? "http" : "https"}://127.0.0.1:${port}/`),
    connections,
    clients: server.clients,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
      secure?.close();
    },
  };
}

interface Setup extends AsyncDisposable {
  readonly ws: UserSockets;
  readonly http: UserHttp;
  readonly url: string;
  readonly transport: Transport;
  readonly outcomes: RequestOutcome[];
  readonly counters: Map<string, number>;
  readonly handshakes: [number, number | undefined][];
}

function setup(server: TestServer, timeoutMs = 1_000): Setup {
  const outcomes: RequestOutcome[] = [];
  const counters = new Map<string, number>();
  const handshakes: Setup["handshakes"] = [];
  const transport = new Transport({
    allowedOrigins: new Set([server.url.origin]),
    maxConnections: 10,
    connectTimeoutMs: 1_000,
    insecure: true,
    onConnected: (connectMs, tlsMs) => handshakes.push([connectMs, tlsMs]),
  });
  const context: HttpContext = {
    transport,
    base: server.url,
    headers: { "X-Team": "load" },
    timeoutMs,
    maxBodyBytes: 1_000,
    prepared: new Map(),
    sampleTrace: () => undefined,
    record: (outcome) => outcomes.push(outcome),
  };
  const http = new UserHttp(context);
  const ws = new UserSockets(context, http, {
    check: () => {},
    group: () => {},
    count: (name, by) => void counters.set(name, (counters.get(name) ?? 0) + by),
    gauge: () => {},
    trend: () => {},
  });
  return {
    ws,
    http,
    url: server.url.href.replace(/^http/, "ws"),
    transport,
    outcomes,
    counters,
    handshakes,
    async [Symbol.asyncDispose]() {
      http.stopped = true;
      ws.stop();
      transport.close({ kind: "stopped", reason: "the test is over" });
      await server[Symbol.asyncDispose]();
    },
  };
}

const echo = (socket: WebSocket): void => {
  socket.on("message", (data, binary) => socket.send(data as Buffer, { binary }));
};

async function failureOf(work: Promise<unknown>): Promise<SocketFailure> {
  const error = await work.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SocketFailure, String(error));
  return error;
}

test("a WebSocket opens with the user's fields and cookies, and is counted as a request", async () => {
  let seen: NodeJS.Dict<string | string[]> = {};
  await using load = setup(
    await socketServer((socket, headers) => {
      seen = headers;
      echo(socket);
    }),
  );
  load.http.cookies.set("session", "s1", new URL(load.url.replace(/^ws/, "http")));

  const socket = await load.ws.connect("/chat", { headers: { "X-Room": "7" }, protocols: ["v1", "v2"] });

  assert.equal(socket.protocol, "v2");
  assert.equal(seen["x-team"], "load");
  assert.equal(seen["x-room"], "7");
  assert.equal(seen["cookie"], "session=s1");
  assert.equal(load.http.cookies.fieldFor(new URL(load.url.replace(/^ws/, "http")), 0), "session=s1; seat=12");
  const [outcome] = load.outcomes;
  assert.equal(`${outcome?.name} ${outcome?.status}`, "WS /chat 101");
  assert.ok((outcome?.sentAt ?? 0) > 0 && (outcome?.endedAt ?? 0) >= (outcome?.sentAt ?? 0));
  assert.equal(load.handshakes.length, 1);
});

test("over TLS the handshake has its time", async () => {
  await using load = setup(await socketServer(echo, createServer(selfSignedCertificate())));

  const socket = await load.ws.connect(load.url);

  assert.equal((await socket.request("x")).text(), "x");
  assert.ok((load.handshakes[0]?.[1] ?? 0) > 0);
});

test("a message and its answer are a request with a latency; texts, bytes and JSON go as what they are", async () => {
  await using load = setup(await socketServer(echo));
  const socket = await load.ws.connect("/");
  load.http.intendedAt = performance.now() - 500;

  const text = await socket.request("grüezi", { name: "greet" });
  const bytes = await socket.request(new Uint8Array([0, 255]));
  const json = await socket.request({ a: 1 });

  assert.equal(text.text(), "grüezi");
  assert.deepEqual([bytes.binary, ...bytes.bytes], [true, 0, 255]);
  assert.deepEqual(json.json(), { a: 1 });
  const [, greet, second] = load.outcomes;
  assert.ok(greet !== undefined && greet.endedAt - greet.intendedAt >= 500, "it counts from the intended start");
  assert.ok(greet.endedAt - greet.sentAt < 500);
  assert.deepEqual([greet.name, greet.bytesOut, greet.bytesIn], ["greet", 7, 7]);
  assert.equal(second?.name, "WS / message");
  assert.deepEqual(Object.fromEntries(load.counters), {
    ws_messages_sent: 3,
    ws_bytes_sent: 16,
    ws_messages_received: 3,
    ws_bytes_received: 16,
  });
});

test("an answer can be told from what the server says of itself, which stays to be received", async () => {
  await using load = setup(
    await socketServer((socket) => {
      socket.on("message", (data) => {
        socket.send("not JSON");
        socket.send('{"id":1,"news":true}');
        socket.send((data as Buffer).toString());
      });
    }),
  );
  const socket = await load.ws.connect("/");

  const answer = await socket.request({ id: 7 }, { matches: (message) => message.json<{ id: number }>().id === 7 });

  assert.deepEqual(answer.json(), { id: 7 });
  assert.equal((await socket.receive()).text(), "not JSON");
  assert.deepEqual((await socket.receive()).json(), { id: 1, news: true });
});

test("no message in time is a failure of that wait, and the connection goes on", async () => {
  await using load = setup(
    await socketServer((socket) =>
      socket.on("message", (data) => {
        if ((data as Buffer).toString() === "speak") socket.send("here");
      }),
    ),
  );
  const socket = await load.ws.connect("/");

  const waited = await failureOf(socket.receive({ timeoutMs: 20 }));
  const asked = await failureOf(socket.request("hush", { timeoutMs: 20 }));
  const answer = await socket.request("speak");

  assert.equal(waited.failure.kind, "timeout");
  assert.equal(asked.failure.kind, "timeout");
  assert.equal(answer.text(), "here");
  assert.deepEqual(
    load.outcomes.map(({ failure, status }) => failure?.kind ?? status),
    [101, "timeout", 101],
  );
});

test("pings are answered and timed, those of the server too", async () => {
  let ponged = false;
  await using load = setup(
    await socketServer((socket) => {
      socket.on("pong", () => (ponged = true));
      socket.ping();
    }),
  );
  const socket = await load.ws.connect("/");

  const ms = await socket.ping();

  assert.ok(ms >= 0 && ms < 1_000);
  assert.equal(load.outcomes[1]?.name, "WS / ping");
  await eventually(() => ponged, "the pong to the server");
});

test("codes of closing reach both sides", async () => {
  let told: [number, string] = [0, ""];
  await using load = setup(
    await socketServer((socket) => {
      socket.on("close", (code, reason) => (told = [code, reason.toString()]));
      socket.on("message", () => socket.close(4_003, "enough"));
    }),
  );

  const mine = await (await load.ws.connect("/")).close(4_001, "bye");
  await eventually(() => told[0] === 4_001, "the close");
  const second = await load.ws.connect("/");
  const failed = await failureOf(second.request("x"));

  assert.deepEqual(mine, { code: 4_001, reason: "bye" });
  assert.deepEqual(second.ended, { code: 4_003, reason: "enough" });
  assert.deepEqual(failed.failure, { kind: "reset", reason: "the WebSocket was closed with 4003" });
  await assert.rejects(second.send("more"), SocketFailure);
  assert.equal(load.ws.open, 0);
});

test("a server that refuses is an answer with its status", async () => {
  await using load = setup(await httpServer((_request, response) => response.writeHead(403).end("no")));

  const refused = await failureOf(load.ws.connect("/"));

  assert.equal(refused.status, 403);
  assert.equal(load.outcomes[0]?.status, 403);
  assert.equal(load.ws.open, 0);
});

/** Answers the handshake as RFC 6455 asks, and then whatever a test wants. */
function upgrade(socket: Socket, after: Buffer): void {
  socket.once("data", (data) => {
    const key = /sec-websocket-key: (\S+)/i.exec(data.toString("latin1"))?.[1] ?? "";
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(after);
  });
}

const HOSTILE: readonly [what: string, serve: (socket: Socket) => void, kind: string][] = [
  ["closes at once", (socket) => socket.end(), "reset"],
  ["resets", (socket) => socket.once("data", () => socket.resetAndDestroy()), "reset"],
  ["answers garbage", (socket) => socket.end("\0\x01garbage\r\n\r\n"), "protocol"],
  [
    "accepts with the wrong key",
    (socket) =>
      socket.once("data", () =>
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
        ),
      ),
    "protocol",
  ],
  ["never answers", () => {}, "timeout"],
];
for (const [what, serve, kind] of HOSTILE) {
  test(`a server that ${what} instead of opening is a ${kind} failure`, async () => {
    await using load = setup(await rawServer(serve), 100);

    const { failure } = await failureOf(load.ws.connect("/"));

    assert.equal(failure.kind, kind, failure.reason);
    assert.equal(load.outcomes.length, 1);
    assert.equal(load.transport.counts().open, 0);
  });
}

test("a frame that is none ends the connection as a failure of the protocol", async () => {
  await using load = setup(await rawServer((socket) => upgrade(socket, Buffer.from([0xff, 0xff, 0, 0]))));
  const socket = await load.ws.connect("/");

  const { failure } = await failureOf(socket.receive());

  assert.equal(failure.kind, "protocol", failure.reason);
});

test("a message that is too large ends the connection", async () => {
  await using load = setup(await socketServer((socket) => socket.send("x".repeat(2_000))));
  const socket = await load.ws.connect("/", { maxMessageBytes: 1_000 });

  const { failure } = await failureOf(socket.receive());

  assert.equal(failure.kind, "protocol", failure.reason);
});

test("a server that talks without end is held up until somebody listens", async () => {
  let sent = 0;
  await using load = setup(
    await socketServer((socket) => {
      const say = (): void => {
        if (socket.readyState !== WebSocket.OPEN) return;
        for (let nth = 0; nth < 100 && socket.bufferedAmount < 1_000_000; nth += 1) {
          socket.send("x".repeat(10_000));
          sent += 1;
        }
        setImmediate(say);
      };
      say();
    }),
  );
  const socket = await load.ws.connect("/");

  await eventually(() => socket.bytesIn >= 9_000_000, "the first messages");
  await new Promise((resolve) => setTimeout(resolve, 100));

  assert.ok(socket.bytesIn < 40_000_000, `${socket.bytesIn} bytes were kept`);
  assert.equal((await socket.receive()).bytes.length, 10_000);
  assert.ok(sent > 0);
});

test("only origins that the plan allows are opened", async () => {
  await using load = setup(await socketServer(echo));

  await assert.rejects(load.ws.connect("ws://127.0.0.1:1/"), { name: "MusterError", code: "load-not-allowed" });
  await assert.rejects(load.ws.connect("ws://"), MusterError);
});

test("when the user is stopped, its sockets are closed and what waits is given up", async () => {
  await using server = await socketServer(() => {});
  await using load = setup(server);
  const socket = await load.ws.connect("/");

  const waiting = [socket.receive(), socket.request("x"), socket.ping()];
  const refused = Promise.all(waiting.map((each) => assert.rejects(each, LoadStopped)));
  load.http.stopped = true;
  load.ws.stop();

  await refused;
  await assert.rejects(load.ws.connect("/"), LoadStopped);
  await eventually(() => server.connections.open === 0, "the end of the connection");
});

test("a scenario that forgets its sockets leaks none, and may keep one for its user", async () => {
  await using server = await socketServer(echo);
  const forgetful = defineScenario({
    name: "forgetful",
    async run(user) {
      const socket = await user.ws.connect("/once");
      await socket.request("x", { name: "echo" });
      const kept = user.memory.get("socket") ?? (await user.ws.connect("/kept", { keep: true }));
      user.memory.set("socket", kept);
    },
  });

  const thread = new ThreadRun(
    {
      target: server.url.href,
      workloads: [{ scenarios: [forgetful], model: { users: 2, for: "30s" } }],
      maxRequests: 60,
    },
    { index: 0, count: 1 },
    undefined,
  );
  await thread.finished;

  const { metrics } = thread.snapshot();
  const steps = metrics.scenarios.get("forgetful")?.steps;
  const pairs = steps?.get("echo");
  assert.ok((pairs?.requests ?? 0) > 10 && pairs?.failed === 0, `${pairs?.requests} of which ${pairs?.failed} failed`);
  assert.ok((quantile(pairs.service, 0.5) ?? 0) > 0);
  assert.equal(steps?.get("WS /kept")?.requests, 2);
  await eventually(() => server.connections.open === 0, "the end of every connection");
});
