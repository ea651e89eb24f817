import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createOnnxRuntime } from "../src/adapters/onnx/onnx-runtime.ts";
import { proveGolden } from "../src/domain/model/golden.ts";
import { trainPenguins } from "./penguins.ts";

const folder = new URL("../models/penguins/", import.meta.url);

test("training again gives the committed model and card", async () => {
  const { model, card } = await trainPenguins();

  const committed = await readFile(new URL("model.onnx", folder));
  const session = await createOnnxRuntime({ threads: 1 }).load(committed);
  await proveGolden(session, card.golden ?? { tolerance: 0, cases: [] });
  await session.close();
  assert.ok((card.metrics?.["testAccuracy"] ?? 0) >= 0.97, "the model is worse than it was");
  // Other processors may round the last bit of exp and log differently; there the predictions decide.
  if (process.arch !== "x64") return;
  assert.deepEqual(Buffer.from(model), committed);
  assert.deepEqual(card, JSON.parse(await readFile(new URL("model-card.json", folder), "utf8")));
});
