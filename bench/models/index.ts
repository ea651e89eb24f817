import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { offerConstantRate } from "@muster/load";
import { atLeast, atMost, type Bar, type BenchOptions, CannotJudge } from "../bar.ts";
import { flightsBody } from "./flights.ts";
import { type Overload, overload } from "./overload.ts";
import { type Platform, startPlatform } from "./platform.ts";

const run = promisify(execFile);

const ROOT = join(import.meta.dirname, "../..");
const PLATFORM = join(ROOT, "apps/models/src/main.ts");
const FLOOR = join(import.meta.dirname, "floor.ts");
const MODEL = join(ROOT, "apps/models/models/penguins/model.onnx");
const INFER = "/v2/models/penguins/infer";
const INFER_FLIGHTS = "/v2/models/flight-delay/infer";
/** Rows of a request under overload: dear enough that the generator can ask for twice what the service can do. */
const OVERLOAD_ROWS = 64;
/** Overloads that are tried until three were not disturbed. */
const OVERLOAD_TRIES = 10;
const OVERLOAD_ROUNDS = 3;
const BIRD = [38.1, 17.6, 187, 3_425];
const CONNECTIONS = 64;

/** The full path of a prediction: key, rate limit, validation, metrics, inference; and the same without inference. */
export async function models({ smoke, say, leaveOut }: BenchOptions): Promise<readonly Bar[]> {
  await run("sh", ["-c", "command -v wrk"]).catch(() => {
    throw new CannotJudge("wrk is not installed: apt-get install wrk");
  });
  await using platform = await startPlatform(PLATFORM);
  await using floor = await startPlatform(FLOOR);
  const rounds = smoke ? 1 : 5;
  const seconds = smoke ? 1 : 3;
  return [
    ...(await single(platform, floor, rounds, seconds, say)),
    ...(await batch(platform, rounds, seconds, say)),
    ...(await overloaded(platform, smoke, say, leaveOut)),
    ...(await openModel(platform, smoke, say)),
    ...(await switching(platform, smoke, say)),
  ];
}

interface Load {
  readonly perSecond: number;
  readonly p95Ms: number;
  readonly failed: number;
  readonly cpuMicros: number;
}

async function single(
  platform: Platform,
  floor: Platform,
  rounds: number,
  seconds: number,
  say: (text: string) => void,
): Promise<Bar[]> {
  const full: Load[] = [];
  const bare: Load[] = [];
  // One after the other in each round, because the machine is not the same in every round.
  for (let round = 1; round <= rounds; round += 1) {
    full.push(await wrk(platform, bodyOf(1), seconds));
    bare.push(await wrk(floor, bodyOf(1), seconds));
    const [now, without] = [full.at(-1), bare.at(-1)];
    say(
      `round ${round}: ${Math.round(now?.perSecond ?? 0)}/s, ${now?.cpuMicros.toFixed(1)} µs; without inference ${Math.round(without?.perSecond ?? 0)}/s, ${without?.cpuMicros.toFixed(1)} µs`,
    );
  }
  return [
    atLeast("models.single-rate", median(full.map((each) => each.perSecond)), "predictions/s", 20_000),
    atMost("models.single-p95", median(full.map((each) => each.p95Ms)), "ms", 8),
    atMost("models.single-cpu", median(full.map((each) => each.cpuMicros)), "µs", 40),
    atMost(
      "models.inference-share",
      median(full.map((each, round) => each.cpuMicros - (bare[round]?.cpuMicros ?? 0))),
      "µs",
      10,
    ),
    atMost("models.single-failed", sum(full.map((each) => each.failed)), "requests", 0),
  ];
}

