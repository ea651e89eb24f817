import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPool } from "@muster/adapters";
import { temporaryPostgres } from "@muster/adapters/testing";
import pino from "pino";
import { openFileDatasets } from "../../apps/models/src/adapters/dataset-store/file-datasets.ts";
import { openDatasets } from "../../apps/models/src/adapters/dataset-store/open-datasets.ts";
import { createPrometheusMetrics } from "../../apps/models/src/adapters/metrics/prometheus-metrics.ts";
import { openMonitoring } from "../../apps/models/src/adapters/monitoring/open-monitoring.ts";
import { createOnnxRuntime } from "../../apps/models/src/adapters/onnx/onnx-runtime.ts";
import { migrateModels } from "../../apps/models/src/adapters/postgres/migrations/migrate.ts";
import { createPostgresRegistry } from "../../apps/models/src/adapters/postgres/postgres-registry.ts";
import { modelsDatabase } from "../../apps/models/src/adapters/postgres/tables.ts";
import { readDataLimits } from "../../apps/models/src/domain/dataset/limits.ts";
import { type CardFile, cardOf } from "../../apps/models/src/domain/model/card.ts";
import { inspectModel } from "../../apps/models/src/domain/model/golden.ts";
import type { Recorder } from "../../apps/models/src/domain/monitoring/recorder.ts";
import { serveModel, type ServedModel } from "../../apps/models/src/domain/serving/served-model.ts";
import type { Tensors } from "../../apps/models/src/domain/tensor/tensor.ts";
import { atMost, type Bar, type BenchOptions } from "../bar.ts";

const MODEL = "sensor-anomaly";
const FOLDER = new URL(`../../apps/models/models/${MODEL}/`, import.meta.url);
const MINUTE = 60_000;
const START = Date.parse("2026-03-14T12:00:00Z");

/** What watching a model costs: a prediction that is not in the sample, one that is, and the judgement of a window. */
export async function monitoring({ smoke, say }: BenchOptions): Promise<readonly Bar[]> {
  await using stage = await openStage();
  const { watching, served } = stage;
  const rounds = smoke ? 1 : 5;
  const rows = smoke ? 500 : 10_000;
  const inputs: Tensors = new Map([
    ["reading", { datatype: "FP32", shape: [1, 2], data: Float32Array.of(45.2, 27.7) }],
  ]);
  const outputs = await served.compute(inputs, 1);
  const ids = Array.from({ length: smoke ? 10_000 : 200_000 }, () => randomUUID());

  // As good as none is in this sample, but each is looked at.
  await stage.sample(0.01);
  const unsampled: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    unsampled.push(cpuMicros(() => takeAll(watching.recorder, served, ids, inputs, outputs)) / ids.length);
    await watching.recorder.flush();
  }
  // The few that were in the sample stay in a window of their own.
  stage.endWindow();
  await stage.sample(100);
  const recorded: number[] = [];
  const judged: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    takeAll(watching.recorder, served, fresh(rows), inputs, outputs);
    await watching.recorder.flush();
    const used = process.cpuUsage(before);
    recorded.push((used.user + used.system) / rows);
    stage.endWindow();
    const begun = performance.now();
    await watching.turn();
    judged.push(performance.now() - begun);
    say(`round ${round + 1}: ${recorded.at(-1)?.toFixed(1)} µs a record, ${judged.at(-1)?.toFixed(0)} ms a window`);
  }
  const windows = await watching.store.windows(MODEL, { limit: rounds });
  if (
    windows.length !== rounds ||
    windows.some(
      (window) =>
        window.rows !== rows ||
        window.columns.length !== 3 ||
        window.columns.some(({ current }) => current.rows !== rows),
    )
  ) {
    throw new Error("the windows were not judged over what was recorded");
  }
  return [
    atMost("monitoring.unsampled-cpu", median(unsampled), "µs", 1),
    atMost("monitoring.recorded-cpu", median(recorded), "µs", 40),
    atMost("monitoring.window", median(judged), "ms", 2_000),
  ];
}

function takeAll(recorder: Recorder, model: ServedModel, ids: readonly string[], inputs: Tensors, outputs: Tensors) {
  for (const id of ids) recorder.take(model, { id, caller: "bench" }, inputs, outputs, 1);
}

function fresh(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

function cpuMicros(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

interface Stage extends AsyncDisposable {
  readonly watching: ReturnType<typeof openMonitoring>;
  readonly served: ServedModel;
  /** Records so many predictions of a hundred from now on. */
  sample(percent: number): Promise<void>;
  /** Lets the present window be over. */
  endWindow(): void;
}

/** Everything that watches models, on a PostgreSQL of its own, with a clock that this benchmark sets. */
async function openStage(): Promise<Stage> {
  const postgres = await temporaryPostgres();
  const folder = await mkdtemp(join(tmpdir(), "muster-bench-monitoring-"));
  const pool = openPool(postgres.ownerUrl);
  await migrateModels(pool);
  let now = START;
  const clock = { now: (): number => now };
  const card = JSON.parse(await readFile(new URL("model-card.json", FOLDER), "utf8")) as CardFile;
  const reference = await readFile(new URL("reference.csv", FOLDER));
  const artefact = await readFile(new URL(card.artefact.file, FOLDER));
  const session = await createOnnxRuntime({ threads: 1 }).load(artefact);
  const inspection = await inspectModel(session, cardOf(card));
  const version = { model: MODEL, digest: card.artefact.sha256, card: cardOf(card), inspection };
  const served = await serveModel(
    session,
    { ...version, name: MODEL, version: "1" },
    {
      limits: { maxBatchRows: 256, maxPendingRows: 65_536 },
      schedule: (flush) => void setImmediate(flush),
      observeBatch: () => undefined,
    },
  );
  const registry = createPostgresRegistry(modelsDatabase(pool));
  await registry.addVersion({ ...version, bytes: artefact.length }, "bench");
  const log = pino({ level: "error" });
  const data = await openDatasets({
    folder,
    files: await openFileDatasets(folder),
    pool,
    limits: readDataLimits((_name, fallback) => fallback),
    clock,
    onSweepError: (error) => log.error(error),
  });
  const watching = openMonitoring({
    pool,
    data,
    registry,
    predict: (_version, inputs, rows) => served.compute(inputs, rows),
    builtinReference: () => reference,
    shadow: { takeNew: () => [] },
    metrics: createPrometheusMetrics(),
    clock,
    log,
  });
  let revision = 0;
  return {
    watching,
    served,
    async sample(samplePercent) {
      const change = { samplePercent, window: "1m", reference: { card: true } } as const;
      ({ revision } = await watching.monitoring.change(MODEL, change, revision, "bench"));
    },
    endWindow() {
      now = (Math.floor(now / MINUTE) + 1) * MINUTE + 3_000;
    },
    async [Symbol.asyncDispose]() {
      await watching.close();
      await data.close();
      await served.close();
      await pool.end();
      await postgres.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
