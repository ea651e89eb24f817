import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type RunningService, startProcess } from "../../testing/running-service.ts";

let service: RunningService;
let folder: string;
before(async () => {
  // With this one model alone, which then need not be named.
  folder = await mkdtemp(join(tmpdir(), "muster-rows-"));
  await cp(new URL("../../../models/penguins", import.meta.url), join(folder, "penguins"), { recursive: true });
  service = await startProcess({ BUILTIN_MODELS: folder });
});
after(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

const ADELIE = [38.1, 17.6, 187, 3_425];
const GENTOO = [48.4, 14.4, 203, 4_625];
const COLUMNS = ["beak_length", "beak_depth", "flipper_length", "body_mass"];

interface Reply {
  readonly status: number;
  readonly body: {
    predictions?: { species: number; probabilities: number[] }[];
    error?: string;
    error_code?: string;
    message?: string;
  };
}

async function post(path: string, body: unknown, type = "application/json"): Promise<Reply> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(service.url + path, { method: "POST", body: text, headers: { "content-type": type } });
  return { status: response.status, body: (await response.json()) as Reply["body"] };
}

function species(reply: Reply): unknown {
  return reply.body.predictions?.map((row) => row.species) ?? reply.body;
}

test("KServe's v1 protocol: instances as lists or objects, inputs as columns", async () => {
  const path = "/v1/models/penguins:predict";

  const lists = await post(path, { instances: [ADELIE, GENTOO] });
  const objects = await post(path, { instances: [{ measurements: ADELIE }, { measurements: GENTOO }] });
  const columns = await post(path, { inputs: { measurements: [ADELIE, GENTOO] } });
  const list = await post(path, { inputs: [ADELIE, GENTOO] });

  for (const reply of [lists, objects, columns, list]) assert.deepEqual(species(reply), [0, 2]);
  assert.equal(lists.body.predictions?.[0]?.probabilities.length, 3);
});

test("what does not fit gets the error that v1 has", async () => {
  const path = "/v1/models/penguins:predict";
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{}, /exactly one of/],
    [{ instances: [ADELIE], inputs: [ADELIE] }, /exactly one of/],
    [{ instances: ADELIE }, /must have the shape \[-1,4\], not \[4\]/],
    [{ instances: [] }, /must have the shape|no rows/],
    [{ instances: [[1, 2, 3]] }, /must have the shape/],
    [{ instances: [ADELIE, [1]] }, /rows of different lengths/],
    [{ instances: [[1, 2, 3, "x"]] }, /must be a number, not "x"/],
    [{ instances: [{ wrong: ADELIE }] }, /member "measurements"/],
    [{ inputs: { wrong: [ADELIE] } }, /"wrong", which the model does not take/],
    [{ inputs: {} }, /measurements: is missing/],
    [{ inputs: 7 }, /must be a list/],
    [{ rows: [] }, /has "rows"/],
    [[], /JSON object/],
  ];

  for (const [body, sentence] of cases) {
    const reply = await post(path, body);
    assert.equal(reply.status, 400, JSON.stringify(body));
    assert.match(reply.body.error ?? "", sentence);
  }
  assert.equal((await post("/v1/models/walrus:predict", { instances: [ADELIE] })).status, 404);
});

test("MLflow's invocations: data frames, records, instances and CSV", async () => {
  const shuffled = [...COLUMNS].toReversed();
  const row = (values: readonly number[]) => Object.fromEntries(COLUMNS.map((name, index) => [name, values[index]]));

  const replies = [
    await post("/invocations", { dataframe_split: { columns: COLUMNS, data: [ADELIE, GENTOO] } }),
    await post("/invocations", {
      dataframe_split: { columns: shuffled, data: [ADELIE.toReversed(), GENTOO.toReversed()], index: [0, 1] },
    }),
    await post("/invocations", { dataframe_records: [row(ADELIE), row(GENTOO)], params: {} }),
    await post("/invocations", { instances: [ADELIE, GENTOO] }),
    await post("/invocations?model=penguins", { inputs: [ADELIE, GENTOO] }),
    await post("/invocations", `${COLUMNS.join(",")}\n${ADELIE.join(",")}\n${GENTOO.join(",")}\n`, "text/csv"),
    await post(
      "/invocations",
      `${COLUMNS.join(",")}\n${ADELIE.join(",")}\n${GENTOO.join(",")}`,
      "text/csv; charset=utf-8",
    ),
  ];

  for (const reply of replies) assert.deepEqual(species(reply), [0, 2]);
});

test("what does not fit gets the error that MLflow has", async () => {
  const cases: readonly (readonly [unknown, string, number, RegExp])[] = [
    [
      { dataframe_split: { columns: COLUMNS, data: [[1, 2, 3]] } },
      "application/json",
      400,
      /row 0: has 3 cells where there are 4 columns/,
    ],
    [{ dataframe_split: { columns: ["x"], data: [[1]] } }, "application/json", 400, /has no "beak_length"/],
    [
      { dataframe_records: [{ beak_length: null, beak_depth: 1, flipper_length: 1, body_mass: 1 }] },
      "application/json",
      400,
      /must be a number, not null/,
    ],
    [{ dataframe_records: [] }, "application/json", 400, /no rows/],
    [{ instances: [ADELIE], params: { a: 1 } }, "application/json", 400, /not known to this model/],
    ['beak_length\n"1', "text/csv", 400, /quote that is not closed/],
    ["a,b\n1,2", "text/csv", 400, /has "a", which the model does not take/],
    ["{", "application/json", 400, /JSON/],
    ["x", "text/plain", 415, /application\/json/],
    ["x", "application/xml", 415, /application\/json/],
  ];

  for (const [body, type, status, sentence] of cases) {
    const reply = await post("/invocations", body, type);
    assert.equal(reply.status, status, JSON.stringify(reply.body));
    assert.equal(reply.body.error_code, "BAD_REQUEST");
    assert.match(reply.body.message ?? "", sentence);
  }
});
