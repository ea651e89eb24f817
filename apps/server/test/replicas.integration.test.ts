import assert from "node:assert/strict";
import { on, once } from "node:events";
import { describe, it, type TestContext } from "node:test";
import { temporaryPostgres } from "@muster/adapters/testing";
import type { LiveEvent, LiveMessage } from "@muster/contract";
import { WebSocket } from "ws";
import { closingAfter, type ServerProcess, startServer, temporaryProject } from "./server-process.ts";

/** Signs in through a server's link, as the console does. */
async function signIn(server: ServerProcess): Promise<{ url: string; cookie: string }> {
  const { url, signIn: link } = await server.heard("listening");
  const token = new URL(link ?? "").hash.replace("#token=", "");
  const response = await fetch(new URL("/api/v1/session", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });
  assert.equal(response.status, 201);
  return { url, cookie: (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "" };
}

/** Reads live messages until one fits. */
async function hear(
  { url, cookie }: { url: string; cookie: string },
  fits: (message: LiveMessage) => boolean,
  after?: number,
): Promise<readonly LiveMessage[]> {
  const address = new URL(`/api/v1/live${after === undefined ? "" : `?after=${after}`}`, url);
  address.protocol = "ws:";
  const socket = new WebSocket(address, { headers: { cookie, origin: url } });
  const heard: LiveMessage[] = [];
  try {
    for await (const [data] of onMessages(socket)) {
      const message = JSON.parse(String(data)) as LiveMessage;
      heard.push(message);
      if (fits(message)) return heard;
    }
    throw new Error(`the socket closed after ${JSON.stringify(heard)}`);
  } finally {
    socket.close();
    await once(socket, "close");
  }
}

async function* onMessages(socket: WebSocket): AsyncGenerator<unknown[]> {
  for await (const event of on(socket, "message", { close: ["close"] })) yield event as unknown[];
}

/** A database that several servers share, and how to start them. */
async function sharedDatabase(test: TestContext) {
  const closing = closingAfter(test);
  const postgres = await temporaryPostgres();
  closing.defer(() => postgres.close());
  const made = await temporaryProject();
  closing.defer(() => made.remove());
  const env = { DATABASE_URL: postgres.url.reveal(), DATABASE_OWNER_URL: postgres.ownerUrl.reveal() };
  return {
    /** Starts a server; each has a data folder of its own, since replicas share nothing but the database. */
    server(name: string, options: { once?: boolean } = {}): ServerProcess {
      const started = startServer({ config: made.config, data: `${made.data}-${name}`, env, ...options });
      closing.defer(async () => void (await started.stop()));
      return started;
    },
  };
}

describe("two replicas on one database", () => {
  it("both tell what happens in either, and a reader that was away misses nothing", async (test) => {
    const { server } = await sharedDatabase(test);
    const first = server("first");
    const { run: earlier } = await first.heard("verdict");
    const second = server("second");
    const [here, there] = [await signIn(first), await signIn(second)];

    // The second server looks anew at its start; the first hears that run to its end.
    const endOfSecond = (message: LiveMessage): boolean =>
      message.type === "run.changed" && message.run.id !== earlier && message.run.state === "completed";
    const heard = await hear(here, endOfSecond, 0);
    const events = heard.filter((message): message is LiveEvent => "id" in message);
    const middle = events[Math.floor(events.length / 2)] as LiveEvent;
    const resumed = await hear(there, endOfSecond, middle.id);
    const pages = await Promise.all(
      [here, there].map(async ({ url, cookie }) =>
        (await fetch(new URL("/api/v1/evidence", url), { headers: { cookie } })).json(),
      ),
    );

    assert.equal(heard[0]?.type, "hello");
    assert.deepEqual(
      events.map((event) => event.id),
      events.map((_event, index) => index + 1),
    );
    assert.deepEqual(resumed.slice(1), events.slice(events.indexOf(middle) + 1));
    assert.deepEqual(pages[0], pages[1]);
  });

  it("the second continues the work of the first when that is killed", async (test) => {
    const { server } = await sharedDatabase(test);
    const first = server("first");
    await first.heard("step", ({ change }) => change.step === "health" && change.state === "done");
    first.child.kill("SIGKILL");
    await first.ended;

    const second = server("second", { once: true });
    await second.heard("notice", (notice) => notice.text.startsWith("continuing run"));
    const { verdict } = await second.heard("verdict");

    assert.equal(verdict.sentence, "NOT READY: 2 of 3 controls met; 1 failed");
  });
});
