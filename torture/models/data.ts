import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "../../apps/models/src/testing/client.ts";

type Call = ReturnType<typeof createClient>;

interface Version {
  readonly dataset: string;
  readonly version: number;
  readonly factor: number;
  readonly rows: number;
  /** `asked` when its deletion was asked for and no answer came. */
  deletion: "none" | "asked" | "acknowledged";
}

interface Job {
  readonly id: string;
  readonly source: Version;
  ending: "none" | "asked" | "cancelled" | "deleted";
  /** Whether its result was read and was right. */
  verified: boolean;
}

/** What the service has answered for with a 2xx. */
export interface DataPromises {
  readonly versions: Version[];
  readonly jobs: Job[];
  readonly lost: Set<string>;
}

const DATASETS = ["red", "green", "blue"];
const MAX_ROWS = 400;
/** Jobs that may be open at once; with more, each start would be busy with what the one before it left. */
const MAX_OPEN = 6;

export function noDataPromises(): DataPromises {
  return { versions: [], jobs: [], lost: new Set() };
}

/** Uploads, deletes, submits, cancels: functions that each do it once. */
export function dataBurden(url: string, key: string, model: string, { versions, jobs }: DataPromises) {
  const call = createClient(url);

  async function addVersion(): Promise<void> {
    const dataset = oneOf(DATASETS) ?? "";
    const rows = randomInt(1, MAX_ROWS);
    const factor = randomInt(1, 1_000);
    const sent = await fetch(`${url}/v1/datasets/${dataset}/uploads?header=true`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "text/csv" },
      body: `x\n${Array.from({ length: rows }, (_, row) => row * factor).join("\n")}\n`,
    });
    const upload = (await sent.json()) as { id?: string };
    const columns = [{ name: "x", type: "BIGINT" }];
    const body = { upload: upload.id, columns };
    const made = await call(`/v1/datasets/${dataset}/versions`, { token: key, body });
    if (made.status !== 201) return delay(5);
    versions.push({ dataset, version: Number(made.body["version"]), rows, factor, deletion: "none" });
  }

  async function deleteVersion(): Promise<void> {
    await delay(randomInt(100));
    const there = versions.filter(({ deletion }) => deletion === "none");
    const chosen = there.length < 5 ? undefined : oneOf(there);
    if (!chosen) return;
    chosen.deletion = "asked";
    const path = `/v1/datasets/${chosen.dataset}/versions/${chosen.version}`;
    const { status } = await call(path, { method: "DELETE", token: key });
    // A job that is open holds it.
    chosen.deletion = status === 204 ? "acknowledged" : "none";
  }

  async function submit(): Promise<void> {
    await delay(randomInt(100));
    const source = oneOf(versions.filter(({ deletion }) => deletion === "none"));
    const open = jobs.filter(({ ending, verified }) => ending === "none" && !verified).length;
    if (!source || open >= MAX_OPEN) return;
    const { status, body } = await call("/v1/jobs", {
      token: key,
      body: { model, dataset: source.dataset, datasetVersion: source.version, format: "csv" },
    });
    if (status === 201) jobs.push({ id: String(body["id"]), source, ending: "none", verified: false });
  }

  async function end(): Promise<void> {
    await delay(randomInt(400));
    const job = oneOf(jobs.filter(({ ending }) => ending === "none"));
    if (!job) return;
    const isDeletion = randomInt(2) === 0;
    job.ending = "asked";
    const path = isDeletion ? `/v1/jobs/${job.id}` : `/v1/jobs/${job.id}/cancel`;
    const { status } = await call(path, { method: isDeletion ? "DELETE" : "POST", token: key });
    if (status === 204) job.ending = "deleted";
    else if (status === 200) job.ending = "cancelled";
    else job.ending = "none";
  }

  async function read(): Promise<void> {
    await delay(randomInt(100));
    const job = oneOf(jobs.filter(({ ending, verified }) => ending === "none" && !verified));
    if (job && (await isRight(call, url, key, job)) === true) job.verified = true;
  }

  return [addVersion, addVersion, deleteVersion, submit, submit, end, read];
}

/** Everything that was acknowledged must be there, what was deleted must not, and no result may be wrong. */
export async function inspectData(url: string, key: string, { versions, jobs, lost }: DataPromises): Promise<void> {
  const call = createClient(url);
  for (const { dataset, version, rows, deletion } of versions) {
    if (deletion === "asked") continue;
    const { status, body } = await call(`/v1/datasets/${dataset}/versions/${version}`, { token: key });
    const there = status === 200 && (body["report"] as { rows: number }).rows === rows;
    if (there !== (deletion === "none")) lost.add(`version ${version} of ${dataset}: ${deletion}, ${status}`);
  }
  const kept = oneOf(versions.filter(({ deletion }) => deletion === "none"));
  if (kept && !(await hasItsRows(url, key, kept))) lost.add(`rows of version ${kept.version} of ${kept.dataset}`);
  for (const job of jobs) {
    if (job.ending === "asked") continue;
    const { status, body } = await call(`/v1/jobs/${job.id}`, { token: key });
    if (job.ending === "deleted") {
      if (status !== 404) lost.add(`deletion of job ${job.id}`);
      continue;
    }
    const state = String(body["state"]);
    const good = job.ending === "cancelled" ? ["cancelled"] : ["queued", "running", "finished"];
    if (!good.includes(state)) lost.add(`job ${job.id}: ${job.ending}, ${state} ${String(body["reason"])}`);
    if ((await isRight(call, url, key, job)) === false) lost.add(`result of job ${job.id}`);
  }
}

/** Waits until every job that nobody has ended is finished, and reads its result. */
export async function finishJobs(url: string, key: string, { jobs, lost }: DataPromises): Promise<void> {
  const call = createClient(url);
  for (const job of jobs.filter(({ ending }) => ending === "none")) {
    let right: boolean | undefined;
    while (right === undefined) {
      const { body } = await call(`/v1/jobs/${job.id}`, { token: key });
      if (body["state"] === "failed") lost.add(`job ${job.id}: ${String(body["reason"])}`);
      right = body["state"] === "failed" ? false : await isRight(call, url, key, job);
      if (right === undefined) await delay(50);
    }
    if (!right) lost.add(`result of job ${job.id}`);
  }
}

/** Whether a result has each row once, in order, with its prediction; undefined when there is none. */
async function isRight(call: Call, url: string, key: string, { id, source }: Job): Promise<boolean | undefined> {
  if ((await call(`/v1/jobs/${id}`, { token: key })).body["state"] !== "finished") return undefined;
  const answer = await fetch(`${url}/v1/jobs/${id}/result`, { headers: { authorization: `Bearer ${key}` } });
  const text = await answer.text();
  // It may have been deleted meanwhile.
  if (answer.status === 404) return undefined;
  const wanted = Array.from({ length: source.rows }, (_, row) => {
    const x = row * source.factor;
    return `${x},${2 * x}.0,`;
  });
  return answer.status === 200 && text === ["x,y,prediction_error", ...wanted, ""].join("\n");
}

async function hasItsRows(url: string, key: string, { dataset, version, rows, factor }: Version): Promise<boolean> {
  const path = `/v1/datasets/${dataset}/versions/${version}/rows`;
  const text = await (await fetch(url + path, { headers: { authorization: `Bearer ${key}` } })).text();
  return text === ["x", ...Array.from({ length: rows }, (_, row) => row * factor), ""].join("\n");
}

function oneOf<T>(items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : items[randomInt(items.length)];
}
