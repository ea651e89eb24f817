import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import { multipart } from "../http/multipart.ts";
import { Transport } from "../http/transport.ts";
import { type Handler, httpServer, rawServer, type TestServer } from "../testing/servers.ts";
import { LoadStopped } from "./stopped.ts";
import { type RequestOutcome, UserHttp } from "./user-http.ts";

interface Setup extends AsyncDisposable {
  readonly user: UserHttp;
  readonly server: TestServer;
  readonly transport: Transport;
  readonly outcomes: RequestOutcome[];
}

async function setup(server: TestServer, sample?: string): Promise<Setup> {
  const outcomes: RequestOutcome[] = [];
  const transport = new Transport({
    allowedOrigins: new Set([server.url.origin]),
    maxConnections: 10,
    connectTimeoutMs: 1_000,
    insecure: false,
  });
  const user = new UserHttp({
    transport,
    base: server.url,
    headers: { "X-Team": "load" },
    timeoutMs: 1_000,
    maxBodyBytes: 1_000,
    prepared: new Map(),
    sampleTrace: () => sample,
    record: (outcome) => outcomes.push(outcome),
  });
  return {
    user,
    server,
    transport,
    outcomes,
    async [Symbol.asyncDispose]() {
      transport.close({ kind: "stopped", reason: "the test is over" });
      await server[Symbol.asyncDispose]();
    },
  };
}

const serving = async (listener: Handler, sample?: string): Promise<Setup> => setup(await httpServer(listener), sample);

async function read(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request.setEncoding("latin1")) body += part;
  return body;
}

/** Answers with what came in. */
const echo: Handler = async (request, response) => {
  const body = await read(request);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
};

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

test("a request carries its path, its own fields and those of the plan", async () => {
  await using load = await serving(echo);

  const response = await load.user.get("/a/b?c=d", { headers: { accept: "text/plain" } });

  const seen = response.json<Echo>();
  assert.equal(response.status, 200);
  assert.equal(response.ok, true);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  assert.equal(seen.url, "/a/b?c=d");
  assert.equal(seen.headers["x-team"], "load");
  assert.match(seen.headers["accept"] ?? "", /text\/plain/);
  assert.equal(load.outcomes[0]?.name, "GET /a/b");
});

test("bodies go out as what they are", async () => {
  await using load = await serving(echo);
  const sent = async (body: Parameters<UserHttp["post"]>[1]): Promise<string[]> => {
    const seen = (await load.user.post("/", body)).json<Echo>();
    return [seen.headers["content-type"] ?? "", seen.body];
  };

  assert.deepEqual(await sent({ city: "Zürich" }), [
    "application/json",
    Buffer.from('{"city":"Zürich"}').toString("latin1"),
  ]);
  assert.deepEqual(await sent("plain"), ["text/plain;charset=utf-8", "plain"]);
  assert.deepEqual(await sent(new Uint8Array([0, 255, 10])), ["application/octet-stream", "\0\xff\n"]);
  assert.deepEqual(await sent(undefined), ["", ""]);
});

test("an upload is a form that others can read", async () => {
  const { promise, resolve } = Promise.withResolvers<FormData>();
  await using load = await serving(async (request, response) => {
    const body = Buffer.from(await read(request), "latin1");
    resolve(
      await new Response(body, { headers: { "content-type": request.headers["content-type"] ?? "" } }).formData(),
    );
    response.end();
  });

  await load.user.post(
    "/",
    multipart({ note: "ünder", file: { name: 'a"b.csv', type: "text/csv", content: "x,y\n" } }),
  );

  const form = await promise;
  const file = form.get("file") as File;
  assert.equal(form.get("note"), "ünder");
  assert.equal(file.type, "text/csv");
  assert.equal(await file.text(), "x,y\n");
  assert.throws(() => multipart({ "a\r\nb": "c" }), MusterError);
});

test("cookies of one user come back, and another user does not have them", async () => {
  await using load = await serving((request, response) => {
    if (request.url === "/login") response.setHeader("set-cookie", ["session=s1; Path=/; HttpOnly", "theme=dark"]);
    response.end(request.headers.cookie ?? "none");
  });
  await using other = await setup(load.server);

  await load.user.get("/login");

  assert.equal((await load.user.get("/cart")).text(), "session=s1; theme=dark");
  assert.equal((await other.user.get("/cart")).text(), "none");
});

test("redirects are followed as the status says, and each is counted", async () => {
  await using load = await serving(async (request, response) => {
    const status = Number(/^\/(\d+)$/.exec(request.url ?? "")?.[1] ?? 0);
    if (status > 0) response.writeHead(status, { location: "/there" }).end();
    else response.end(`${request.method} ${await read(request)}`);
  });

  assert.equal((await load.user.post("/303", "x")).text(), "GET ");
  assert.equal((await load.user.post("/302", "x")).text(), "GET ");
  assert.equal((await load.user.post("/307", "x")).text(), "POST x");
  assert.equal((await load.user.put("/301", "x")).text(), "PUT x");
  assert.equal((await load.user.get("/302", { redirects: 0 })).status, 302);
  assert.deepEqual(
    load.outcomes.slice(0, 2).map((each) => `${each.name} ${each.status}`),
    ["POST /303 303", "GET /there 200"],
  );
});

