import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import type { Outcome } from "@muster/kernel";
import { Value } from "typebox/value";
import { httpAvailability } from "../../checks/http-availability/index.ts";
import { makeCertificate } from "../../testing/certificates.ts";
import { HOSTILE_BEHAVIOURS, type HostileBehaviour, serveHostile } from "../../testing/hostile-server.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { serveSockets } from "../../testing/socket-server.ts";
import type { HttpExchange } from "./facts.ts";
import { createHttpExchange } from "./index.ts";

const LIMITS = { requestMs: 400, budgetMs: 800, redirects: 5, repetitions: 3, bodyBytes: 256 * 1024 };
/** Milliseconds that looking may take beyond its limits, on a machine that is busy with other tests. */
const SLACK_MS = 3_000;
const clock = { now: () => Date.parse("2026-11-20T12:00:00.000Z") };

async function look(url: string, limits: Partial<typeof LIMITS> = {}): Promise<HttpExchange> {
  const collector = createHttpExchange(clock, { ...LIMITS, ...limits });
  const started = performance.now();
  const target = { url: new URL(url), paths: { readiness: "/", metrics: "/" } };
  const facts = await collector.collect(target, { signal: new AbortController().signal });
  const elapsed = performance.now() - started;
  assert.ok(elapsed < LIMITS.budgetMs + LIMITS.requestMs + SLACK_MS, `took ${elapsed} ms`);
  assert.deepEqual(Value.Errors(collector.facts.schema, JSON.parse(JSON.stringify(facts))), []);
  return facts;
}

/** What is seen of each hostile server: a phase, a code or a property of the answer; and the verdict on availability. */
const EXPECTED: Readonly<Record<HostileBehaviour, readonly [what: RegExp, outcome: Outcome]>> = {
  silence: [/timeout TIMEOUT no complete answer header within 400 ms/, "fail"],
  "close at once": [/protocol ECONNRESET/, "fail"],
  "reset at once": [/protocol ECONNRESET/, "fail"],
  "garbage instead of HTTP": [/protocol HPE_\w+ the answer is not HTTP/, "fail"],
  "another protocol": [/protocol HPE_\w+ the answer is not HTTP/, "fail"],
  "slow loris in the headers": [/timeout TIMEOUT|protocol HPE_HEADER_OVERFLOW/, "fail"],
  "slow loris in the body": [/timeout TIMEOUT no end of the body/, "fail"],
  "endless headers": [/protocol HPE_HEADER_OVERFLOW/, "fail"],
  "endless body": [/200 262144 bytes, cut/, "pass"],
  "endless chunks": [/200 262144 bytes, cut/, "pass"],
  "huge body": [/200 262144 bytes, cut/, "pass"],
  "a bomb that unpacks to more": [/200 4 bytes, binary/, "pass"],
  "binary body": [/200 256 bytes, binary/, "pass"],
  "binary body called text": [/200 4 bytes, binary/, "pass"],
  "reset in the middle": [/body ECONNRESET/, "fail"],
  "less than Content-Length": [/body ECONNRESET/, "fail"],
  "more than Content-Length": [/200 2 bytes/, "pass"],
  "two lengths": [/protocol HPE_/, "fail"],
  "chunks that lie": [/body HPE_|protocol HPE_/, "fail"],
  "only 1xx, for ever": [/timeout TIMEOUT/, "fail"],
  "a flood of 1xx": [/timeout TIMEOUT/, "fail"],
  "1xx and then an answer": [/200 2 bytes/, "pass"],
  "an upgrade that nobody asked for": [/protocol UPGRADE/, "fail"],
  "redirect to itself": [/302 0 bytes, loop/, "fail"],
  "redirect to nonsense": [/302 0 bytes, invalid/, "fail"],
  "redirect to a file": [/302 0 bytes, invalid/, "fail"],
  "status that does not exist": [/999 0 bytes/, "pass"],
};

function inWords({ failure, answer, stopped }: HttpExchange): string {
  if (failure) return `${failure.phase} ${failure.code} ${failure.message}`;
  if (!answer) return "nothing";
  const { bytes, cut, binary } = answer.body;
  return `${answer.status} ${bytes} bytes${cut ? ", cut" : ""}${binary ? ", binary" : ""}${stopped ? `, ${stopped}` : ""}`;
}

describe("a hostile server", { concurrency: true }, () => {
  for (const behaviour of Object.keys(HOSTILE_BEHAVIOURS) as HostileBehaviour[]) {
    test(`${behaviour} is a fact, in time, and leaves no connection open`, { timeout: 20_000 }, async () => {
      const server = await serveHostile(behaviour);
      try {
        const facts = await look(`http://127.0.0.1:${server.port}/`);
        await server.idle();

        const [what, outcome] = EXPECTED[behaviour];
        assert.match(inWords(facts), what);
        assert.equal(judgeFacts(httpAvailability, { "http-exchange": facts }).outcome, outcome);
      } finally {
        await server.close();
      }
    });
  }
});

describe("an address that cannot be reached", { concurrency: true }, () => {
  test("a port on which nothing listens is a refused connection", async () => {
    const server = await serveSockets(() => undefined);
    await server.close();

    const facts = await look(`http://127.0.0.1:${server.port}/`);

    assert.match(inWords(facts), /^connect ECONNREFUSED/);
    assert.equal(facts.repetitions.length, 1);
  });

  test("a name that does not exist is a failure of name look-up", { timeout: 30_000 }, async () => {
    const facts = await look("http://no-such-host.invalid/");

    // A machine without a name server may only find out by waiting.
    assert.match(inWords(facts), /^(dns|timeout TIMEOUT no address for the name)/);
  });

  test("a server without TLS at an https address is a failure of TLS", async () => {
    const server = await serveHostile("another protocol");
    try {
      assert.match(
        inWords(await look(`https://127.0.0.1:${server.port}/`)),
        /^tls \w+ the other side does not speak TLS/,
      );
    } finally {
      await server.close();
    }
  });

  test("a server that never answers the TLS handshake is a timeout", async () => {
    const server = await serveHostile("silence");
    try {
      const facts = await look(`https://127.0.0.1:${server.port}/`);

      assert.match(inWords(facts), /^timeout TIMEOUT no TLS handshake within 400 ms/);
    } finally {
      await server.close();
    }
  });
});

