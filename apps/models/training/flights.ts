/**
 * Trains the flight delay model and writes it with its card. The same data and seed give the same bytes.
 * Run by `npm run train -w @muster/models`; it takes about half a minute.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import type { CardFile, CardTensor } from "../src/domain/model/card.ts";
import { type Artefacts, digest, writeArtefacts } from "./artefacts.ts";
import { ELEMENT, type Graph, type GraphValue, type Node, writeOnnx } from "./onnx/model.ts";
import { seededRandom } from "./random.ts";
import { areaUnderRoc } from "../src/domain/monitoring/roc.ts";
import {
  type BoostedTrees,
  type BoostingOptions,
  runBoostedTrees,
  type Table,
  trainBoostedTrees,
} from "./trees/boosted-trees.ts";
import { treeNode } from "./trees/graph.ts";

const SEED = 20_261_121;
/** One flight in this many is read: 300,000 of three million. */
const ONE_IN = 10;
/** Minutes by which a flight may be late and still count as on time. */
const LATE_AFTER = 15;
/** Flights of which an airport's share of late ones is drawn towards that of all airports. */
const SHRINKAGE = 200;
const NUMBERS = [
  { name: "minute_of_day", unit: "min" },
  { name: "weekday", unit: "1 Monday to 7 Sunday" },
  { name: "distance", unit: "mi" },
] as const;
const AIRPORTS = ["origin", "destination"] as const;

/** A flight as a caller describes it, and whether it came late. */
export interface Flight {
  readonly minute_of_day: number;
  readonly weekday: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  readonly late: boolean;
}

/** What was learnt: the trees, and how late the flights of each airport are. */
export interface FlightModel {
  readonly trees: BoostedTrees;
  readonly lateShare: Readonly<Record<(typeof AIRPORTS)[number], AirportShares>>;
}

interface AirportShares {
  readonly known: ReadonlyMap<string, number>;
  /** For an airport that the training did not see. */
  readonly otherwise: number;
}

export const BOOSTING: BoostingOptions = {
  trees: 100,
  depth: 6,
  learningRate: 0.1,
  bins: 128,
  minLeafRows: 100,
  ridge: 1,
  rowShare: 0.5,
};

/**
 * Every `one in` -th flight of January to May, to learn from, and of June, to test on: a model is asked
 * about days that come after those that it has seen.
 */