async function batch(platform: Platform, rounds: number, seconds: number, say: (text: string) => void): Promise<Bar[]> {
  const network: Load[] = [];
  const trees: Load[] = [];
  const flights = Array.from({ length: 16 }, (_, seed) => flightsBody(256, seed));
  for (let round = 1; round <= rounds; round += 1) {
    network.push(await wrk(platform, bodyOf(256), seconds));
    trees.push(await wrk(platform, flights, seconds, INFER_FLIGHTS));
    const [rows, ofTrees] = [network, trees].map((loads) => Math.round((loads.at(-1)?.perSecond ?? 0) * 256));
    say(`round ${round}: ${rows} rows/s, boosted trees ${ofTrees} rows/s`);
  }
  return [
    atLeast("models.batch-rows", median(network.map((each) => each.perSecond * 256)), "rows/s", 1_000_000),
    atLeast("models.batch-rows-trees", median(trees.map((each) => each.perSecond * 256)), "rows/s", 200_000),
    atMost("models.batch-failed", sum([...network, ...trees].map((each) => each.failed)), "requests", 0),
  ];
}

/** Twice as much as the platform can answer: what it refuses, and how those fare whom it lets in. */
async function overloaded(
  platform: Platform,
  smoke: boolean,
  say: (text: string) => void,
  leaveOut: (reason: string) => void,
): Promise<Bar[]> {
  const body = flightsBody(OVERLOAD_ROWS);
  const { perSecond: capacity } = await wrk(platform, body, smoke ? 1 : 3, INFER_FLIGHTS);
  say(`${OVERLOAD_ROWS} flights a request: capacity ${Math.round(capacity)}/s; now twice that`);
  const time = smoke ? { settleMs: 250, countedMs: 250 } : { settleMs: 2_000, countedMs: 4_000 };
  const found: Overload[] = [];
  let disturbed = "";
  for (let nth = 0; nth < (smoke ? 1 : OVERLOAD_TRIES) && found.length < OVERLOAD_ROUNDS; nth += 1) {
    const result = await overload(platform, INFER_FLIGHTS, body, capacity * 2, time);
    const { answeredPerSecond, answeredP95, refusedP95, invalidBecause } = result;
    say(
      `${Math.round(answeredPerSecond)}/s answered, p95 ${answeredP95.toFixed(1)} ms; refused p95 ${refusedP95.toFixed(1)} ms${invalidBecause === undefined ? "" : `; not counted: ${invalidBecause}`}`,
    );
    if (invalidBecause === undefined || smoke) found.push(result);
    else disturbed = invalidBecause;
  }
  if (found.length === 0) {
    leaveOut(`overload: ${disturbed}`);
    return [];
  }
  return [
    atMost("models.overload-refused-p95", median(found.map((each) => each.refusedP95)), "ms", 5),
    atMost("models.overload-answered-p95", median(found.map((each) => each.answeredP95)), "ms", 50),
    atLeast("models.overload-answered", median(found.map((each) => each.answeredPerSecond / capacity)), "x", 0.6),
    atMost("models.overload-lost", sum(found.map((each) => each.lost)), "requests", 0),
  ];
}

async function openModel(platform: Platform, smoke: boolean, say: (text: string) => void): Promise<Bar[]> {
  // The generator is warmed up too.
  await steady(platform, 2_000, smoke ? 100 : 1_000);
  say("10,000 requests a second");
  const result = await steady(platform, 10_000, smoke ? 1_000 : 10_000);
  return [
    atMost("models.open-p95", result.response?.p95 ?? Number.POSITIVE_INFINITY, "ms", 5),
    atMost("models.open-unanswered", result.scheduled - result.answered, "requests", 0),
  ];
}

/** Lets the champion be one version and the other while 5,000 requests a second ask for it. */
async function switching(platform: Platform, smoke: boolean, say: (text: string) => void): Promise<Bar[]> {
  await addSecondVersion(platform);
  say("5,000 requests a second while the champion changes");
  const durationMs = smoke ? 1_500 : 21_000;
  const load = steady(platform, 5_000, durationMs);
  const end = performance.now() + durationMs;
  let switches = 0;
  while (performance.now() < end) {
    await setChampion(platform, switches % 2 === 0 ? "2" : "1", switches + 1);
    switches += 1;
    await delay(500);
  }
  const result = await load;
  const late = result.sendLag?.max.toFixed(1);
  say(`${switches} changes, ${result.answered} answers; the generator itself was late by up to ${late} ms`);
  return [
    atMost("models.switch-failed", result.scheduled - result.answered + result.failed, "requests", 0),
    atMost("models.switch-slowest", result.response?.max ?? Number.POSITIVE_INFINITY, "ms", 100),
  ];
}

