import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createOnnxRuntime } from "../src/adapters/onnx/onnx-runtime.ts";
import type { CardFile } from "../src/domain/model/card.ts";
import { proveGolden } from "../src/domain/model/golden.ts";
import type { ModelSession } from "../src/domain/model/runtime.ts";
import { digest } from "./artefacts.ts";
import {
  BOOSTING,
  type Flight,
  flightGraph,
  flightInputs,
  readFlights,
  runFlightModel,
  trainFlightModel,
} from "./flights.ts";
import { writeOnnx } from "./onnx/model.ts";
import { areaUnderRoc } from "../src/domain/monitoring/roc.ts";

const folder = new URL("../models/flight-delay/", import.meta.url);
// The full training takes half a minute; every test here reads one flight in 200.
const flights = await readFlights(200);

async function predict(session: ModelSession, some: readonly Flight[]): Promise<ArrayLike<number>> {
  const inputs = flightInputs(some).map(({ name, datatype, shape, data }) => {
    const values = datatype === "BYTES" ? data.map(String) : Float32Array.from(data, Number);
    return [name, { datatype, shape, data: values }] as const;
  });
  const answer = (await session.run(new Map(inputs))).get("late_probability");
  return answer?.data as Float32Array;
}

test("the committed model is the card's, repeats its predictions and orders flights of a later month as it says", async () => {
  const model = await readFile(new URL("model.onnx", folder));
  const card = JSON.parse(await readFile(new URL("model-card.json", folder), "utf8")) as CardFile;
  const session = await createOnnxRuntime({ threads: 1 }).load(model);

  const chances = await predict(session, flights.test);

  assert.equal(digest(model), card.artefact.sha256);
  await proveGolden(session, card.golden ?? { tolerance: 0, cases: [] });
  await session.close();
  const auc = areaUnderRoc(
    chances,
    flights.test.map(({ late }) => (late ? 1 : 0)),
  );
  // 2,500 of the 50,000 flights that the card speaks of: the area is uncertain by about 0.013.
  assert.ok(Math.abs(auc - (card.metrics?.["testAuc"] ?? 0)) < 0.04, `AUC ${auc}`);
});

test("ONNX Runtime computes what the trainer does, for airports that it knows or not, and training repeats itself", async () => {
  const options = { ...BOOSTING, trees: 20 };
  const learnt = trainFlightModel(flights.train, options);
  const again = trainFlightModel(flights.train, options);
  const bytes = writeOnnx(flightGraph(learnt));
  const session = await createOnnxRuntime({ threads: 1 }).load(bytes);
  const some = [...flights.test, ...flights.test.slice(0, 50).map((flight) => ({ ...flight, destination: "???" }))];

  const computed = await predict(session, some);

  await session.close();
  const differences = some.map((flight, row) => Math.abs(runFlightModel(learnt, flight) - Number(computed[row])));
  assert.ok(some.length > 2_000);
  assert.ok(Math.max(...differences) <= 1e-5, `differs by ${Math.max(...differences)}`);
  assert.deepEqual(writeOnnx(flightGraph(again)), bytes);
});
