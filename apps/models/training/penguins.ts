/**
 * Trains the penguin species model and writes it with its card. The same data and seed give the same
 * bytes. Run by `npm run train -w @muster/models`.
 */
import { readFile } from "node:fs/promises";
import type { CardFile } from "../src/domain/model/card.ts";
import { type Artefacts, digest, writeArtefacts } from "./artefacts.ts";
import { type Example, type Mlp, runMlp, trainMlp } from "./mlp.ts";
import { ELEMENT, writeOnnx } from "./onnx/model.ts";
import { seededRandom, shuffled } from "./random.ts";

const SEED = 20_261_121;
const SPECIES = ["Adelie", "Chinstrap", "Gentoo"] as const;
const MEASUREMENTS = [
  { field: "Beak Length (mm)", name: "beak_length", unit: "mm" },
  { field: "Beak Depth (mm)", name: "beak_depth", unit: "mm" },
  { field: "Flipper Length (mm)", name: "flipper_length", unit: "mm" },
  { field: "Body Mass (g)", name: "body_mass", unit: "g" },
] as const;

/** Trains on the installed data set; pure but for reading it. */
export async function trainPenguins(): Promise<Artefacts> {
  const source = await readFile(new URL("../data/penguins.json", import.meta.resolve("vega-datasets")));
  const penguins = measured(JSON.parse(source.toString("utf8")));
  const random = seededRandom(SEED);
  const mixed = shuffled(penguins, random);
  const trainingRows = Math.round(mixed.length * 0.7);
  const train = mixed.slice(0, trainingRows);
  const test = mixed.slice(trainingRows);

  const scale = scaleOf(train);
  const network = trainMlp(
    train.map((each) => scaled(each, scale)),
    { hidden: 16, classes: SPECIES.length, epochs: 400, learningRate: 0.02, weightDecay: 0.0005 },
    random,
  );
  const model = writeOnnx(graphOf(network, scale));
  const correct = test.filter((each) => speciesOf(network, scale, each) === each.label).length;
  // One penguin of each species, from the part that the training did not see.
  const golden = SPECIES.map((_, label) => test.find((each) => each.label === label)).filter((each) => !!each);

  const card: CardFile = {
    format: "muster-model-card/1",
    name: "penguins",
    version: "1",
    title: "Penguin species",
    description: "Names the species of a penguin of the Palmer Archipelago from four measurements.",
    intendedUse: "Demonstrations and tests of the platform.",
    limits:
      "Trained on 342 adult birds of three islands, 2007 to 2009; other species are given one of the three names.",
    artefact: { file: "model.onnx", sha256: digest(model) },
    data: {
      name: "Palmer penguins",
      source: "vega-datasets 3.2.1, data/penguins.json (Palmer Station Antarctica LTER; K. Gorman; A. Horst)",
      licence: "CC0-1.0",
      sha256: digest(source),
      rows: penguins.length,
    },
    training: {
      command: "npm run train -w @muster/models",
      seed: SEED,
      trainedOn: train.length,
      testedOn: test.length,
    },
    metrics: { testAccuracy: Math.round((correct / test.length) * 10_000) / 10_000 },
    inputs: [
      {
        name: "measurements",
        columns: MEASUREMENTS.map(({ name, unit }, index) => {
          const values = train.map((each) => each.features[index] as number);
          return { name, unit, min: Math.min(...values), max: Math.max(...values) };
        }),
      },
    ],
    outputs: [
      { name: "probabilities", labels: [...SPECIES] },
      { name: "species", labels: [...SPECIES] },
    ],
    batchable: true,
    golden: {
      tolerance: 0.0001,
      cases: [
        {
          inputs: [
            {
              name: "measurements",
              datatype: "FP32",
              shape: [golden.length, MEASUREMENTS.length],
              data: golden.flatMap((each) => [...each.features]),
            },
          ],
          outputs: [
            {
              name: "probabilities",
              datatype: "FP32",
              shape: [golden.length, SPECIES.length],
              data: golden.flatMap((each) =>
                [...runMlp(network, scaled(each, scale).features).probabilities].map((value) =>
                  Number(value.toFixed(6)),
                ),
              ),
            },
            {
              name: "species",
              datatype: "INT64",
              shape: [golden.length],
              data: golden.map((each) => speciesOf(network, scale, each)),
            },
          ],
        },
      ],
    },
  };
  return { model, card };
}