async function addSecondVersion({ url, key }: Platform): Promise<void> {
  const form = new FormData();
  form.set("card", JSON.stringify({ title: "Penguins again" }));
  // The same model with a remark (ModelProto.doc_string), which makes it another artefact.
  const bytes = Buffer.concat([await readFile(MODEL), Buffer.of(0x32, 1, 0x32)]);
  form.set("model", new Blob([bytes]), "model.onnx");
  const answer = await fetch(`${url}/v1/models/penguins/versions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: form,
  });
  if (answer.status !== 201) throw new Error(`the second version was refused: ${await answer.text()}`);
}

async function setChampion({ url, key }: Platform, version: string, revision: number): Promise<void> {
  const answer = await fetch(`${url}/v1/models/penguins/aliases/champion`, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "if-match": `"${revision}"` },
    body: JSON.stringify({ version }),
  });
  if (answer.status !== 200) throw new Error(`the change was refused: ${await answer.text()}`);
}

function steady(
  { url, key }: Platform,
  ratePerSecond: number,
  durationMs: number,
): ReturnType<typeof offerConstantRate> {
  return offerConstantRate(
    {
      request: {
        method: "POST",
        url: new URL(url + INFER),
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: bodyOf(1),
      },
      ratePerSecond,
      durationMs,
      maxConnections: CONNECTIONS,
    },
    new AbortController().signal,
  );
}

/** Asks as fast as it is answered, with these bodies in turn. */
async function wrk(
  platform: Platform,
  body: string | readonly string[],
  seconds: number,
  path: string = INFER,
): Promise<Load> {
  const folder = await mkdtemp(join(tmpdir(), "muster-bench-models-"));
  const script = join(folder, "post.lua");
  await writeFile(
    script,
    [
      'wrk.method = "POST"',
      `local bodies = {${[body]
        .flat()
        .map((each) => JSON.stringify(each))
        .join(",")}}`,
      'wrk.headers["Content-Type"] = "application/json"',
      `wrk.headers["Authorization"] = "Bearer ${platform.key}"`,
      "local requests, nth = {}, 0",
      "init = function() for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end end",
      "request = function() nth = nth % #requests + 1; return requests[nth] end",
      "done = function(summary, latency) io.write('p95 ' .. latency:percentile(95) .. ' requests ' .. summary.requests .. ' failed ' .. (summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout) .. ' micros ' .. summary.duration .. '\\n') end",
    ].join("\n"),
  );
  try {
    const before = await platform.cpuMs();
    const { stdout } = await run("wrk", [
      "-t1",
      `-c${CONNECTIONS}`,
      `-d${seconds}s`,
      "-s",
      script,
      platform.url + path,
    ]);
    const used = (await platform.cpuMs()) - before;
    const said = /p95 ([\d.]+) requests (\d+) failed (\d+) micros (\d+)/.exec(stdout);
    if (!said) throw new Error(`wrk said:\n${stdout}`);
    const [p95, requests, failed, micros] = said.slice(1).map(Number) as [number, number, number, number];
    return { perSecond: (requests * 1e6) / micros, p95Ms: p95 / 1_000, failed, cpuMicros: (used * 1_000) / requests };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function bodyOf(rows: number): string {
  const data = Array.from({ length: rows }, () => BIRD).flat();
  return JSON.stringify({ inputs: [{ name: "measurements", datatype: "FP32", shape: [rows, BIRD.length], data }] });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
