import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryPostgres } from "@muster/adapters/testing";
import { createClient, signInFirstAdmin } from "../../apps/models/src/testing/client.ts";
import { scalingModel } from "../../apps/models/src/testing/models.ts";
import { NO_REDIS, type TemporaryRedis, temporaryRedis } from "../../apps/models/src/testing/redis.ts";
import { type RunningService, startProcess } from "../../apps/models/src/testing/running-service.ts";
import { type TemporaryS3, temporaryS3 } from "../../apps/models/src/testing/s3.ts";
import { type Bar, CannotJudge } from "../../bench/bar.ts";
import type { CampaignOptions } from "../campaign.ts";

const MODEL = "shared";
const RECOVERS_WITHIN_MS = 60_000;

/** Two that share PostgreSQL, Redis and object storage, and no disk. */
interface Replica {
  readonly name: string;
  service: RunningService;
  call: ReturnType<typeof createClient>;
}

interface World {
  readonly redis: TemporaryRedis;
  readonly s3: TemporaryS3;
  readonly key: string;
  readonly replicas: readonly [Replica, Replica];
  /** Starts a replica again on what it shares and its own disk. */
  restart(replica: Replica): Promise<void>;
}

/** What goes wrong, and what ends it. */
interface Fault {
  readonly title: string;
  begin(world: World): Promise<unknown>;
  end(world: World): Promise<unknown>;
}

const FAULTS: readonly Fault[] = [
  { title: "nothing", begin: async () => undefined, end: async () => undefined },
  // Comes back with what it had when it was saved last, which was before the removal.
  { title: "Redis killed", begin: ({ redis }) => redis.kill(), end: ({ redis }) => redis.start() },
  {
    title: "Redis hangs",
    begin: async ({ redis }) => redis.process().kill("SIGSTOP"),
    end: async ({ redis }) => redis.process().kill("SIGCONT"),
  },
  {
    title: "Redis full",
    begin: ({ redis }) => redis.client.config("SET", "maxmemory", "1"),
    end: ({ redis }) => redis.client.config("SET", "maxmemory", "0"),
  },
  {
    title: "Redis read-only",
    begin: ({ redis }) => redis.client.config("SET", "min-replicas-to-write", "3"),
    end: ({ redis }) => redis.client.config("SET", "min-replicas-to-write", "0"),
  },
  { title: "storage gone", begin: ({ s3 }) => s3.stop(), end: ({ s3 }) => s3.start() },
  {
    title: "replica killed",
    begin: async ({ replicas: [, victim] }) => {
      const ended = once(victim.service.process, "exit");
      victim.service.process.kill("SIGKILL");
      await ended;
    },
    end: (world) => world.restart(world.replicas[1]),
  },
];

/** Figures of the whole campaign. */
interface Counts {
  predictions: number;
  failed: number;
  /** Why, each reason once. */
  readonly reasons: Set<string>;
  /** Answers that were remembered though they had been removed. */
  givenAfterRemoval: number;
  recoveriesMissed: number;
  /** Factor of the model by the version of an acknowledged upload. */
  readonly uploads: Map<string, number>;
}

/**
 * Lets Redis, the object storage and a replica fail in turn while predictions, uploads and removals go on, and looks
 * for a prediction that failed, a remembered answer that had been removed, and an upload that was lost.
 */
