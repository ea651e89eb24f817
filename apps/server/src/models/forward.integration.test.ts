import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { MusterError, Secret } from "@muster/kernel";
import { forward, type ForwardedRequest } from "./forward.ts";

/** Plays a platform that answers as the path says, because no real one answers with a page or a redirect. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/good": (response) =>
    response
      .writeHead(200, { "content-type": "application/json; charset=utf-8", "set-cookie": "a=b", etag: '"3"' })
      .end('{"fine":true}'),
  "/page": (response) => response.writeHead(200, { "content-type": "text/html" }).end("<script>alert(1)</script>"),
  "/unchanged": (response) => response.writeHead(304, { etag: '"3"' }).end(),
  "/elsewhere": (response) => response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
  "/nobody": (response) => response.writeHead(401, { "content-type": "application/json" }).end('{"error":"who?"}'),
  "/broken": (response) => response.writeHead(500).end("Error: at secret.ts:1"),
  "/invalid": (response) =>
    response.writeHead(400).end(
      JSON.stringify({
        code: "invalid-request",
        detail: "the request does not hold: sql: is missing",
        problems: [{ path: "sql", message: "is missing" }],
      }),
    ),
  "/silent": () => {},
};

describe("forwarding to a model platform", () => {
  let server: Server;
  let url: URL;
  let seen: { headers: IncomingHttpHeaders; body: string } | undefined;

  before(async () => {
    server = createServer((request, response) => {
      void text(request).then(
        (body) => {
          seen = { headers: request.headers, body };
          (ANSWERS[request.url ?? ""] ?? ANSWERS["/broken"])?.(response);
        },
        () => undefined,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  function ask(path: string, more: Partial<ForwardedRequest> = {}) {
    const request: ForwardedRequest = {
      method: "GET",
      path,
      headers: {},
      body: undefined,
      maxBody: 100,
      onBehalfOf: "ada",
      signal: new AbortController().signal,
      ...more,
    };
    return forward({ url, key: new Secret("mk_hidden") }, request);
  }

  async function refusal(answer: Promise<unknown>): Promise<MusterError> {
    const error = await answer.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof MusterError);
    return error;
  }

  it("takes Muster's key and the person's name along, and no cookie or address of theirs", async () => {
    const body = Readable.from([Buffer.from('{"version":"2"}')]);
    const headers = {
      cookie: "muster_session=secret",
      authorization: "Bearer stolen",
      "x-forwarded-for": "10.0.0.1",
      "if-match": '"3"',
      "content-type": "application/json",
      "transfer-encoding": "chunked",
    };

    const answer = await ask("/good", { method: "PUT", headers, body });

    assert.equal(await text(answer.body ?? Readable.from([])), '{"fine":true}');
    assert.equal(seen?.body, '{"version":"2"}');
    assert.equal(seen.headers.authorization, "Bearer mk_hidden");
    assert.equal(seen.headers["muster-on-behalf-of"], "ada");
    assert.equal(seen.headers["if-match"], '"3"');
    assert.equal(seen.headers.cookie, undefined);
    assert.equal(seen.headers["x-forwarded-for"], undefined);
    assert.deepEqual(answer.headers, { "content-type": "application/json; charset=utf-8", etag: '"3"' });
  });

  it("hands a page on as a file, which no browser shows on the console's own address", async () => {
    const { headers } = await ask("/page");

    assert.deepEqual(headers, { "content-type": "application/octet-stream", "content-disposition": "attachment" });
  });

  it("tells a browser that asks again that nothing has changed", async () => {
    const { status, headers, body } = await ask("/unchanged", { headers: { "if-none-match": '"3"' } });

    assert.equal(seen?.headers["if-none-match"], '"3"');
    assert.deepEqual({ status, headers, body }, { status: 304, headers: { etag: '"3"' }, body: undefined });
  });

  it("follows no redirect", async () => {
    assert.equal((await refusal(ask("/elsewhere"))).code, "platform-unreachable");
  });

  it("tells that the platform does not know Muster, which is not that nobody is signed in", async () => {
    assert.equal((await refusal(ask("/nobody"))).code, "platform-refused");
  });

  it("repeats nothing of a failure inside the platform", async () => {
    const error = await refusal(ask("/broken"));

    assert.deepEqual([error.code, error.message], ["platform-unreachable", "it answered 500"]);
  });

  it("names the places that the platform names, once", async () => {
    const error = await refusal(ask("/invalid"));

    assert.equal(error.message, "the request does not hold");
    assert.deepEqual(error.problems, [{ path: "sql", message: "is missing" }]);
  });

  it("stops a body that is longer than allowed, announced or not", async () => {
    const announced = ask("/good", { method: "POST", headers: { "content-length": "101" }, body: Readable.from([]) });
    const unannounced = ask("/good", { method: "POST", body: Readable.from([Buffer.alloc(60), Buffer.alloc(60)]) });

    assert.equal((await refusal(announced)).code, "too-large");
    assert.equal((await refusal(unannounced)).code, "too-large");
  });

  it("gives up in time, and says so", async () => {
    const error = await refusal(ask("/silent", { signal: AbortSignal.timeout(30) }));

    assert.deepEqual(
      [error.code, error.message],
      ["platform-unreachable", "the model platform did not answer in time"],
    );
  });

  it("says that nothing answers where nothing does", async () => {
    const nowhere = forward(
      { url: new URL("http://127.0.0.1:1"), key: new Secret("mk_hidden") },
      {
        method: "GET",
        path: "/",
        headers: {},
        body: undefined,
        maxBody: 0,
        onBehalfOf: "ada",
        signal: new AbortController().signal,
      },
    );

    assert.equal((await refusal(nowhere)).code, "platform-unreachable");
  });
});
