import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { problemsOf } from "@muster/contract";
import type { CardFile } from "../../domain/model/card.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";
import { InferResponseSchema, ModelMetadataSchema, OipErrorSchema, ServerMetadataSchema } from "./schemas.ts";

let service: RunningService;
before(async () => {
  service = await startProcess();
});
after(() => service.stop());

const INFER = "/v2/models/penguins/infer";
const ADELIE = [38.1, 17.6, 187, 3_425];

function measurements(data: unknown, shape: unknown = [1, 4], datatype: unknown = "FP32"): unknown {
  return { inputs: [{ name: "measurements", datatype, shape, data }] };
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function get(path: string): Promise<Answer> {
  return read(await fetch(service.url + path));
}

async function post(path: string, body: unknown, type = "application/json"): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return read(await fetch(service.url + path, { method: "POST", body: text, headers: { "content-type": type } }));
}

async function read(response: Response): Promise<Answer> {
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

interface Output {
  readonly name: string;
  readonly shape: number[];
  readonly datatype: string;
  readonly data: number[];
}

function outputs(answer: Answer): readonly Output[] {
  return answer.body["outputs"] as Output[];
}

test("the golden cases of the card come out of the server", async () => {
  const card = JSON.parse(
    await readFile(new URL("../../../models/penguins/model-card.json", import.meta.url), "utf8"),
  ) as CardFile;
  const [golden] = card.golden?.cases ?? [];
  assert.ok(golden && card.golden);

  const answer = await post(INFER, { id: "g", inputs: golden.inputs });

  assert.equal(answer.status, 200);
  assert.deepEqual(problemsOf(InferResponseSchema, answer.body), []);
  assert.deepEqual(
    [answer.body["id"], answer.body["model_name"], answer.body["model_version"]],
    ["g", "penguins", "1"],
  );
  for (const [index, expected] of golden.outputs.entries()) {
    const given = outputs(answer)[index];
    assert.deepEqual([given?.name, given?.shape, given?.datatype], [expected.name, expected.shape, expected.datatype]);
    for (const [at, value] of expected.data.entries()) {
      assert.ok(Math.abs((given?.data[at] ?? Number.NaN) - Number(value)) < card.golden.tolerance);
    }
  }
});

test("nested data, a chosen output and a named version are served", async () => {
  const answer = await post("/v2/models/penguins/versions/1/infer", {
    ...(measurements([ADELIE, [48.4, 14.4, 203, 4_625]], [2, 4]) as object),
    outputs: [{ name: "species" }],
  });

  assert.equal(answer.status, 200);
  assert.equal("id" in answer.body, false);
  assert.deepEqual(outputs(answer), [{ name: "species", shape: [2], datatype: "INT64", data: [0, 2] }]);
});

test("requests that arrive together are answered each with its own rows", async () => {
  const birds = [ADELIE, [49.5, 19, 200, 3_800], [48.4, 14.4, 203, 4_625]];

  const answers = await Promise.all(
    Array.from({ length: 90 }, (_, index) => post(INFER, measurements(birds[index % 3]))),
  );

  assert.deepEqual(
    answers.map((answer) => outputs(answer)[1]?.data[0]),
    answers.map((_, index) => index % 3),
  );
});

test("hostile and mistaken requests get a 4xx with a sentence, and the service goes on", async () => {
  const row = ADELIE;
  const cases: readonly (readonly [unknown, number, RegExp])[] = [
    ["", 400, /JSON/],
    ["{", 400, /not JSON/],
    ["null", 400, /JSON object/],
    ["[".repeat(100_000), 400, /not JSON/],
    [{}, 400, /inputs: must be an array/],
    [{ inputs: [] }, 400, /measurements: is missing; the model needs FP32 \[-1,4\]/],
    [measurements(row, [1, 4], "INT64"), 400, /data\[0\] must be a whole number/],
    [measurements([1, 2, 3, 4], [1, 4], "FP64"), 400, /measurements: must be FP32, not FP64/],
    [measurements(row, [4]), 400, /must have the shape \[-1,4\], not \[4\]/],
    [measurements([...row, 1], [1, 5]), 400, /must have the shape \[-1,4\], not \[1,5\]/],
    [measurements([], [0, 4]), 400, /has no rows/],
    [measurements(["NaN", 1, 2, 3]), 400, /data\[0\] must be a number, not "NaN"/],
    ['{"inputs":[{"name":"measurements","datatype":"FP32","shape":[1,4],"data":[NaN,1,2,3]}]}', 400, /not JSON/],
    [
      '{"inputs":[{"name":"measurements","datatype":"FP32","shape":[1,4],"data":[1e999,1,2,3]}]}',
      400,
      /FP32 can carry/,
    ],
    [
      `{"inputs":[{"name":"measurements","datatype":"FP32","shape":[1,4],"data":[${"9".repeat(5_000)},1,2,3]}]}`,
      400,
      /FP32 can carry/,
    ],
    [measurements([1, 2, 3, 4], [4_294_967_296, 4_294_967_296]), 400, /more than/],
    [measurements(Array<number>(4_097 * 4).fill(1), [4_097, 4]), 400, /has 4097 rows; at most 4096 are allowed/],
    [measurements(Array<number>(3_000_000).fill(1), [750_000, 4]), 413, /too-large|longer than/],
    [{ ...(measurements(row) as object), outputs: [{ name: "__proto__" }] }, 400, /not an output of the model/],
    [
      '{"__proto__":{"inputs":1},"inputs":[{"name":"__proto__","datatype":"FP32","shape":[1],"data":[1]}]}',
      400,
      /measurements: is missing/,
    ],
  ];

  for (const [body, status, sentence] of cases) {
    const answer = await post(INFER, body);
    assert.equal(answer.status, status, JSON.stringify(body).slice(0, 100));
    assert.deepEqual(problemsOf(OipErrorSchema, answer.body), []);
    assert.match(String(answer.body["error"]), sentence);
    assert.doesNotMatch(JSON.stringify(answer.body), /\.ts|node_modules|\bat \//);
  }

  assert.equal((await post(INFER, measurements(row))).status, 200);
});

test("extreme values that overflow inside the model are refused, not answered with a non-number", async () => {
  const answer = await post(INFER, measurements([3e38, -3e38, 3e38, -3e38]));

  assert.ok(answer.status === 200 || answer.status === 400);
  if (answer.status === 200) assert.deepEqual(problemsOf(InferResponseSchema, answer.body), []);
  else assert.match(String(answer.body["error"]), /which JSON cannot carry/);
});

/** A request with the bird's measurements as raw bytes after the JSON. */
function binaryCall(inputs: object, tail: Uint8Array, more: object = {}, length?: string): Promise<Response> {
  const json = Buffer.from(JSON.stringify({ inputs: [inputs], ...more }));
  return fetch(service.url + INFER, {
    method: "POST",
    body: Buffer.concat([json, tail]),
    headers: { "inference-header-content-length": length ?? String(json.length) },
  });
}

const BIRD = new Uint8Array(Float32Array.from(ADELIE).buffer);
const BINARY_INPUT = { name: "measurements", datatype: "FP32", shape: [1, 4], parameters: { binary_data_size: 16 } };

test("tensors travel as raw bytes in both directions, per output or for all", async () => {
  const expected = await post(INFER, measurements(ADELIE));

  const answer = await binaryCall(BINARY_INPUT, BIRD, {
    id: "b",
    outputs: [{ name: "probabilities", parameters: { binary_data: true } }, { name: "species" }],
  });
  const body = Buffer.from(await answer.arrayBuffer());
  const length = Number(answer.headers.get("inference-header-content-length"));
  const json = JSON.parse(body.toString("utf8", 0, length)) as { id: string; outputs: Record<string, unknown>[] };

  assert.equal(answer.status, 200);
  assert.equal(json.id, "b");
  assert.deepEqual(json.outputs, [
    { name: "probabilities", shape: [1, 3], datatype: "FP32", parameters: { binary_data_size: 12 } },
    { name: "species", shape: [1], datatype: "INT64", data: [0] },
  ]);
  const numbers = new Float32Array(new Uint8Array(body.subarray(length)).buffer);
  assert.deepEqual(Array.from(numbers), outputs(expected)[0]?.data);

  const all = await binaryCall(BINARY_INPUT, BIRD, { parameters: { binary_data_output: true } });
  assert.equal(
    (await all.arrayBuffer()).byteLength,
    Number(all.headers.get("inference-header-content-length")) + 12 + 8,
  );
});

test("a binary request that lies is refused", async () => {
  const cases: readonly (readonly [Promise<Response>, RegExp])[] = [
    [binaryCall(BINARY_INPUT, BIRD, {}, "99999"), /must be a number of bytes of the body/],
    [binaryCall(BINARY_INPUT, BIRD, {}, "-5"), /must be a number of bytes of the body/],
    [binaryCall(BINARY_INPUT, BIRD, {}, "10"), /the first 10 bytes of the body are not JSON/],
    [binaryCall(BINARY_INPUT, BIRD.subarray(0, 12)), /only 12 bytes are left/],
    [binaryCall(BINARY_INPUT, Buffer.concat([BIRD, BIRD])), /has 16 bytes that no input names/],
    [binaryCall({ ...BINARY_INPUT, parameters: { binary_data_size: 1e15 } }, BIRD), /bytes are left/],
    [binaryCall({ ...BINARY_INPUT, parameters: { binary_data_size: -1 } }, BIRD), /must be a number of bytes/],
    [binaryCall({ ...BINARY_INPUT, data: ADELIE }, BIRD), /not both/],
    [binaryCall({ ...BINARY_INPUT, shape: [2, 4] }, BIRD), /has 16 bytes where 8 elements of FP32 need 32/],
  ];

  for (const [answer, sentence] of cases) {
    const { status, body } = await read(await answer);
    assert.equal(status, 400);
    assert.match(String(body["error"]), sentence);
  }
  assert.match(
    String((await post(INFER, { inputs: [BINARY_INPUT] })).body["error"]),
    /needs the header inference-header-content-length/,
  );
});

test("not-a-number as raw bytes is computed with, and answered as bytes but not as JSON", async () => {
  const nan = new Uint8Array(Float32Array.of(Number.NaN, 1, 2, 3).buffer);

  const bytes = await binaryCall(BINARY_INPUT, nan, { parameters: { binary_data_output: true } });
  const json = await read(await binaryCall(BINARY_INPUT, nan, { outputs: [{ name: "probabilities" }] }));

  assert.equal(bytes.status, 200);
  assert.equal(json.status, 400);
  assert.match(String(json.body["error"]), /probabilities: is NaN at 0, which JSON cannot carry/);
});

test("a wrong content type gets 415", async () => {
  const answer = await post(INFER, measurements(ADELIE), "text/plain");

  assert.equal(answer.status, 415);
  assert.match(String(answer.body["error"]), /application\/json/);
});

test("metadata, health and readiness are as the protocol says", async () => {
  const server = await get("/v2");
  const slash = await get("/v2/");
  const model = await get("/v2/models/penguins");
  const version = await get("/v2/models/penguins/versions/1");

  assert.deepEqual(problemsOf(ServerMetadataSchema, server.body), []);
  assert.deepEqual(slash.body, server.body);
  assert.deepEqual(problemsOf(ModelMetadataSchema, model.body), []);
  assert.deepEqual(model.body, {
    name: "penguins",
    versions: ["1"],
    platform: "onnx_onnxv1",
    inputs: [{ name: "measurements", datatype: "FP32", shape: [-1, 4] }],
    outputs: [
      { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
      { name: "species", datatype: "INT64", shape: [-1] },
    ],
  });
  assert.deepEqual(version.body, model.body);
  assert.deepEqual((await get("/v2/health/live")).body, { live: true });
  assert.deepEqual((await get("/v2/health/ready")).body, { live: true, ready: true });
  assert.deepEqual((await get("/v2/models/penguins/ready")).body, { name: "penguins", ready: true });
});

test("an unknown model, version, address or method says so", async () => {
  const model = await post("/v2/models/walrus/infer", measurements(ADELIE));
  const version = await get("/v2/models/penguins/versions/9");
  const address = await get("/v3");
  const method = await get(INFER);

  assert.deepEqual([model.status, model.body], [404, { error: 'no model is called "walrus"' }]);
  assert.deepEqual(
    [version.status, version.body],
    [404, { error: 'model "penguins" has no version "9"; it has champion, 1' }],
  );
  assert.deepEqual([address.status, address.body["code"]], [404, "not-found"]);
  assert.deepEqual([method.status, method.headers.get("allow")], [405, "POST"]);
});
