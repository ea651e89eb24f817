import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { temporaryPostgres } from "@muster/adapters/testing";
import type { LiveEvent, LiveMessage } from "@muster/contract";
import { startServer, type ServerProcess, temporaryProject } from "./server-process.ts";

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
  const { WebSocket } = await import("ws");
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

async function* onMessages(socket: import("ws").WebSocket): AsyncGenerator<unknown[]> {
  const { on } = await import("node:events");
  for await (const event of on(socket, "message", { close: ["close"] })) yield event as unknown[];
}

describe("two replicas on one database", () => {
  it("both tell what happens in either, and a reader that was away misses nothing", async (test) => {
    const postgres = await temporaryPostgres();
    test.after(() => postgres.close());
    const one = await temporaryProject();
    const other = await temporaryProject();
    test.after(() => Promise.all([one.remove(), other.remove()]));
    const env = { DATABASE_URL: postgres.url.reveal(), DATABASE_OWNER_URL: postgres.ownerUrl.reveal() };
    const first = startServer({ ...one, env });
    test.after(() => first.stop());
    await first.heard("verdict");
    const second = startServer({ ...other, env });
    test.after(() => second.stop());
    const [here, there] = [await signIn(first), await signIn(second)];

    // The second server looks anew at its start; the first hears it run to its end.
    const completed = (message: LiveMessage): boolean =>
      message.type === "run.changed" && message.run.state !== "running";
    const heard = await hear(here, (message) => completed(message) && "id" in message, 0);
    const events = heard.filter((message): message is LiveEvent => "id" in message);
    const middle = events[Math.floor(events.length / 2)] as LiveEvent;
    const resumed = await hear(there, completed, middle.id);

    assert.equal(heard[0]?.type, "hello");
    assert.deepEqual(
      events.map((event) => event.id),
      events.map((event) => event.id).toSorted((a, b) => a - b),
    );
    assert.equal((resumed[1] as LiveEvent).id, middle.id + 1);
    const readiness = await Promise.all(
      [here, there].map(async ({ url, cookie }) =>
        (await fetch(new URL("/api/v1/evidence", url), { headers: { cookie } })).json(),
      ),
    );
    assert.deepEqual(readiness[0], readiness[1]);
  });

  it("the second continues the work of the first when that is killed", async (test) => {
    const postgres = await temporaryPostgres();
    test.after(() => postgres.close());
    const one = await temporaryProject();
    test.after(() => one.remove());
    const env = { DATABASE_URL: postgres.url.reveal(), DATABASE_OWNER_URL: postgres.ownerUrl.reveal() };
    const first = startServer({ ...one, env });
    await first.heard("step", ({ change }) => change.step === "health" && change.state === "done");
    first.child.kill("SIGKILL");
    await first.ended;

    const second = startServer({ config: one.config, data: `${one.data}-2`, once: true, env });
    test.after(() => second.stop());
    await second.heard("notice", (notice) => notice.text.startsWith("continuing run"));
    const { verdict } = await second.heard("verdict");

    assert.equal(verdict.sentence, "NOT READY: 2 of 3 controls met; 1 failed");
  });
});
