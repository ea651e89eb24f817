import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import pino from "pino";
import { hashSecret } from "../../adapters/passwords/secrets.ts";
import { readConfiguration } from "../../configuration.ts";
import { startService } from "../../service.ts";

const BIRD = { inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [38.1, 17.6, 187, 3_425] }] };
const BODY = JSON.stringify(BIRD);
const INFER = "POST /v2/models/penguins/infer";

interface Reply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A service for which time passes by the hand of the test alone: each look at the clock takes so many milliseconds. */
async function setUp(context: TestContext, env: Readonly<Record<string, string>> = {}) {
  let now = 0;
  let perLook = 0;
  const monotonic = (): number => (now += perLook);
  const service = await startService(readConfiguration({ PORT: "0", ...env }), pino({ level: "silent" }), {
    monotonic,
  });
  context.after(() => service.stop());
  return {
    url: service.url,
    /** From now on the service is as slow as this. */
    slowDown(milliseconds: number): void {
      perLook = milliseconds;
    },
  };
}

/** Sends requests in one piece, so that the service reads them in one turn, and returns the answers in order. */
async function pipelined(url: string, requests: readonly string[]): Promise<readonly Reply[]> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let received = "";
  const replies: Reply[] = [];
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    for (;;) {
      const end = received.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
      if (end === -1 || received.length < end + 4 + length) break;
      const head = received.slice(0, end);
      replies.push({ status: Number(head.slice(9, 12)), head, body: received.slice(end + 4, end + 4 + length) });
      received = received.slice(end + 4 + length);
      if (replies.length === requests.length) socket.destroy();
    }
  });
  socket.write(requests.join(""));
  await once(socket, "close");
  return replies;
}

function request(line: string, fields = "", body = line.startsWith("POST") ? BODY : ""): string {
  return `${line} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${fields}content-length: ${body.length}\r\n\r\n${body}`;
}

function times<T>(count: number, value: T): readonly T[] {
  return Array.from({ length: count }, () => value);
}

function statuses(replies: readonly Reply[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

test("while there is time, nobody is refused, however many come at once", async (context) => {
  const { url } = await setUp(context);

  const replies = await pipelined(url, times(200, request(INFER)));

  assert.deepEqual(statuses(replies), { 200: 200 });
});

test("under overload some are answered and the others refused in the form of the protocol, with when to come again", async (context) => {
  const { url, slowDown } = await setUp(context);
  slowDown(1);

  const replies = await pipelined(url, times(200, request(INFER)));

  const { 200: answered = 0, 429: refused = 0 } = statuses(replies);
  assert.ok(answered > 0 && refused > 0 && answered + refused === 200, JSON.stringify(statuses(replies)));
  const { head, body } = replies.find(({ status }) => status === 429) as Reply;
  assert.match(head, /^HTTP\/1\.1 429 Too Many Requests/);
  assert.match(head, /retry-after: 1/);
  assert.match(head, /x-content-type-options: nosniff/);
  assert.deepEqual(JSON.parse(body), {
    error: "more requests arrive than can be answered; this one was not begun",
  });
});

test("each protocol gets its own form of refusal", async (context) => {
  const { url, slowDown } = await setUp(context);
  slowDown(1);
  const filling = times(200, request(INFER));

  const replies = await pipelined(url, [
    ...filling,
    request("POST /invocations?model=penguins"),
    request("POST /v1/models/penguins:predict"),
    request("GET /openapi.json"),
  ]);

  const [mlflow, kserve, other] = replies.slice(200).map(({ status, head, body }) => ({
    status,
    type: /content-type: (\S+)/.exec(head)?.[1],
    members: Object.keys(JSON.parse(body) as object),
  }));
  assert.deepEqual(mlflow, { status: 429, type: "application/json", members: ["error_code", "message"] });
  assert.deepEqual(kserve, { status: 429, type: "application/json", members: ["error"] });
  assert.deepEqual(other, {
    status: 429,
    type: "application/problem+json",
    members: ["type", "title", "status", "detail", "code", "fix", "requestId", "problems"],
  });
});

test("whoever asks how the service is, is answered in any case, and sees what was refused", async (context) => {
  const { url, slowDown } = await setUp(context);
  slowDown(1);
  const health = ["/livez", "/readyz", "/v2/health/live", "/v2/health/ready", "/metrics"];

  const replies = await pipelined(url, [
    ...times(200, request(INFER)),
    ...health.map((path) => request(`GET ${path}`)),
  ]);

  const refused = statuses(replies)[429] ?? 0;
  assert.ok(refused > 0);
  assert.deepEqual(
    replies.slice(200).map(({ status }) => status),
    health.map(() => 200),
  );
  assert.match(replies.at(-1)?.body ?? "", new RegExp(`^models_refused_total ${refused}$`, "m"));
});

test("a caller who is known gets in although strangers have filled the queue, whatever keys they make up", async (context) => {
  const key = `mk_${"a".repeat(43)}`;
  const { url, slowDown } = await setUp(context, { OPERATOR_KEY_HASH: hashSecret(key) });
  const known = request(INFER, `authorization: Bearer ${key}\r\n`);
  const invented = request(INFER, `x-api-key: mk_${"b".repeat(43)}\r\n`);
  await pipelined(url, [known]);
  slowDown(1);

  const replies = await pipelined(url, [...times(200, request(INFER)), invented, known, known]);

  assert.deepEqual(
    replies.slice(200).map(({ status }) => status),
    [429, 200, 200],
  );
});

test("when the overload is over, everybody is answered again on the same connection", async (context) => {
  const { url, slowDown } = await setUp(context);
  slowDown(1);
  await pipelined(url, times(200, request(INFER)));

  slowDown(0);
  const replies = await pipelined(url, times(20, request(INFER)));

  assert.deepEqual(statuses(replies), { 200: 20 });
});

test("with MAX_WAIT_MS=0 nobody is refused", async (context) => {
  const { url, slowDown } = await setUp(context, { MAX_WAIT_MS: "0" });
  slowDown(1);

  const replies = await pipelined(url, times(200, request(INFER)));

  assert.deepEqual(statuses(replies), { 200: 200 });
});

test("messages of a WebSocket are let in or refused like requests, each by its id", async (context) => {
  const { url, slowDown } = await setUp(context);
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/predict`);
  await once(socket, "open");
  const replies: { id: string; status?: number; error?: string; outputs?: unknown }[] = [];
  const done = new Promise<void>((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      replies.push(JSON.parse(String(data)) as { id: string });
      if (replies.length === 240) resolve();
    });
  });
  slowDown(1);

  for (let id = 0; id < 240; id += 1) socket.send(JSON.stringify({ id: String(id), model: "penguins", ...BIRD }));
  await done;
  socket.close();

  const refused = replies.filter(({ status }) => status === 429);
  assert.equal(new Set(replies.map(({ id }) => id)).size, 240);
  assert.ok(refused.length > 0);
  assert.match(refused[0]?.error ?? "", /this one was not begun/);
  assert.equal(replies.filter(({ outputs }) => outputs !== undefined).length, 240 - refused.length);
});
