import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { problemsOf } from "@muster/contract";
import type { TSchema } from "typebox";
import { DATATYPES, type Datatype } from "../../domain/tensor/tensor.ts";
import { identityModel } from "../../testing/models.ts";
import { PROTOCOL } from "../../testing/open-inference-protocol.ts";
import { type RunningService, startProcess } from "../../testing/running-service.ts";

/** Two elements of each datatype at the ends of what JSON carries without loss. */
const ELEMENTS: Readonly<Record<Datatype, readonly [unknown, unknown]>> = {
  BOOL: [true, false],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  FP16: [-65_504, 0.5],
  FP32: [-1.5, 16_777_216],
  FP64: [Math.PI, -1e308],
  BYTES: ["", 'grün \u{1F427} "quoted"\n'],
};
/** The same in the binary extension's little-endian form. */
const BYTES_OF: Readonly<Record<Datatype, string>> = {
  BOOL: "0100",
  UINT8: "00ff",
  UINT16: "0000ffff",
  UINT32: "00000000ffffffff",
  UINT64: "0000000000000000ffffffffffff1f00",
  INT8: "807f",
  INT16: "0080ff7f",
  INT32: "00000080ffffff7f",
  INT64: "010000000000e0ffffffffffffff1f00",
  FP16: "fffb0038",
  FP32: "0000c0bf0000804b",
  FP64: "182d4454fb210940a0c8eb85f3cce1ff",
  BYTES: "0000000014000000" + Buffer.from(ELEMENTS.BYTES[1] as string).toString("hex"),
};

let folder: string;
let service: RunningService;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "muster-protocol-"));
  await Promise.all(DATATYPES.map(writeModel));
  service = await startProcess({ BUILTIN_MODELS: folder, MAX_PENDING_ROWS: "4" });
});
after(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

async function writeModel(datatype: Datatype): Promise<void> {
  const name = nameOf(datatype);
  const artefact = identityModel(datatype);
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "model.onnx"), artefact);
  const sha256 = createHash("sha256").update(artefact).digest("hex");
  const card = { format: "muster-model-card/1", name, version: "1", title: name };
  await writeFile(
    join(folder, name, "model-card.json"),
    JSON.stringify({ ...card, artefact: { file: "model.onnx", sha256 } }),
  );
}

function nameOf(datatype: Datatype): string {
  return `same-${datatype.toLowerCase()}`;
}

async function ask(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; raw: Buffer }> {
  const response = await fetch(service.url + path, init);
  return { status: response.status, headers: response.headers, raw: Buffer.from(await response.arrayBuffer()) };
}

/** Asks, and holds the answer against what the protocol says of it. */
async function conforming(path: string, schema: TSchema, status = 200, init?: RequestInit): Promise<Reply> {
  const answer = await ask(path, init);
  const text = answer.raw.toString();
  assert.equal(answer.status, status, `${path}: ${text}`);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
  const body = JSON.parse(text) as Reply;
  assert.deepEqual(problemsOf(schema, body), [], text);
  return body;
}

interface Reply {
  readonly error?: string;
  readonly id?: string;
  readonly versions?: readonly string[];
  readonly inputs?: readonly unknown[];
  readonly outputs?: readonly Output[];
}

interface Output {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: readonly unknown[];
  readonly parameters?: { readonly binary_data_size?: number };
}

function posted(body: unknown): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function row(datatype: Datatype, data: unknown = ELEMENTS[datatype], shape: readonly number[] = [1, 2]): object {
  return { name: "x", datatype, shape, data };
}

test("server metadata, health and readiness are the protocol's", async () => {
  const slash = await conforming("/v2/", PROTOCOL.serverMetadata);
  const server = await conforming("/v2", PROTOCOL.serverMetadata);
  await conforming("/v2/health/live", PROTOCOL.live);
  await conforming("/v2/health/ready", PROTOCOL.live);

  assert.deepEqual(server, { name: "muster-models", version: "0.1", extensions: ["binary_tensor_data"] });
  assert.deepEqual(slash, server);
});