/** Penguins with all four measurements; two of the 344 have none. */
function measured(records: readonly Readonly<Record<string, unknown>>[]): Example[] {
  const examples: Example[] = [];
  for (const record of records) {
    const features = MEASUREMENTS.map(({ field }) => record[field]);
    const label = SPECIES.findIndex((species) => species === record["Species"]);
    if (label < 0) throw new Error(`the data set names an unknown species: ${String(record["Species"])}`);
    if (features.every((value) => typeof value === "number")) examples.push({ features, label });
  }
  return examples;
}

interface Scale {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Mean and standard deviation of each measurement, rounded to what a 32-bit float holds. */
function scaleOf(examples: readonly Example[]): Scale {
  const columns = MEASUREMENTS.map((_, index) => examples.map((each) => each.features[index] as number));
  const mean = columns.map((values) => Math.fround(values.reduce((sum, value) => sum + value, 0) / values.length));
  const deviation = columns.map((values, index) => {
    const centre = mean[index] as number;
    return Math.fround(Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length));
  });
  return { mean, deviation };
}

function scaled(example: Example, scale: Scale): Example {
  const features = example.features.map(
    (value, index) => (value - (scale.mean[index] as number)) / (scale.deviation[index] as number),
  );
  return { features, label: example.label };
}

function speciesOf(network: Mlp, scale: Scale, example: Example): number {
  const { probabilities } = runMlp(network, scaled(example, scale).features);
  return probabilities.indexOf(Math.max(...probabilities));
}

/** Scaling is part of the graph, so that callers send millimetres and grams. */
function graphOf(network: Mlp, scale: Scale): Parameters<typeof writeOnnx>[0] {
  const { inputs, hidden, classes } = network;
  return {
    name: "penguins",
    inputs: [{ name: "measurements", element: ELEMENT.FLOAT, shape: ["batch", inputs] }],
    outputs: [
      { name: "probabilities", element: ELEMENT.FLOAT, shape: ["batch", classes] },
      { name: "species", element: ELEMENT.INT64, shape: ["batch"] },
    ],
    weights: [
      { name: "mean", shape: [inputs], values: scale.mean },
      { name: "deviation", shape: [inputs], values: scale.deviation },
      { name: "w1", shape: [inputs, hidden], values: network.w1 },
      { name: "b1", shape: [hidden], values: network.b1 },
      { name: "w2", shape: [hidden, classes], values: network.w2 },
      { name: "b2", shape: [classes], values: network.b2 },
    ],
    nodes: [
      { op: "Sub", inputs: ["measurements", "mean"], outputs: ["centred"] },
      { op: "Div", inputs: ["centred", "deviation"], outputs: ["scaled"] },
      { op: "Gemm", inputs: ["scaled", "w1", "b1"], outputs: ["summed"] },
      { op: "Relu", inputs: ["summed"], outputs: ["active"] },
      { op: "Gemm", inputs: ["active", "w2", "b2"], outputs: ["scores"] },
      {
        op: "Softmax",
        inputs: ["scores"],
        outputs: ["probabilities"],
        attributes: [{ name: "axis", kind: "int", value: 1 }],
      },
      {
        op: "ArgMax",
        inputs: ["scores"],
        outputs: ["species"],
        attributes: [
          { name: "axis", kind: "int", value: 1 },
          { name: "keepdims", kind: "int", value: 0 },
        ],
      },
    ],
  };
}

if (import.meta.main) await writeArtefacts(await trainPenguins());