export async function tortureReplicas({ smoke, report }: CampaignOptions): Promise<readonly Bar[]> {
  if (NO_REDIS !== false) throw new CannotJudge(NO_REDIS);
  const rounds = smoke ? 2 : 70;
  const counts: Counts = {
    predictions: 0,
    failed: 0,
    reasons: new Set(),
    givenAfterRemoval: 0,
    recoveriesMissed: 0,
    uploads: new Map(),
  };
  const postgres = await temporaryPostgres();
  const redis = await temporaryRedis();
  const s3 = await temporaryS3();
  const folder = await mkdtemp(join(tmpdir(), "muster-torture-replicas-"));
  const start = (name: string): Promise<RunningService> =>
    startProcess({
      DATABASE_URL: postgres.ownerUrl.reveal(),
      DATA_FOLDER: join(folder, name),
      REDIS_URL: redis.url,
      SHARED_CACHE_WAIT_MS: "200",
      // That too much is asked of a busy machine is another campaign's matter.
      MAX_WAIT_MS: "10000",
      RATE_READ: "100000",
      RATE_WRITE: "100000",
      ...s3.env,
    });
  const first = await start("a");
  const key = await signInFirstAdmin(first);
  const world: World = {
    redis,
    s3,
    key,
    replicas: [replicaOf("a", first), replicaOf("b", await start("b"))],
    async restart(replica) {
      replica.service = await start(replica.name);
      replica.call = createClient(replica.service.url);
    },
  };
  try {
    await upload(world, counts, world.replicas[0]);
    await healthy(world, counts);
    for (let round = 1; round <= rounds; round += 1) {
      // In the short form those of Redis that are the most different.
      const fault = FAULTS[smoke ? round : round % FAULTS.length] as Fault;
      await suffer(world, counts, fault, round);
      report(
        `${round}/${rounds} ${fault.title}; ${counts.predictions} predictions, ${counts.failed} failed, ${counts.givenAfterRemoval} given after removal, ${counts.uploads.size} uploads`,
      );
    }
    for (const reason of counts.reasons) report(reason);
    return [
      atMost("replicas.failed", counts.failed, "predictions and removals"),
      atMost("replicas.given-removed", counts.givenAfterRemoval, "answers"),
      atMost("replicas.lost", await lost(world, counts), "uploads"),
      atMost("replicas.not-recovered", counts.recoveriesMissed, "times"),
    ];
  } finally {
    await Promise.all(world.replicas.map(({ service }) => service.stop()));
    await redis.close();
    await s3.close();
    await postgres.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function replicaOf(name: string, service: RunningService): Replica {
  return { name, service, call: createClient(service.url) };
}

/** One fault, with a removal in the middle of it. */
async function suffer(world: World, counts: Counts, fault: Fault, round: number): Promise<void> {
  const [a, b] = world.replicas;
  // Asked for by nobody else: one again during the fault, the other when it is over.
  const [during, afterwards] = [round * 10 + 0.25, round * 10 + 0.5];
  for (const value of [during, afterwards]) {
    await ask(world, counts, a, value);
    await delay(20);
    await ask(world, counts, b, value);
  }
  await world.redis.client.save();
  const before = await keysOf(world, b);

  const traffic = { goes: true };
  const asking = [1, 2, 3].map(async () => {
    while (traffic.goes) await ask(world, counts, a, 1e6 + randomInt(50));
  });
  await fault.begin(world);
  await delay(randomInt(300));
  await upload(world, counts, a);
  const removed = await a.call("/v1/cache/keys?pattern=*", { token: world.key, method: "DELETE" });
  if (removed.status !== 200) fail(counts, `removal: ${removed.status} ${JSON.stringify(removed.body)}`);
  if (await wasRemembered(world, counts, a, during)) counts.givenAfterRemoval += 1;
  await delay(randomInt(300));
  await fault.end(world);
  if (!(await healthy(world, counts))) counts.recoveriesMissed += 1;
  // The other one first: it was told of the removal, and may have been away.
  if (!(await heard(world, b, before))) counts.recoveriesMissed += 1;
  if (await wasRemembered(world, counts, b, afterwards)) counts.givenAfterRemoval += 1;
  traffic.goes = false;
  await Promise.all(asking);
}

async function ask(
  { key }: World,
  counts: Counts,
  { call }: Replica,
  value: number,
): Promise<string | null | undefined> {
  counts.predictions += 1;
  const body = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [value] }] };
  try {
    const answer = await call(`/v2/models/${MODEL}/versions/1/infer`, { token: key, body });
    if (answer.status !== 200) fail(counts, `prediction: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.headers.get("cache-status");
  } catch (error) {
    fail(counts, `prediction: ${String(error)} ${String((error as { cause?: unknown }).cause)}`);
    return undefined;
  }
}

function fail(counts: Counts, reason: string): void {
  counts.failed += 1;
  counts.reasons.add(reason);
}

async function wasRemembered(world: World, counts: Counts, replica: Replica, value: number): Promise<boolean> {
  const status = await ask(world, counts, replica, value);
  return status?.includes("hit") === true;
}

/** Uploads another version; only what was acknowledged is expected to be there. */
async function upload({ key }: World, { uploads }: Counts, { call }: Replica): Promise<void> {
  const factor = randomInt(1_000_000);
  const form = new FormData();
  form.set("card", '{"title":"Shared"}');
  form.set("model", new Blob([Buffer.from(scalingModel(factor))]), "model.onnx");
  const { status, body } = await call(`/v1/models/${MODEL}/versions`, { token: key, body: form });
  if (status === 201) uploads.set(String(body["version"]), factor);
}

/** Waits until both replicas use Redis again, and serve the model. */
async function healthy(world: World, counts: Counts): Promise<boolean> {
  const deadline = Date.now() + RECOVERS_WITHIN_MS;
  for (const replica of world.replicas) {
    for (;;) {
      const { body } = await replica.call("/v1/cache", { token: world.key });
      const { state } = body["shared"] as { state: string };
      const served = await replica.call(`/v2/models/${MODEL}/ready`, { token: world.key });
      if (state === "up" && served.status === 200) break;
      if (Date.now() > deadline) return false;
      // That it can be written to shows only when something is.
      await ask(world, counts, replica, 2e6 + randomInt(1e6));
      await delay(20);
    }
  }
  return true;
}

async function keysOf({ key }: World, { call }: Replica): Promise<readonly string[]> {
  return (await call("/v1/cache/keys", { token: key })).body as unknown as string[];
}

/** Waits until a replica has heard of a removal of everything: nothing that it had before is left then. */
async function heard(world: World, replica: Replica, before: readonly string[]): Promise<boolean> {
  const deadline = Date.now() + RECOVERS_WITHIN_MS;
  while ((await keysOf(world, replica)).some((each) => before.includes(each))) {
    if (Date.now() > deadline) return false;
    await delay(10);
  }
  return true;
}

/** Acknowledged uploads that a replica with an empty memory of them does not serve. */
async function lost({ key, replicas: [, b] }: World, { uploads }: Counts): Promise<number> {
  let count = 0;
  const body = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [2] }] };
  for (const [version, factor] of uploads) {
    const answer = await b.call(`/v2/models/${MODEL}/versions/${version}/infer`, { token: key, body });
    const [output] = (answer.body["outputs"] ?? []) as { data: number[] }[];
    if (output?.data[0] !== Math.fround(2 * factor)) count += 1;
  }
  return count;
}

function atMost(bar: string, figure: number, unit: string): Bar {
  return { bar, figure, unit, goal: "<= 0", ok: figure <= 0 };
}