export async function readFlights(oneIn: number): Promise<{ train: Flight[]; test: Flight[] }> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT (hour(date) * 60 + minute(date))::INTEGER, isodow(date)::INTEGER, distance::INTEGER, origin, destination,
              delay > ${LATE_AFTER}, month(date) < 6
         FROM read_parquet($file, file_row_number = true)
        WHERE file_row_number % $oneIn = 0 AND month(date) <= 6
        ORDER BY file_row_number`,
      { file: fileURLToPath(parquet()), oneIn },
    );
    const train: Flight[] = [];
    const test: Flight[] = [];
    for (const [minute, weekday, distance, origin, destination, late, isEarly] of reader.getRows()) {
      (isEarly === true ? train : test).push({
        minute_of_day: Number(minute),
        weekday: Number(weekday),
        distance: Number(distance),
        origin: String(origin),
        destination: String(destination),
        late: late === true,
      });
    }
    return { train, test };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Learns from flights. */
export function trainFlightModel(flights: readonly Flight[], options: BoostingOptions): FlightModel {
  const lateShare = { origin: sharesOf(flights, "origin"), destination: sharesOf(flights, "destination") };
  const rows = flights.map((flight) => featuresOf(lateShare, flight));
  const table: Table = {
    columns: [...NUMBERS, ...AIRPORTS].map((_, index) => Float32Array.from(rows, (row) => row[index] as number)),
    labels: Uint8Array.from(flights, ({ late }) => (late ? 1 : 0)),
  };
  return { lateShare, trees: trainBoostedTrees(table, options, seededRandom(SEED)) };
}

/** The probability that a flight is late, as the trainer computes it. */
export function runFlightModel(model: FlightModel, flight: Flight): number {
  return runBoostedTrees(model.trees, featuresOf(model.lateShare, flight));
}

/** Airports are looked up in the graph, so that callers send their codes. */
export function flightGraph({ trees, lateShare }: FlightModel): Graph {
  const input = (name: string, element: GraphValue["element"]): GraphValue => ({ name, element, shape: ["batch", 1] });
  return {
    name: "flight-delay",
    inputs: [
      ...AIRPORTS.map((name) => input(name, ELEMENT.STRING)),
      ...NUMBERS.map(({ name }) => input(name, ELEMENT.FLOAT)),
    ],
    outputs: [{ name: "late_probability", element: ELEMENT.FLOAT, shape: ["batch"] }],
    weights: [],
    integers: [{ name: "one_for_each_row", shape: [1], values: [-1] }],
    nodes: [
      ...AIRPORTS.map((name): Node => ({
        op: "LabelEncoder",
        domain: "ai.onnx.ml",
        inputs: [name],
        outputs: [`${name}_late_share`],
        attributes: [
          { name: "keys_strings", kind: "strings", value: [...lateShare[name].known.keys()] },
          { name: "values_floats", kind: "floats", value: [...lateShare[name].known.values()] },
          { name: "default_float", kind: "float", value: lateShare[name].otherwise },
        ],
      })),
      {
        op: "Concat",
        inputs: [...NUMBERS.map(({ name }) => name), ...AIRPORTS.map((name) => `${name}_late_share`)],
        outputs: ["features"],
        attributes: [{ name: "axis", kind: "int", value: 1 }],
      },
      treeNode(trees, "features", "log_odds"),
      { op: "Sigmoid", inputs: ["log_odds"], outputs: ["probability"] },
      { op: "Reshape", inputs: ["probability", "one_for_each_row"], outputs: ["late_probability"] },
    ],
  };
}

/** The inputs of the graph for these flights. */
export function flightInputs(flights: readonly Flight[]): CardTensor[] {
  const shape = [flights.length, 1];
  return [
    ...AIRPORTS.map((name) => ({ name, datatype: "BYTES" as const, shape, data: flights.map((each) => each[name]) })),
    ...NUMBERS.map(({ name }) => ({ name, datatype: "FP32" as const, shape, data: flights.map((each) => each[name]) })),
  ];
}

/** Trains on a tenth of the flights of the installed data set; pure but for reading it. */
export async function trainFlights(): Promise<Artefacts> {
  const { train, test } = await readFlights(ONE_IN);
  const learnt = trainFlightModel(train, BOOSTING);
  const model = writeOnnx(flightGraph(learnt));
  const chances = test.map((flight) => runFlightModel(learnt, flight));
  const labels = test.map(({ late }) => (late ? 1 : 0));
  const examples = goldenFlights(test);

  const card: CardFile = {
    format: "muster-model-card/1",
    name: "flight-delay",
    version: "1",
    title: "Flight delay",
    description: `The probability that a flight within the United States is more than ${LATE_AFTER} minutes late, from its airports, weekday, time of departure and distance.`,
    intendedUse: "Demonstrations and tests of the platform. Not for decisions about travel.",
    limits:
      "Learnt from January to May 2001 and tested on June 2001; air traffic has changed since. It knows neither weather nor airline. " +
      "The times of the data set look like actual rather than planned departures: few fall on a multiple of five minutes, and hardly any early-morning flight is on time. " +
      "The model therefore answers for a flight that is leaving now, and would look worse on planned times. An airport that it has not seen counts as an average one.",
    artefact: { file: "model.onnx", sha256: digest(model) },
    data: {
      name: "US domestic flights, January to June 2001",
      source:
        "vega-datasets 3.2.1, data/flights-3m.parquet (US Department of Transportation, Bureau of Transportation Statistics)",
      licence: "US DOT public data; licence not explicit upstream",
      sha256: digest(await readFile(parquet())),
      rows: train.length + test.length,
    },
    training: {
      command: "npm run train -w @muster/models",
      seed: SEED,
      trainedOn: train.length,
      testedOn: test.length,
    },
    metrics: {
      testAuc: rounded(areaUnderRoc(chances, labels)),
      testLogLoss: rounded(mean(chances.map((chance, row) => -Math.log(labels[row] === 1 ? chance : 1 - chance)))),
      testLateShare: rounded(mean(labels)),
      testMeanPrediction: rounded(mean(chances)),
    },
    inputs: [
      ...AIRPORTS.map((name) => ({ name, columns: [{ name, unit: "IATA code" }] })),
      ...NUMBERS.map(({ name, unit }) => {
        const values = train.map((each) => each[name]).toSorted((one, other) => one - other);
        return { name, columns: [{ name, unit, min: values[0] as number, max: values.at(-1) as number }] };
      }),
    ],
    outputs: [{ name: "late_probability" }],
    batchable: true,
    golden: {
      tolerance: 0.00001,
      cases: [
        {
          inputs: flightInputs(examples),
          outputs: [
            {
              name: "late_probability",
              datatype: "FP32",
              shape: [examples.length],
              data: examples.map((flight) => Number(runFlightModel(learnt, flight).toFixed(7))),
            },
          ],
        },
      ],
    },
  };
  return { model, card };
}

/** Some flights of June, and one from an airport that does not exist. */
function goldenFlights(test: readonly Flight[]): Flight[] {
  const examples = [0.13, 0.37, 0.52, 0.68, 0.91].flatMap((place) => test.at(Math.floor(place * test.length)) ?? []);
  return [...examples, ...examples.slice(0, 1).map((flight) => ({ ...flight, origin: "???" }))];
}

/** The share of late flights of each airport, of few flights drawn towards the mean; 32-bit floats. */
function sharesOf(flights: readonly Flight[], end: (typeof AIRPORTS)[number]): AirportShares {
  const otherwise = mean(flights.map(({ late }) => (late ? 1 : 0)));
  const counts = new Map<string, { flights: number; late: number }>();
  for (const flight of flights) {
    const count = counts.get(flight[end]) ?? { flights: 0, late: 0 };
    count.flights += 1;
    if (flight.late) count.late += 1;
    counts.set(flight[end], count);
  }
  const codes = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const known = new Map(
    codes.map(([code, count]) => [
      code,
      Math.fround((count.late + SHRINKAGE * otherwise) / (count.flights + SHRINKAGE)),
    ]),
  );
  return { known, otherwise: Math.fround(otherwise) };
}

function featuresOf(lateShare: FlightModel["lateShare"], flight: Flight): number[] {
  return [
    ...NUMBERS.map(({ name }) => flight[name]),
    ...AIRPORTS.map((name) => lateShare[name].known.get(flight[name]) ?? lateShare[name].otherwise),
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}

function parquet(): URL {
  return new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets"));
}

if (import.meta.main) await writeArtefacts(await trainFlights());
