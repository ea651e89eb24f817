import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openEmbeddedPostgres } from "@muster/adapters";
import { createClient, signInFirstAdmin } from "../../apps/models/src/testing/client.ts";
import { openDatabaseDoor } from "../../apps/models/src/testing/database-door.ts";
import { startProcess } from "../../apps/models/src/testing/running-service.ts";
import type { Bar } from "../../bench/bar.ts";
import type { CampaignOptions } from "../campaign.ts";

const BEFORE_MS = 2_000;
const RECOVERED_WITHIN_MS = 10_000;
const BIRD = { inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [38.1, 17.6, 187, 3_425] }] };

interface Tally {
  predictions: number;
  failedPredictions: number;
  slowestPredictionMs: number;
  /** Rows of dataset versions that were acknowledged. */
  readonly versions: Map<string, number>;
  refusals: number;
  /** Answers to uploads that were neither 2xx nor 503 with Retry-After. */
  readonly wrong: Map<string, number>;
}

/**
 * Kills PostgreSQL under uploads, predictions and a job, and starts it again half a minute later. Callers who predict
 * must not notice, uploads must be done or told to come back, and nothing that was acknowledged may be missing.
 */
export async function tortureOutage({ smoke, report }: CampaignOptions): Promise<readonly Bar[]> {
  const awayMs = smoke ? 3_000 : 30_000;
  const jobRows = smoke ? 40_000 : 400_000;
  const folder = await mkdtemp(join(tmpdir(), "muster-torture-outage-"));
  // PostgreSQL is another user where this one is root.
  await chmod(folder, 0o711);
  const cluster = { dataFolder: join(folder, "cluster"), exclusive: true };
  let postgres = await openEmbeddedPostgres(cluster);
  const door = await openDatabaseDoor(postgres.ownerUrl);
  const service = await startProcess({
    DATABASE_URL: door.url.reveal(),
    DATA_FOLDER: join(folder, "data"),
    RATE_WRITE: "100000",
    RATE_READ: "100000",
    JOB_PART_ROWS: "20000",
  });
  const tally: Tally = {
    predictions: 0,
    failedPredictions: 0,
    slowestPredictionMs: 0,
    versions: new Map(),
    refusals: 0,
    wrong: new Map(),
  };
  try {
    const key = await signInFirstAdmin(service);
    const call = createClient(service.url);
    const ended = new AbortController();
    const working = [
      predictUntil(ended.signal, service.url, key, tally),
      ...[1, 2].map((uploader) => uploadUntil(ended.signal, service.url, key, `rows_${uploader}`, tally)),
    ];
    await delay(BEFORE_MS);
    const flights = ["origin,destination,weekday,minute_of_day,distance"];
    for (let row = 0; row < jobRows; row += 1) flights.push(`ORD,LGA,${(row % 7) + 1},${row % 1_440},${row % 3_000}`);
    await addVersion(service.url, key, "flights", flights);
    const submitted = await call("/v1/jobs", { token: key, body: { model: "flight-delay", dataset: "flights" } });
    const job = `/v1/jobs/${String(submitted.body["id"])}`;

    report(`PostgreSQL is killed for ${awayMs / 1_000} s; ${tally.versions.size} dataset versions so far`);
    process.kill(postgres.pid, "SIGKILL");
    await door.shut();
    await delay(awayMs);
    const atReturn = tally.versions.size;
    // The supervisor finds a cluster that crashed, and starts it again.
    await postgres.close().catch(() => undefined);
    postgres = await openEmbeddedPostgres(cluster);
    await door.open(postgres.ownerUrl);
    const returned = performance.now();
    while (tally.versions.size <= atReturn && performance.now() - returned < 2 * RECOVERED_WITHIN_MS) await delay(20);
    const recoveredMs = Math.round(performance.now() - returned);
    report(`recovered after ${recoveredMs} ms; ${tally.refusals} uploads were told to come back meanwhile`);
    let state = "running";
    while (state === "running" || state === "queued") {
      await delay(200);
      state = String((await call(job, { token: key })).body["state"]);
    }
    ended.abort();
    await Promise.all(working);
    report(`${tally.predictions} predictions, the slowest in ${Math.round(tally.slowestPredictionMs)} ms`);
    for (const [what, times] of tally.wrong) report(`${times} × ${what}`);
    const rows = (await call(job, { token: key })).body["rowsDone"];
    const slowest = tally.slowestPredictionMs;
    return [
      bar("outage.failed-predictions", tally.failedPredictions, "predictions", "<= 0", tally.failedPredictions === 0),
      bar("outage.unclear-answers", tally.wrong.size, "kinds", "<= 0", tally.wrong.size === 0),
      bar("outage.refused-uploads", tally.refusals, "answers 503", ">= 1", tally.refusals >= 1),
      bar("outage.lost", await missing(service.url, key, tally), "dataset versions", "<= 0"),
      bar("outage.job-rows", Number(rows), "rows", `= ${jobRows}`, state === "finished" && rows === jobRows),
      // The short form runs among the tests, where others use the processors.
      ...(smoke
        ? []
        : [
            bar("outage.slowest-prediction", slowest, "ms", "<= 1000", slowest <= 1_000),
            bar("outage.recovery", recoveredMs, "ms", `<= ${RECOVERED_WITHIN_MS}`, recoveredMs <= RECOVERED_WITHIN_MS),
          ]),
    ];
  } finally {
    await service.stop();
    await door.close();
    await postgres.close().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

async function predictUntil(signal: AbortSignal, url: string, key: string, tally: Tally): Promise<void> {
  const call = createClient(url);
  while (!signal.aborted) {
    const begun = performance.now();
    const { status } = await call("/v2/models/penguins/infer", { token: key, body: BIRD });
    tally.predictions += 1;
    if (status !== 200) tally.failedPredictions += 1;
    tally.slowestPredictionMs = Math.max(tally.slowestPredictionMs, performance.now() - begun);
    await delay(5);
  }
}

async function uploadUntil(
  signal: AbortSignal,
  url: string,
  key: string,
  dataset: string,
  tally: Tally,
): Promise<void> {
  for (let rows = 1; !signal.aborted; rows += 1) {
    const { status, retryAfter, version } = await addVersion(url, key, dataset, [
      "x",
      ...Array.from({ length: rows }, (_, row) => String(row)),
    ]);
    if (status === 201) tally.versions.set(`${dataset}/versions/${version}`, rows);
    else if (status === 503 && Number(retryAfter) > 0) tally.refusals += 1;
    else {
      const what = `status ${status}, Retry-After ${retryAfter}`;
      tally.wrong.set(what, (tally.wrong.get(what) ?? 0) + 1);
    }
    await delay(50);
  }
}

/** Uploads rows and makes a version of them; what the first request that failed was answered. */
async function addVersion(url: string, key: string, dataset: string, lines: readonly string[]) {
  const sent = await fetch(`${url}/v1/datasets/${dataset}/uploads?header=true`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "text/csv" },
    body: `${lines.join("\n")}\n`,
  });
  const upload = (await sent.json()) as { id?: string };
  if (sent.status !== 201) return { status: sent.status, retryAfter: sent.headers.get("retry-after"), version: 0 };
  const made = await createClient(url)(`/v1/datasets/${dataset}/versions`, { token: key, body: { upload: upload.id } });
  return { status: made.status, retryAfter: made.headers.get("retry-after"), version: Number(made.body["version"]) };
}

/** Versions that were acknowledged and are not there, or not with their rows. */
async function missing(url: string, key: string, { versions }: Tally): Promise<number> {
  const call = createClient(url);
  let count = 0;
  for (const [path, rows] of versions) {
    const { status, body } = await call(`/v1/datasets/${path}`, { token: key });
    if (status !== 200 || (body["report"] as { rows: number }).rows !== rows) count += 1;
  }
  return count;
}

function bar(name: string, figure: number, unit: string, goal: string, ok = figure === 0): Bar {
  return { bar: name, figure: Math.round(figure), unit, goal, ok };
}
