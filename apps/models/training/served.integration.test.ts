import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readBuiltinModels } from "../src/adapters/builtin/builtin-models.ts";
import { type RunningService, startProcess } from "../src/testing/running-service.ts";

interface Answer {
  readonly inputs?: readonly { readonly name: string }[];
  readonly outputs?: readonly { readonly name: string; readonly data: readonly number[] }[];
  readonly predictions?: readonly number[];
}

let service: RunningService;

before(async () => {
  service = await startProcess();
});

after(() => service.stop());

async function call(path: string, body?: unknown, type = "application/json"): Promise<Answer> {
  const sent = typeof body === "string" ? body : JSON.stringify(body);
  const init = body === undefined ? {} : { method: "POST", body: sent, headers: { "content-type": type } };
  const response = await fetch(service.url + path, init);
  assert.equal(response.status, 200, path);
  return (await response.json()) as Answer;
}

test("every model that was trained here is described and answers its golden cases over HTTP", async () => {
  const models = await readBuiltinModels(fileURLToPath(new URL("../models/", import.meta.url)));

  for (const { card } of models) {
    const described = await call(`/v2/models/${card.name}`);
    assert.deepEqual(
      described.inputs?.map(({ name }) => name),
      card.inputs?.map(({ name }) => name),
    );
    assert.ok(card.golden && card.golden.cases.length > 0);
    for (const { inputs, outputs } of card.golden.cases) {
      const answer = await call(`/v2/models/${card.name}/infer`, { inputs });
      for (const [index, expected] of outputs.entries()) {
        const given = answer.outputs?.[index];
        assert.deepEqual([given?.name, given?.data.length], [expected.name, expected.data.length]);
        const furthest = Math.max(
          ...expected.data.map((value, at) => Math.abs((given?.data[at] ?? NaN) - Number(value))),
        );
        assert.ok(furthest <= card.golden.tolerance, `${card.name} ${expected.name} differs by ${furthest}`);
      }
    }
  }
  assert.deepEqual(
    models.map(({ card }) => card.name),
    ["flight-delay", "penguins", "sensor-anomaly"],
  );
});

test("flights and sensor readings are taken as CSV with the names of the card's columns", async () => {
  const flights = ["origin,destination,weekday,minute_of_day,distance", "ORD,LGA,5,1150,733", "ORD,LGA,3,400,733", ""];
  const readings = ["temperature,humidity", "27.7,44.9", "30.8,80.4", ""];

  const late = await call("/invocations?model=flight-delay", flights.join("\n"), "text/csv");
  const anomalies = await call("/invocations?model=sensor-anomaly", readings.join("\n"), "text/csv");

  const [evening = 0, morning = 1] = late.predictions ?? [];
  assert.ok(evening > 2 * morning, `${evening} in the evening, ${morning} in the morning`);
  assert.deepEqual(
    anomalies.predictions?.map((chance) => chance > 0.5),
    [false, true],
  );
});
