import { createHash, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryPostgres } from "@muster/adapters/testing";
import { createClient, signInFirstAdmin } from "../../apps/models/src/testing/client.ts";
import { scalingModel } from "../../apps/models/src/testing/models.ts";
import { type RunningService, startProcess } from "../../apps/models/src/testing/running-service.ts";
import type { Bar } from "../../bench/bar.ts";
import type { CampaignOptions } from "../campaign.ts";
import { dataBurden, type DataPromises, finishJobs, inspectData, noDataPromises } from "./data.ts";

/** A round ends after so many promises at most, or after so long without them, and a moment more. */
const MOST_PROMISES = 12;
const WITHOUT_MS = 20_000;
const MOMENT_MS = 300;
const MODEL = "survivor";
/** Doubles, for jobs. */
const JOB_MODEL = "doubling";

/** What the service has answered for with a 2xx, and what is found of it afterwards. */
interface Promises {
  /** Factor of the model by its version. */
  readonly uploads: Map<string, number>;
  /** Version by revision of the champion. */
  readonly changes: Map<number, string>;
  predictions: number;
  /** Predictions that were answered, but not with the number of the version that answered. */
  wrong: number;
}

/**
 * Kills the model platform at random moments while models and data are uploaded and deleted, the champion changes,
 * predictions are asked for and jobs run; after each start it looks for everything that was acknowledged.
 */
