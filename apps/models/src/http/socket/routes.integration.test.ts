import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { startProcess } from "../../testing/running-service.ts";

interface Reply {
  readonly id?: string;
  readonly error?: string;
  readonly status?: number;
  readonly outputs?: { readonly data: number[] }[];
}

async function setUp(context: TestContext, env: Record<string, string> = {}) {
  const service = await startProcess(env, context);
  const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/predict`);
  context.after(() => socket.close());
  await once(socket, "open");
  const replies: Reply[] = [];
  const arrived = new EventTarget();
  socket.addEventListener("message", ({ data }) => {
    replies.push(JSON.parse(String(data)) as Reply);
    arrived.dispatchEvent(new Event("reply"));
  });
  return {
    service,
    socket,
    send: (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    async receive(count: number): Promise<readonly Reply[]> {
      while (replies.length < count) await once(arrived, "reply");
      return replies.splice(0, count);
    },
  };
}

function bird(id: string, data: unknown): unknown {
  return {
    id,
    model: "penguins",
    inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data }],
    outputs: [{ name: "species" }],
  };
}

const BIRDS = [
  [38.1, 17.6, 187, 3_425],
  [49.5, 19, 200, 3_800],
  [48.4, 14.4, 203, 4_625],
];

test("many predictions go over one connection, each answered by its id", async (context) => {
  const { send, receive } = await setUp(context);

  for (let index = 0; index < 200; index += 1) send(bird(String(index), BIRDS[index % 3]));
  const replies = await receive(200);

  assert.equal(new Set(replies.map(({ id }) => id)).size, 200);
  for (const { id, outputs } of replies) assert.deepEqual(outputs?.[0]?.data, [Number(id) % 3]);
});

test("what does not hold is answered as an error, and the connection stays", async (context) => {
  const { send, receive, socket } = await setUp(context);
  const cases: readonly (readonly [unknown, number, RegExp])[] = [
    ["{", 400, /not JSON/],
    ["[]", 400, /JSON object/],
    [{ id: "a" }, 400, /model must name a model/],
    [{ id: "b", model: "walrus", inputs: [] }, 404, /no model is called "walrus"/],
    [bird("c", [1, 2]), 400, /needs 4/],
    [{ id: "d", model: "penguins", version: "7", inputs: [] }, 404, /no version "7"/],
  ];

  for (const [message, status, sentence] of cases) {
    send(message);
    const [reply] = await receive(1);
    assert.equal(reply?.status, status);
    assert.match(reply?.error ?? "", sentence);
    if (typeof message === "object") assert.equal(reply?.id, (message as { id: string }).id);
  }
  socket.send(new Uint8Array([1, 2, 3]));
  assert.equal((await receive(1))[0]?.status, 415);
  send(bird("z", BIRDS[0]));
  assert.deepEqual((await receive(1))[0]?.outputs?.[0]?.data, [0]);
});

test("a connection that asks too often or too much at once is refused message by message", async (context) => {
  const { send, receive } = await setUp(context, { RATE_PREDICT: "10" });

  for (let index = 0; index < 40; index += 1) send(bird(String(index), BIRDS[0]));
  const replies = await receive(40);

  const refused = replies.filter(({ status }) => status === 429).length;
  assert.ok(refused >= 15 && refused <= 25, `${refused} refused`);
});

test("without a right to predict there is no connection", async (context) => {
  const service = await startProcess({ ANONYMOUS_PREDICTIONS: "0" }, context);
  const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/predict`);
  let opened = false;
  socket.addEventListener("open", () => {
    opened = true;
  });

  await once(socket, "error");

  assert.equal(opened, false);
});