test("every model's metadata and readiness are the protocol's, with and without a version", async () => {
  for (const datatype of DATATYPES) {
    const path = `/v2/models/${nameOf(datatype)}`;
    const tensor = { datatype, shape: [-1, 2] };

    const model = await conforming(path, PROTOCOL.modelMetadata);
    const version = await conforming(`${path}/versions/1`, PROTOCOL.modelMetadata);
    await conforming(`${path}/ready`, PROTOCOL.modelReady);
    await conforming(`${path}/versions/1/ready`, PROTOCOL.modelReady);

    assert.deepEqual(model.inputs, [{ name: "x", ...tensor }]);
    assert.deepEqual(model.outputs, [{ name: "y", ...tensor }]);
    assert.deepEqual(model.versions, ["1"]);
    assert.deepEqual(version, model);
  }
});

test("every datatype comes back as it went, flat and nested, with and without a version", async () => {
  for (const datatype of DATATYPES) {
    const path = `/v2/models/${nameOf(datatype)}`;
    const [a, b] = ELEMENTS[datatype];

    const flat = await conforming(`${path}/infer`, PROTOCOL.inference, 200, posted({ inputs: [row(datatype)] }));
    const nested = await conforming(
      `${path}/versions/1/infer`,
      PROTOCOL.inference,
      200,
      posted({
        id: "42",
        inputs: [
          row(
            datatype,
            [
              [a, b],
              [b, a],
            ],
            [2, 2],
          ),
        ],
        outputs: [{ name: "y" }],
      }),
    );

    const expected = { model_name: nameOf(datatype), model_version: "1" };
    assert.deepEqual(flat, { ...expected, outputs: [{ name: "y", shape: [1, 2], datatype, data: [a, b] }] });
    assert.deepEqual(nested, {
      ...expected,
      id: "42",
      outputs: [{ name: "y", shape: [2, 2], datatype, data: [a, b, b, a] }],
    });
  }
});

test("every datatype comes back as it went in raw bytes, asked for by output or for all", async () => {
  for (const datatype of DATATYPES) {
    const tail = Buffer.from(BYTES_OF[datatype], "hex");
    const input = { name: "x", datatype, shape: [1, 2], parameters: { binary_data_size: tail.length } };
    for (const wish of [
      { outputs: [{ name: "y", parameters: { binary_data: true } }] },
      { parameters: { binary_data_output: true } },
    ]) {
      const json = Buffer.from(JSON.stringify({ id: "b", inputs: [input], ...wish }));

      const answer = await ask(`/v2/models/${nameOf(datatype)}/infer`, {
        method: "POST",
        headers: { "inference-header-content-length": String(json.length), "content-type": "application/octet-stream" },
        body: Buffer.concat([json, tail]),
      });

      assert.equal(answer.status, 200, answer.raw.toString());
      const length = Number(answer.headers.get("inference-header-content-length"));
      const reply = JSON.parse(answer.raw.toString("utf8", 0, length)) as Reply;
      assert.deepEqual(problemsOf(PROTOCOL.binaryInference, reply), []);
      assert.deepEqual(reply.outputs, [
        { name: "y", shape: [1, 2], datatype, parameters: { binary_data_size: tail.length } },
      ]);
      assert.equal(reply.id, "b");
      assert.equal(answer.raw.subarray(length).toString("hex"), tail.toString("hex"));
    }
  }
});

test("raw input with a JSON answer, and parameters that nobody knows, are as the protocol says", async () => {
  const tail = Buffer.from(BYTES_OF.INT64, "hex");
  const input = { name: "x", datatype: "INT64", shape: [1, 2], parameters: { binary_data_size: 16, mystery: 1 } };
  const json = Buffer.from(
    JSON.stringify({
      inputs: [input],
      parameters: { priority: 3, binary_data_output: false, sequence_id: "s" },
      outputs: [{ name: "y", parameters: { classification: 2 } }],
    }),
  );

  const reply = await conforming("/v2/models/same-int64/infer", PROTOCOL.inference, 200, {
    method: "POST",
    headers: { "inference-header-content-length": String(json.length) },
    body: Buffer.concat([json, tail]),
  });

  assert.deepEqual(reply.outputs?.[0]?.data, ELEMENTS.INT64);
});

