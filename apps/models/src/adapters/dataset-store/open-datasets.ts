import { join } from "node:path";
import type { Clock } from "@muster/kernel";
import type { Pool } from "pg";
import type { DataEngine } from "../../domain/dataset/data-engine.ts";
import type { DatasetFiles } from "../../domain/dataset/dataset-files.ts";
import { createDatasets, type Datasets } from "../../domain/dataset/datasets.ts";
import type { DatasetStore } from "../../domain/dataset/dataset-store.ts";
import type { DataLimits } from "../../domain/dataset/limits.ts";
import { createDuckdbEngine } from "../duckdb/duckdb-engine.ts";
import { createPostgresDatasets } from "./postgres-datasets.ts";

const SWEEP_EVERY_MS = 600_000;

/** Datasets, with what is known of them in PostgreSQL. */
export interface OpenDatasets {
  readonly datasets: Datasets;
  readonly store: DatasetStore;
  readonly engine: DataEngine;
  readonly files: DatasetFiles;
  /** Ends waiting processes. What runs is answered first. */
  close(): Promise<void>;
}

export async function openDatasets(parts: {
  /** For what programs write meanwhile. */
  readonly folder: string;
  readonly files: DatasetFiles;
  readonly pool: Pool;
  readonly limits: DataLimits;
  readonly clock: Clock;
  /** Told when files that nothing needs could not be removed. */
  readonly onSweepError: (error: unknown) => void;
}): Promise<OpenDatasets> {
  const { files, pool, limits, clock } = parts;
  const store = createPostgresDatasets(pool);
  const engine = createDuckdbEngine(limits, join(parts.folder, "program"));
  const datasets = createDatasets({ store, files, engine, limits, clock });
  const sweep = (): void => void datasets.sweep().catch(parts.onSweepError);
  const timer = setInterval(sweep, SWEEP_EVERY_MS);
  timer.unref();
  sweep();
  return {
    datasets,
    store,
    engine,
    files,
    async close() {
      clearInterval(timer);
      await engine.close();
    },
  };
}