export async function tortureModels({ smoke, report }: CampaignOptions): Promise<readonly Bar[]> {
  const rounds = smoke ? 3 : 50;
  const postgres = await temporaryPostgres();
  const folder = await mkdtemp(join(tmpdir(), "muster-torture-models-"));
  const env = {
    DATABASE_URL: postgres.ownerUrl.reveal(),
    DATA_FOLDER: folder,
    LOG_LEVEL: "warn",
    RATE_WRITE: "100000",
    RATE_READ: "100000",
    // Many parts, so that kills come between them and within them.
    JOB_PART_ROWS: "64",
    JOB_SLICE_ROWS: "16",
    JOBS_RUNNING: "2",
    JOBS_OPEN: "1000",
    JOBS_KEPT: "10000",
  };
  const promises: Promises = { uploads: new Map(), changes: new Map(), predictions: 0, wrong: 0 };
  const lost = new Set<string>();
  const data = noDataPromises();
  let failedStarts = 0;
  try {
    const first = await startProcess({ ...env, LOG_LEVEL: "info" });
    const key = await signInFirstAdmin(first);
    await uploadModel(first.url, key, JOB_MODEL, 2);
    await first.stop();
    for (let round = 1; round <= rounds; round += 1) {
      const service = await startProcess({ ...env, LOG_LEVEL: "info" }).catch(() => undefined);
      if (!service) {
        failedStarts += 1;
        continue;
      }
      await inspect(service, key, promises, lost);
      await inspectData(service.url, key, data);
      await burden(service, key, promises, data);
      report(
        `${round}/${rounds} killed; ${promises.uploads.size} uploads, ${promises.changes.size} changes, ${promises.predictions} predictions, ${lost.size} lost; ` +
          `${data.versions.length} dataset versions, ${data.jobs.length} jobs, ${data.lost.size} lost`,
      );
      for (const each of data.lost) report(`lost: ${each}`);
    }
    const last = await startProcess({ ...env, LOG_LEVEL: "info" });
    await inspect(last, key, promises, lost);
    await inspectData(last.url, key, data);
    await finishJobs(last.url, key, data);
    await last.stop();
    for (const each of data.lost) report(`lost: ${each}`);
    const uploads = await damaged(join(folder, "datasets", "uploads", "sha256"));
    return [
      atMost("models.kill-lost", lost.size, "acknowledged changes"),
      atMost("models.kill-damaged", await damaged(join(folder, "artefacts", "sha256")), "artefacts"),
      atMost("models.kill-data-lost", data.lost.size, "acknowledged dataset versions, jobs, deletions"),
      atMost("models.kill-data-damaged", uploads, "uploaded files"),
      ...(smoke ? [] : [atLeast("models.kill-promises", promised(promises, data), rounds)]),
      atMost("models.kill-wrong", promises.wrong, "predictions"),
      atMost("models.kill-failed-starts", failedStarts, "starts"),
    ];
  } finally {
    await postgres.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything that was acknowledged must be there, and answer as it did. */
async function inspect(
  service: RunningService,
  key: string,
  { uploads, changes }: Promises,
  lost: Set<string>,
): Promise<void> {
  const call = createClient(service.url);
  for (const [version, factor] of uploads) {
    const answer = await call(`/v2/models/${MODEL}/versions/${version}/infer`, { token: key, body: question(2) });
    if (numberOf(answer.body) !== Math.fround(2 * factor)) lost.add(`version ${version}`);
  }
  if (changes.size === 0) return;
  const history = (await call(`/v1/models/${MODEL}/aliases/champion/history`, { token: key })).body as unknown as {
    revision: number;
    version: string;
  }[];
  // The newest hundred are told; older ones were looked for in earlier rounds.
  const oldest = history.at(-1)?.revision ?? Number.POSITIVE_INFINITY;
  for (const [revision, version] of changes) {
    if (revision < oldest) continue;
    if (!history.some((each) => each.revision === revision && each.version === version)) lost.add(`change ${revision}`);
  }
}

/** Uploads, changes, deletes and asks until the service is killed, which it is after some of it was acknowledged. */
async function burden(service: RunningService, key: string, promises: Promises, data: DataPromises): Promise<void> {
  const call = createClient(service.url);
  const dead = new AbortController();
  // What is under way when the service dies fails, and was not acknowledged.
  const untilDead = async (work: () => Promise<void>): Promise<void> => {
    while (!dead.signal.aborted) await work().catch(() => delay(1));
  };
  const upload = async (): Promise<void> => {
    const factor = randomInt(1_000_000);
    const { status, body } = await uploadModel(service.url, key, MODEL, factor);
    if (status === 201) promises.uploads.set(String(body["version"]), factor);
  };
  const change = async (): Promise<void> => {
    const versions = [...promises.uploads.keys()];
    const version = versions[randomInt(Math.max(1, versions.length))];
    if (version === undefined) return delay(5);
    const path = `/v1/models/${MODEL}/aliases/champion`;
    const tag = (await call(path, { token: key })).headers.get("etag") ?? "";
    const { status, body } = await call(path, {
      method: "PUT",
      token: key,
      headers: { "if-match": tag },
      body: { version },
    });
    if (status === 200) promises.changes.set(Number(body["revision"]), version);
  };
  const predict = async (): Promise<void> => {
    const { status, body } = await call(`/v2/models/${MODEL}/infer`, { token: key, body: question(2) });
    if (status !== 200) return delay(5);
    promises.predictions += 1;
    const factor = promises.uploads.get(String(body["model_version"]));
    if (factor !== undefined && numberOf(body) !== Math.fround(2 * factor)) promises.wrong += 1;
  };
  const onData = dataBurden(service.url, key, JOB_MODEL, data);
  const working = [upload, upload, change, predict, predict, ...onData].map(untilDead);
  const enough = promised(promises, data) + randomInt(MOST_PROMISES + 1);
  // However slow the machine is at the moment, there is something to lose.
  for (let waited = 0; promised(promises, data) < enough && waited < WITHOUT_MS; waited += 5) await delay(5);
  await delay(randomInt(MOMENT_MS));
  const ended = once(service.process, "exit");
  service.process.kill("SIGKILL");
  await ended;
  dead.abort();
  await Promise.all(working);
}

function uploadModel(url: string, key: string, model: string, factor: number) {
  const form = new FormData();
  form.set("card", JSON.stringify({ title: "Survivor" }));
  form.set("model", new Blob([Buffer.from(scalingModel(factor))]), "model.onnx");
  return createClient(url)(`/v1/models/${model}/versions`, { token: key, body: form });
}

function question(value: number): unknown {
  return { inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [value] }] };
}

function numberOf(body: Readonly<Record<string, unknown>>): number | undefined {
  return (body["outputs"] as { data: number[] }[] | undefined)?.[0]?.data[0];
}

/** Files that are visible under a digest that is not theirs. */
async function damaged(root: string): Promise<number> {
  let count = 0;
  for (const prefix of await readdir(root)) {
    for (const digest of await readdir(join(root, prefix))) {
      const content = await readFile(join(root, prefix, digest));
      if (createHash("sha256").update(content).digest("hex") !== digest) count += 1;
    }
  }
  return count;
}

/** How much has been promised since the beginning. */
function promised({ uploads, changes }: Promises, { versions, jobs }: DataPromises): number {
  const ended =
    versions.filter(({ deletion }) => deletion === "acknowledged").length +
    jobs.filter(({ ending }) => ending === "cancelled" || ending === "deleted").length;
  return uploads.size + changes.size + versions.length + jobs.length + ended;
}

/** A campaign to which nothing was promised would lose nothing. */
function atLeast(bar: string, figure: number, goal: number): Bar {
  return { bar, figure, unit: "promises", goal: `>= ${goal}`, ok: figure >= goal };
}

function atMost(bar: string, figure: number, unit: string): Bar {
  return { bar, figure, unit, goal: "<= 0", ok: figure <= 0 };
}
