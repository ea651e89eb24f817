import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startProcess } from "./testing/running-service.ts";

const BODY = JSON.stringify({
  inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [38.1, 17.6, 187, 3_425] }],
});

test("it says where it listens, is ready, and ends cleanly on SIGTERM", async (context) => {
  const service = await startProcess({}, context);

  const ready = await fetch(`${service.url}/readyz`);

  assert.match(service.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(ready.status, 200);
  const told = (await ready.json()) as { status: string; models: { name: string; version: string }[] };
  assert.equal(told.status, "ready");
  assert.deepEqual(
    told.models.find(({ name }) => name === "penguins"),
    { name: "penguins", version: "1" },
  );
  assert.equal((await fetch(`${service.url}/livez`)).status, 200);
  assert.equal((await fetch(service.url)).status, 200);
  assert.equal(await service.stop(), 0);
});

test("a request that was accepted is answered after SIGTERM", async (context) => {
  const service = await startProcess({}, context);
  const { port } = new URL(service.url);
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  socket.on("data", (chunk) => (received += chunk.toString()));
  const head = `POST /v2/models/penguins/infer HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n`;
  socket.write(head + BODY.slice(0, 10));
  // The answer to another request shows that the server has read the first part by now.
  await fetch(`${service.url}/livez`);

  const stopped = service.stop();
  while (!service.log.some((entry) => entry["msg"] === "stopping"))
    await once(service.process.stdout ?? socket, "data");
  socket.write(BODY.slice(10));
  await once(socket, "end");

  assert.match(received, /^HTTP\/1\.1 200 OK/);
  assert.match(received, /connection: close/i);
  assert.equal(await stopped, 0);
});

test("with EXIT_WITH_PARENT it ends when its standard input does", async (context) => {
  const service = await startProcess({ EXIT_WITH_PARENT: "1" }, context);

  service.process.stdin?.end();
  const [code] = await once(service.process, "exit");

  assert.equal(code, 0);
});

test("an environment that does not hold is reported as a whole", async (context) => {
  await assert.rejects(startProcess({ PORT: "many", MODEL_THREADS: "0" }, context), /PORT.*many.*MODEL_THREADS/s);
});

test("every answer carries the security headers and tells nothing of the software", async (context) => {
  const service = await startProcess({}, context);

  const answers = await Promise.all(
    ["/livez", "/metrics", "/openapi.json", "/nowhere", "/v2/models/none"].map((path) => fetch(service.url + path)),
  );

  for (const { headers } of answers) {
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("server"), null);
    assert.equal(headers.get("x-powered-by"), null);
    assert.equal(headers.get("access-control-allow-origin"), null);
  }
  await service.stop();
});

test("bytes that are not HTTP get a 400 without a body", async (context) => {
  const service = await startProcess({}, context);
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => (received += chunk.toString()));

  socket.write("\u0016\u0003\u0001 hello\r\n\r\n");
  await once(socket, "end");

  assert.match(received, /^HTTP\/1\.1 400 Bad Request/);
  assert.equal(await service.stop(), 0);
});

test("metrics count requests by route and status, rows predicted, and the lag of the event loop", async (context) => {
  const service = await startProcess({}, context);
  for (let index = 0; index < 3; index += 1) {
    await fetch(`${service.url}/v2/models/penguins/infer`, {
      method: "POST",
      body: BODY,
      headers: { "content-type": "application/json" },
    });
  }

  const text = await (await fetch(`${service.url}/metrics`)).text();

  assert.match(
    text,
    /http_request_duration_seconds_count\{method="POST",route="\/v2\/models\/:name\/infer",status="200"\} 3/,
  );
  assert.match(text, /models_predictions_total\{model="penguins",version="1"\} 3/);
  assert.match(text, /nodejs_eventloop_lag_p99_seconds \d/);
  await service.stop();
});

test("a caller who asks too often is told when to come back, and what is left", async (context) => {
  const service = await startProcess({ RATE_PREDICT: "2" }, context);
  const ask = () =>
    fetch(`${service.url}/v2/models/penguins/infer`, {
      method: "POST",
      body: BODY,
      headers: { "content-type": "application/json" },
    });

  const answers = [await ask(), await ask(), await ask(), await ask(), await ask()];
  const [first] = answers;
  const last = answers.at(-1);

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 429],
  );
  assert.equal(first?.headers.get("ratelimit-policy"), '"predict";q=4;w=2');
  assert.match(first?.headers.get("ratelimit") ?? "", /^"predict";r=3;t=1$/);
  assert.equal(last?.headers.get("retry-after"), "1");
  assert.match((await last?.text()) ?? "", /at most 2 requests a second/);
  await service.stop();
});

test("the OpenAPI document describes the inference endpoint", async (context) => {
  const service = await startProcess({}, context);

  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { requestBody?: unknown; responses: Record<string, unknown> }>>;
  };

  assert.equal(document.openapi, "3.1.0");
  const infer = document.paths["/v2/models/{name}/infer"]?.["post"];
  assert.ok(infer?.requestBody);
  assert.ok(infer.responses["200"]);
  await service.stop();
});