/** Starts an ordinary HTTP server for one test. */
async function serving(handler: http.RequestListener, use: (port: number) => Promise<void>): Promise<void> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("an ordinary server", { concurrency: true }, () => {
  test("is asked as often as the limits say, and its answer is kept", async () => {
    let requests = 0;
    const handler: http.RequestListener = (_request, response) => {
      requests += 1;
      response.setHeader("Content-Type", "application/json");
      response.end('{"ok":true}');
    };

    await serving(handler, async (port) => {
      const facts = await look(`http://127.0.0.1:${port}/`);

      assert.equal(requests, 3);
      assert.equal(facts.repetitions.length, 3);
      assert.equal(facts.answer?.body.text, '{"ok":true}');
      assert.equal(facts.answer?.body.json, true);
      assert.equal(facts.observedAt, "2026-11-20T12:00:00.000Z");
      assert.ok((facts.answer?.timings.connectMs ?? -1) >= 0);
    });
  });

  test("secrets do not get into the facts", async () => {
    const handler: http.RequestListener = (_request, response) => {
      response.setHeader("Set-Cookie", ["sid=S3CRET; HttpOnly; Path=/", "S3CRET"]);
      response.setHeader("X-Auth-Token", "S3CRET");
      response.setHeader("Authorization", "Bearer S3CRET");
      response.writeHead(302, { Location: "/next?token=S3CRET&page=2" }).end();
    };

    await serving(handler, async (port) => {
      const facts = await look(`http://user:S3CRET@127.0.0.1:${port}/?key=S3CRET`, { redirects: 1 });

      assert.doesNotMatch(JSON.stringify(facts), /S3CRET/);
      assert.deepEqual(
        facts.cookies.slice(0, 2).map(({ name, httpOnly, secure }) => ({ name, httpOnly, secure })),
        [
          { name: "sid", httpOnly: true, secure: false },
          { name: "", httpOnly: false, secure: false },
        ],
      );
      assert.equal(facts.hops[0]?.location, `http://127.0.0.1:${port}/next?token=redacted&page=redacted`);
    });
  });

  test("redirects on the same host are followed to the answer", async () => {
    const handler: http.RequestListener = ({ url = "" }, response) => {
      const step = Number(url.slice(1));
      if (step < 3) response.writeHead(307, { Location: `/${step + 1}` }).end();
      else response.end("there");
    };

    await serving(handler, async (port) => {
      const facts = await look(`http://127.0.0.1:${port}/`);

      assert.equal(facts.hops.length, 3);
      assert.equal(facts.answer?.body.text, "there");
      assert.equal(facts.stopped, undefined);
    });
  });

  test("redirects without an end are given up", async () => {
    let step = 0;
    const handler: http.RequestListener = (_request, response) => {
      step += 1;
      response.writeHead(302, { Location: `/${step}` }).end();
    };

    await serving(handler, async (port) => {
      const facts = await look(`http://127.0.0.1:${port}/`, { repetitions: 1 });

      assert.equal(facts.stopped, "too-many");
      assert.equal(facts.hops.length, 6);
    });
  });

  test("a redirect to another host or port is not followed", async () => {
    let visits = 0;
    const bystander = await serveSockets((socket) => {
      visits += 1;
      socket.destroy();
    });
    for (const location of [`http://127.0.0.1:${bystander.port}/`, `http://localhost:${bystander.port}/`]) {
      const handler: http.RequestListener = (_request, response) => {
        response.writeHead(301, { Location: location }).end();
      };
      await serving(handler, async (port) => {
        const facts = await look(`http://127.0.0.1:${port}/`);

        assert.equal(facts.stopped, "elsewhere");
        assert.deepEqual(facts.hops, [{ url: `http://127.0.0.1:${port}/`, status: 301, location }]);
        assert.equal(facts.answer?.status, 301);
      });
    }
    await bystander.close();
    assert.equal(visits, 0);
  });

  test("behind a certificate that nobody trusts is still looked at", async () => {
    const certificate = makeCertificate({ name: "nobody", hosts: ["127.0.0.1"] });
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const server = await serveSockets((socket) => socket.once("data", () => socket.end(answer)), { certificate });
    try {
      const facts = await look(`https://127.0.0.1:${server.port}/`);
      await server.idle();

      assert.equal(facts.answer?.status, 200);
      assert.equal(facts.answer?.tls?.authorized, false);
      assert.equal(facts.answer?.tls?.error, "DEPTH_ZERO_SELF_SIGNED_CERT");
    } finally {
      await server.close();
    }
  });
});

test("cancelling rejects at once and closes the connection", async () => {
  const server = await serveHostile("silence");
  const cancel = new AbortController();
  const target = { url: new URL(`http://127.0.0.1:${server.port}/`), paths: { readiness: "/", metrics: "/" } };
  try {
    const looking = createHttpExchange(clock).collect(target, { signal: cancel.signal });
    cancel.abort(new Error("enough"));

    await assert.rejects(looking, /enough/);
    await server.idle();
  } finally {
    await server.close();
  }
});
