import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { type TemporaryPostgres, temporaryPostgres } from "@muster/adapters/testing";
import pg from "pg";
import type { PlacedEvent } from "../../domain/events/event.ts";
import { createClient } from "../../testing/client.ts";
import { scalingModel } from "../../testing/models.ts";
import { firstAdminKey, userKey } from "../../testing/platform-keys.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";

let postgres: TemporaryPostgres;
let database: pg.Client;
let folder: string;
let service: RunningService;
/** Another replica on the same database and folder. */
let other: RunningService;
let admin: string;
let viewer: string;

before(async () => {
  postgres = await temporaryPostgres();
  folder = await mkdtemp(join(tmpdir(), "muster-events-"));
  const env = { DATABASE_URL: postgres.ownerUrl.reveal(), DATA_FOLDER: folder, EVENT_PING_MS: "2000" };
  service = await startProcess(env);
  admin = await firstAdminKey(service);
  viewer = await userKey(service.url, admin, { name: "vera", role: "viewer", scopes: ["read"] });
  other = await startProcess(env);
  database = new pg.Client({ connectionString: postgres.ownerUrl.reveal() });
  await database.connect();
});
after(async () => {
  await database.end();
  for (const each of [service, other]) {
    await each.stop();
    assert.deepEqual(
      each.log.filter((entry) => entry["level"] === "error"),
      [],
    );
  }
  await postgres.close();
  await rm(folder, { recursive: true });
});

type Message = PlacedEvent | { readonly type: "hello"; readonly latest: number; readonly gap: boolean };

async function listen(context: TestContext, { url }: RunningService, token: string, query = "") {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/events${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  context.after(() => socket.close());
  const messages: Message[] = [];
  const arrived = new EventTarget();
  socket.addEventListener("message", ({ data }) => {
    messages.push(JSON.parse(String(data)) as Message);
    arrived.dispatchEvent(new Event("message"));
  });
  const closed = once(socket, "close");
  socket.addEventListener("close", () => arrived.dispatchEvent(new Event("message")));
  return {
    closed: closed.then(([event]) => (event as { code: number }).code),
    async receive(count: number): Promise<readonly Message[]> {
      while (messages.length < count) {
        if (socket.readyState > WebSocket.OPEN) throw new Error(`closed after ${messages.length} of ${count} messages`);
        await once(arrived, "message");
      }
      return messages.splice(0, count);
    },
  };
}

async function publish(event: unknown): Promise<number> {
  const { rows } = await database.query<{ id: string }>("select models.publish_event($1) as id", [
    JSON.stringify(event),
  ]);
  return Number(rows[0]?.id);
}

function alarm(model: string, reasons: readonly string[] = []): unknown {
  return { type: "drift.alarm", model, version: "1", state: "raised", reasons };
}

async function upload(model: string, factor: number): Promise<void> {
  const form = new FormData();
  form.set("card", JSON.stringify({ title: "Told" }));
  form.set("model", new Blob([Buffer.from(scalingModel(factor))]), "model.onnx");
  const { status } = await createClient(service.url)(`/v1/models/${model}/versions`, { token: admin, body: form });
  assert.equal(status, 201);
}

test("a change made on one replica is told by every replica, with what it was", async (context) => {
  const here = await listen(context, service, viewer);
  const there = await listen(context, other, viewer);
  await Promise.all([here.receive(1), there.receive(1)]);

  await upload("told", 2);
  await createClient(service.url)("/v1/cache/keys?tag=model:told", { method: "DELETE", token: admin });

  const told = await there.receive(3);
  assert.deepEqual(
    told.map((event) => ({ ...event, id: 0, at: "" })),
    [
      { id: 0, at: "", type: "model.version-added", model: "told", version: "1" },
      { id: 0, at: "", type: "model.alias-changed", model: "told", alias: "champion", version: "1", revision: 1 },
      { id: 0, at: "", type: "cache.removed", tag: "model:told" },
    ],
  );
  assert.deepEqual(await here.receive(3), told);
});

test("who was away resumes after the last event that it saw, on any replica", async (context) => {
  const first = await publish(alarm("a"));
  await publish(alarm("b"));
  const last = await publish(alarm("c"));

  const reader = await listen(context, other, viewer, `?after=${first}`);
  const [hello, ...missed] = await reader.receive(3);

  assert.deepEqual(hello, { type: "hello", latest: last, gap: false });
  assert.deepEqual(
    missed.map((event) => "model" in event && event.model),
    ["b", "c"],
  );
});

test("who saw another stream, or was away too long, is told that there is a gap", async (context) => {
  const reader = await listen(context, service, viewer, "?after=123456789");
  const [hello] = await reader.receive(1);
  const id = await publish(alarm("after the gap"));

  assert.equal(hello?.type === "hello" && hello.gap, true);
  const [next] = await reader.receive(1);
  assert.equal(next?.type !== "hello" && next?.id, id);
});

test("only the topics that were asked for arrive, and jobs only to their owner and operators", async (context) => {
  const job = { job: "00000000-0000-4000-8000-000000000000", state: "running", rowsDone: 1, rowsTotal: 2 };
  const jobs = await listen(context, service, admin, "?topics=job");
  const seen = await listen(context, service, viewer, "?topics=job,drift");
  await Promise.all([jobs.receive(1), seen.receive(1)]);

  await publish({ type: "job.progress", user: "somebody", ...job });
  await publish(alarm("unseen by the first"));
  await publish({ type: "job.progress", user: "vera", ...job });

  const users = (messages: readonly Message[]) => messages.map((each) => ("user" in each ? each.user : each.type));
  assert.deepEqual(users(await jobs.receive(2)), ["somebody", "vera"]);
  assert.deepEqual(users(await seen.receive(2)), ["drift.alarm", "vera"]);
  const refused = await createClient(service.url)("/v1/events?topics=weather", { token: viewer });
  assert.equal(refused.status, 400);
});

test("a connection ends when its user may no longer read", async (context) => {
  const token = await userKey(service.url, admin, { name: "gone", role: "viewer", scopes: ["read"] });
  const reader = await listen(context, other, token);
  await reader.receive(1);

  await createClient(service.url)("/v1/users/gone", { method: "PATCH", token: admin, body: { disabled: true } });

  assert.equal(await reader.closed, 4401);
});

test("a reader that does not read is cut off, is told why, and disturbs no other", async (context) => {
  const { port, hostname } = new URL(service.url);
  const lazy = connect(Number(port), hostname);
  context.after(() => lazy.destroy());
  lazy.write(
    `GET /v1/events?topics=drift HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${viewer}\r\nupgrade: websocket\r\n` +
      "connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(lazy, "readable");
  const reader = await listen(context, service, viewer, "?topics=drift");
  await reader.receive(1);

  // In portions that fit into the place of one who reads, however slow this machine is today.
  for (let portion = 0; portion < 5; portion += 1) {
    await database.query("select models.publish_event($1) from generate_series(1, 400)", [
      JSON.stringify(
        alarm(
          "much",
          Array.from({ length: 100 }, () => "x".repeat(200)),
        ),
      ),
    ]);
    assert.equal((await reader.receive(400)).length, 400);
  }

  // It read nothing, not even the pings.
  const chunks: Buffer[] = [];
  for await (const chunk of lazy as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    // The server has said its last word; it waits for ours.
    if (Buffer.concat(chunks.slice(-3)).includes("events are not being read")) break;
  }
  const end = Buffer.concat(chunks.slice(-3));
  const reason = end.indexOf("events are not being read");
  assert.equal(end.readUInt16BE(reason - 2), 1013);
});
