import { setImmediate, setTimeout as delay } from "node:timers/promises";
import type { Clock, Secret } from "@muster/kernel";
import type { Pool } from "pg";
import type { DatasetFiles } from "../../domain/dataset/dataset-files.ts";
import type { Datasets } from "../../domain/dataset/datasets.ts";
import type { Events } from "../../domain/events/events.ts";
import type { JobEngine } from "../../domain/jobs/job-engine.ts";
import { createJobRunner } from "../../domain/jobs/job-runner.ts";
import { createJobs, type Jobs } from "../../domain/jobs/jobs.ts";
import type { JobLimits } from "../../domain/jobs/limits.ts";
import { createPace } from "../../domain/jobs/pace.ts";
import type { ServedModel } from "../../domain/serving/served-model.ts";
import { openJobLocks } from "./postgres-job-locks.ts";
import { createPostgresJobs } from "./postgres-jobs.ts";

/** How often this replica looks for jobs that another one has left. */
const LOOK_EVERY_MS = 2_000;
const SWEEP_EVERY_MS = 600_000;

export interface OpenJobsParts {
  readonly pool: Pool;
  /** For the connection that holds the locks. */
  readonly url: Secret;
  readonly files: DatasetFiles;
  readonly engine: JobEngine;
  readonly datasets: Datasets;
  readonly events: Events;
  readonly limits: JobLimits;
  readonly clock: Clock;
  readonly resolve: (model: string, reference: string | undefined) => string;
  readonly model: (name: string, version: string) => Promise<ServedModel>;
  /** Predictions that callers have asked for since the start. */
  readonly asked: () => number;
  readonly onError: (error: unknown, job: string | undefined) => void;
}

export interface OpenJobs {
  readonly jobs: Jobs;
  /** Leaves what is unfinished to other replicas, or to the next start. */
  close(): Promise<void>;
}

/** Jobs on this replica, which shares them with all others on the same database and files. */
export function openJobs(parts: OpenJobsParts): OpenJobs {
  const store = createPostgresJobs(parts.pool);
  const locks = openJobLocks(parts.url);
  const runner = createJobRunner({
    ...parts,
    store,
    locks,
    pace: createPace({ asked: parts.asked, now: () => performance.now(), turn: () => setImmediate(), pause: delay }),
    pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  });
  const jobs = createJobs({ ...parts, store, wake: runner.look });
  const unsubscribe = parts.events.subscribe((event) => {
    if (event.type !== "job.progress") return;
    if (event.state === "queued") runner.look();
    if (event.state === "cancelled") runner.drop(event.job);
  });
  const looks = setInterval(runner.look, LOOK_EVERY_MS);
  const sweep = (): void => void jobs.sweep().catch((error: unknown) => parts.onError(error, undefined));
  const sweeps = setInterval(sweep, SWEEP_EVERY_MS);
  for (const timer of [looks, sweeps]) timer.unref();
  sweep();
  runner.look();
  return {
    jobs,
    async close() {
      unsubscribe();
      clearInterval(looks);
      clearInterval(sweeps);
      await runner.close();
      await locks.close();
    },
  };
}