test("a redirect loop ends", async () => {
  await using load = await serving((_request, response) => response.writeHead(302, { location: "/" }).end());

  const response = await load.user.get("/");

  assert.equal(response.status, 302);
  assert.equal(load.outcomes.length, 11);
});

test("nothing is sent to an origin that the plan does not allow, not even by redirect", async () => {
  await using elsewhere = await httpServer((_request, response) => response.end());
  await using load = await serving((_request, response) => {
    response.writeHead(302, { location: elsewhere.url.href }).end();
  });

  await assert.rejects(load.user.get(elsewhere.url.href), { name: "MusterError", code: "load-not-allowed" });
  const response = await load.user.get("/");

  assert.equal(response.status, 302);
  assert.equal(elsewhere.connections.opened, 0);
});

test("no answer is status 0 with the reason", async () => {
  await using load = await setup(await rawServer((socket) => socket.resetAndDestroy()));

  const response = await load.user.get("/");

  assert.equal(response.status, 0);
  assert.equal(response.ok, false);
  assert.equal(response.text(), "");
  assert.throws(() => response.json(), SyntaxError);
  assert.ok(response.failure?.kind === "reset" || response.failure?.kind === "connect");
});

test("a request that takes too long is given up and its connection closed", async () => {
  await using load = await serving(() => {});

  const response = await load.user.get("/", { timeoutMs: 50 });

  assert.equal(response.failure?.kind, "timeout");
  assert.ok(response.responseMs >= 50 && response.responseMs < 500, `${response.responseMs}`);
  assert.equal(load.transport.counts().open, 0);
});

test("a body is kept up to the limit, or not at all", async () => {
  await using load = await serving((request, response) =>
    response.end("x".repeat(request.url === "/large" ? 5_000 : 900)),
  );

  assert.equal((await load.user.get("/")).text().length, 900);
  assert.equal((await load.user.get("/large")).text().length, 0);
  assert.equal((await load.user.get("/", { discardBody: true })).text().length, 0);
  assert.ok((load.outcomes[1]?.bytesIn ?? 0) > 5_000);
});

test("HEAD and OPTIONS and DELETE reach the server", async () => {
  await using load = await serving((request, response) => response.setHeader("x-method", request.method ?? "").end());

  const methods = [await load.user.head("/"), await load.user.options("/"), await load.user.delete("/")];

  assert.deepEqual(
    methods.map((each) => each.headers.get("x-method")),
    ["HEAD", "OPTIONS", "DELETE"],
  );
});

test("a sampled request carries a trace, and what the server says of its time is kept", async () => {
  const trace = "0123456789abcdef0123456789abcdef";
  await using load = await serving((request, response) => {
    response.setHeader("server-timing", "db;dur=4.2").end(String(request.headers["traceparent"]));
  }, trace);

  const response = await load.user.get("/");

  assert.equal(response.text(), `00-${trace}-0123456789abcdef-01`);
  assert.equal(load.outcomes[0]?.serverTiming, "db;dur=4.2");
});

test("what HTTP cannot carry is refused, and nothing of it is sent", async () => {
  await using load = await serving((_request, response) => response.end());

  await assert.rejects(load.user.get("/", { headers: { a: "b\r\nc: d" } }), MusterError);
  await assert.rejects(load.user.get("/", { headers: { "Content-Length": "1" } }), MusterError);
  await assert.rejects(load.user.get("http://"), MusterError);
  await assert.rejects(load.user.request("GE T", "/"), MusterError);

  assert.equal(load.server.connections.opened, 0);
});

test("more requests than connections wait their turn", async () => {
  await using load = await serving((_request, response) => response.end("ok"));

  const responses = await Promise.all(Array.from({ length: 1_500 }, () => load.user.get("/")));

  assert.ok(responses.every((response) => response.ok));
  assert.equal(load.server.connections.opened, 10);
});

test("when the load is stopped, what is under way and what waits is given up", async () => {
  await using load = await serving(() => {});

  const waiting = Array.from({ length: 20 }, () => load.user.get("/"));
  load.transport.close({ kind: "stopped", reason: "the load was stopped" });

  for (const each of waiting) await assert.rejects(each, LoadStopped);
  await assert.rejects(load.user.get("/"), LoadStopped);
  assert.equal(load.outcomes.length, 0);
});

test("a connection that the server closed just then costs no request that is safe to repeat", async () => {
  let nth = 0;
  await using load = await setup(
    await rawServer((socket) => {
      nth += 1;
      const first = nth === 1;
      let answered = 0;
      socket.on("data", () => {
        answered += 1;
        // The first connection answers once, then closes on the second request without an answer.
        if (first && answered === 2) socket.end();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      });
    }),
  );

  await load.user.get("/");
  const retried = await load.user.get("/");

  assert.equal(retried.status, 200);
  assert.equal(load.transport.counts().retries, 1);
});

test("a raced request that is not safe to repeat has failed", async () => {
  await using load = await setup(
    await rawServer((socket) => {
      let answered = 0;
      socket.on("data", () => {
        answered += 1;
        if (answered === 2) socket.end();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      });
    }),
  );

  await load.user.get("/");
  const response = await load.user.post("/", "x");

  assert.equal(response.failure?.kind, "reset");
  assert.equal(load.transport.counts().retries, 0);
});