test("what is refused is refused in the protocol's form, whatever refuses it", async () => {
  const infer = "/v2/models/same-fp32/infer";
  const good = posted({ inputs: [row("FP32")] });
  const cases: readonly (readonly [string, number, RegExp, RequestInit?])[] = [
    ["/v2/models/walrus", 404, /no model is called "walrus"/],
    ["/v2/models/walrus/ready", 404, /no model/],
    ["/v2/models/walrus/infer", 404, /no model/, good],
    ["/v2/models/same-fp32/versions/9", 404, /no version "9"/],
    ["/v2/models/same-fp32/versions/9/ready", 404, /no version "9"/],
    ["/v2/models/same-fp32/versions/9/infer", 404, /no version "9"/, good],
    [`/v2/models/${"a".repeat(65)}`, 400, /name/],
    ["/v2/models/%FF", 400, /./],
    // Extensions that are not listed: Triton's repository, statistics and trace.
    ["/v2/repository/index", 404, /nothing at this address/, { method: "POST" }],
    ["/v2/models/same-fp32/stats", 404, /nothing at this address/],
    ["/v2/models/same-fp32/trace/setting", 404, /nothing at this address/],
    [infer, 405, /POST is/],
    ["/v2/health/live", 405, /GET is/, { method: "POST" }],
    [infer, 400, /not JSON/, { ...good, body: "{" }],
    [infer, 400, /inputs: must be an array/, posted({})],
    [infer, 400, /id: must be a string/, posted({ id: 42, inputs: [] })],
    [infer, 400, /parameters: must be an object/, posted({ parameters: [], inputs: [] })],
    [infer, 400, /datatype must be FP32, not "FP8"/, posted({ inputs: [{ ...row("FP32"), datatype: "FP8" }] })],
    [infer, 400, /must be FP32, not FP64/, posted({ inputs: [row("FP64")] })],
    [infer, 400, /outputs\[0\]: must be an object with a name/, posted({ inputs: [row("FP32")], outputs: [{}] })],
    [
      infer,
      400,
      /data must be an array/,
      posted({ inputs: [{ ...row("FP32"), data: undefined, parameters: { shared_memory_region: "r" } }] }),
    ],
    [infer, 415, /application\/json/, { ...good, headers: { "content-type": "text/plain" } }],
    [
      infer,
      415,
      /without Content-Encoding/,
      { ...good, headers: { "content-type": "application/json", "content-encoding": "gzip" } },
    ],
    [infer, 413, /longer than/, { ...good, body: "x".repeat(5_000_000) }],
  ];

  for (const [path, status, sentence, init] of cases) {
    const reply = await conforming(path, PROTOCOL.error, status, init);
    assert.match(reply.error ?? "", sentence, path);
  }
});

test("nobody, too often and too much are answered in the protocol's form", async (context) => {
  const closed = await startProcess({ BUILTIN_MODELS: folder, ANONYMOUS_PREDICTIONS: "0" }, context);
  const limited = await startProcess({ BUILTIN_MODELS: folder, RATE_PREDICT: "1" }, context);
  const many = (first: number) => posted({ inputs: [row("FP32", [first, 2, 3, 4, 5, 6], [3, 2])] });
  const infer = "/v2/models/same-fp32/infer";

  const nobody = await fetch(closed.url + infer, many(0));
  const often = await Promise.all(Array.from({ length: 8 }, (_, index) => fetch(limited.url + infer, many(index))));
  // Four rows may wait, and these thirty come in few turns.
  const much = await Promise.all(Array.from({ length: 30 }, (_, index) => fetch(service.url + infer, many(index))));

  const refused = [nobody, ...often, ...much].filter(({ status }) => status !== 200);
  for (const answer of refused) assert.deepEqual(problemsOf(PROTOCOL.error, await answer.json()), []);
  assert.equal(nobody.status, 401);
  assert.ok(often.some(({ status, headers }) => status === 429 && headers.has("retry-after")));
  assert.ok(much.some(({ status, headers }) => status === 503 && headers.has("retry-after")));
});
