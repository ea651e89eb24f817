import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createDuckdbEngine } from "../src/adapters/duckdb/duckdb-engine.ts";
import { createOnnxRuntime } from "../src/adapters/onnx/onnx-runtime.ts";
import type { CardFile } from "../src/domain/model/card.ts";
import { judgeDrift } from "../src/domain/dataset/drift.ts";
import { readDataLimits } from "../src/domain/dataset/limits.ts";
import { proveGolden } from "../src/domain/model/golden.ts";
import { writeOnnx } from "./onnx/model.ts";
import { readReadings, runSensorModel, sensorGraph, trainSensorModel, trainSensors } from "./sensors.ts";

const folder = new URL("../models/sensor-anomaly/", import.meta.url);

test("training again gives the committed model, card and files of readings", async () => {
  const { model, card, reference, outdoors } = await trainSensors();

  const committed = await readFile(new URL("model.onnx", folder));
  const session = await createOnnxRuntime({ threads: 1 }).load(committed);
  await proveGolden(session, card.golden ?? { tolerance: 0, cases: [] });
  await session.close();
  assert.equal(reference, await readFile(new URL("reference.csv", folder), "utf8"));
  assert.equal(outdoors, await readFile(new URL("outdoors.csv", folder), "utf8"));
  // Other processors may round the last bit of exp differently; there the predictions decide.
  if (process.arch !== "x64") return;
  assert.deepEqual(Buffer.from(model), committed);
  assert.deepEqual(card, JSON.parse(await readFile(new URL("model-card.json", folder), "utf8")));
});

test("it knows anomalies indoors, and the card tells that drift outdoors brings false alarms", async () => {
  const { card } = await trainSensors();
  const metrics = card.metrics ?? {};

  assert.ok((metrics["testAuc"] ?? 0) > 0.99 && (metrics["testRecall"] ?? 0) > 0.9, JSON.stringify(metrics));
  assert.equal(metrics["outdoorPart1FalseAlarms"], 0);
  assert.ok((metrics["outdoorPart4FalseAlarms"] ?? 0) > 0.5);
  for (let part = 1; part <= 6; part += 1) assert.ok((metrics[`outdoorPart${part}HumidityPsi`] ?? 0) > 0.25);
  assert.match(card.limits ?? "", /drift/);
});

test("the platform finds the drift that the card tells in the files beside the model", async (context) => {
  const card = JSON.parse(await readFile(new URL("model-card.json", folder), "utf8")) as CardFile;
  const scratch = await mkdtemp(join(tmpdir(), "muster-sensors-"));
  const engine = createDuckdbEngine(
    readDataLimits((_name, fallback) => fallback),
    join(scratch, "cache"),
  );
  context.after(async () => {
    await engine.close();
    await rm(scratch, { recursive: true });
  });
  const ingest = async (name: string): Promise<string> => {
    const source = fileURLToPath(new URL(`${name}.csv`, folder));
    const table = join(scratch, `${name}.duckdb`);
    const detection = await engine.detect(source, { format: "csv", csv: {} });
    await engine.ingest({ source, table, detection, columns: detection.columns });
    return table;
  };
  const reference = { file: await ingest("reference"), where: undefined };
  const outdoors = await ingest("outdoors");

  for (let part = 1; part <= 6; part += 1) {
    const current = { file: outdoors, where: `(reading - 1) * 6 // 5041 = ${part - 1}` };
    const counted = await engine.drift({ reference, current, columns: ["humidity", "temperature"] });
    const [humidity, temperature] = counted.map((counts) => judgeDrift(counts).psi?.toFixed(4));
    assert.deepEqual(
      [Number(humidity), Number(temperature)],
      [card.metrics?.[`outdoorPart${part}HumidityPsi`], card.metrics?.[`outdoorPart${part}TemperaturePsi`]],
    );
  }
});

test("ONNX Runtime computes what the trainer does, for every reading", async () => {
  const readings = await readReadings();
  const learnt = trainSensorModel(readings.filter(({ indoor }) => indoor === 1));
  const session = await createOnnxRuntime({ threads: 1 }).load(writeOnnx(sensorGraph(learnt)));
  const data = Float32Array.from(readings.flatMap(({ humidity, temperature }) => [humidity, temperature]));

  const answer = await session.run(new Map([["reading", { datatype: "FP32", shape: [readings.length, 2], data }]]));

  await session.close();
  const computed = answer.get("anomaly_probability")?.data as Float32Array;
  const differences = readings.map((each, row) => Math.abs(runSensorModel(learnt, each) - Number(computed[row])));
  assert.equal(computed.length, 18_914);
  assert.ok(Math.max(...differences) <= 1e-5, `differs by ${Math.max(...differences)}`);
});
