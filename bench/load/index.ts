import { execFile } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { createHistogram, createRandom, recordValue } from "@muster/kernel";
import { FULL_SELF_TEST, offerConstantRate, runSelfTest } from "@muster/load";
import { atLeast, atMost, type Bar, type BenchOptions, CannotJudge } from "../bar.ts";
import { BODY } from "./body.ts";
import { childCpuMs, GENERATOR_CORE, type Peers, preparePeers } from "./peers.ts";

const run = promisify(execFile);
const CONNECTIONS = 50;

interface Done {
  readonly requests: number;
  readonly failed: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly residentMb?: readonly [early: number, late: number];
}

/** What a request costs beside the field's generators, and whether the figures of a load can be believed. */
export async function load({ smoke, say }: BenchOptions): Promise<readonly Bar[]> {
  if (availableParallelism() < 2) throw new CannotJudge("generator and server need a core each");
  await using peers = await preparePeers(say);
  const rounds = smoke ? 1 : 5;
  // Long enough that what compiling the generator costs at its start is small beside what it does.
  const seconds = smoke ? 1 : 10;
  return [
    recording(smoke),
    ...(await costs(peers, rounds, seconds, say)),
    ...(await openModel(peers.url, smoke, say)),
    ...(await truth(smoke, say)),
    await memory(peers, smoke, say),
    await steadiness(peers, smoke, say),
    await largeBody(smoke, say),
    await secondWorker(peers, smoke, say),
    ...(await artillery(peers, smoke, say)),
  ];
}

/** Nanoseconds to record one value: the median of some rounds. */
function recording(smoke: boolean): Bar {
  const random = createRandom(1);
  const values = Float64Array.from({ length: 4_096 }, () => Math.exp(random() * 8 - 2));
  const times = smoke ? 1e5 : 1e7;
  const rounds: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const histogram = createHistogram();
    const begun = performance.now();
    for (let nth = 0; nth < times; nth += 1) recordValue(histogram, values[nth & 4_095] as number);
    rounds.push(((performance.now() - begun) * 1e6) / times);
  }
  return atMost("load.record", median(rounds), "ns", 30);
}

/** Requests per second of processor time beside wrk and autocannon, in alternated rounds. */
async function costs(peers: Peers, rounds: number, seconds: number, say: (text: string) => void): Promise<Bar[]> {
  const script = await peers.wrkScript(JSON.stringify(BODY));
  const generators: Record<string, () => Promise<Done>> = {
    "wrk get": () => wrk(peers.url, seconds),
    raw: () => node("raw", peers.url, seconds),
    "engine get": () => node("get", peers.url, seconds),
    "autocannon get": () => node("autocannon-get", peers.url, seconds, CONNECTIONS, peers.autocannon),
    "wrk post": () => wrk(peers.url, seconds, script),
    "engine post": () => node("post", peers.url, seconds),
    "autocannon post": () => node("autocannon-post", peers.url, seconds, CONNECTIONS, peers.autocannon),
  };
  const rates: Record<string, number[]> = {};
  for (let round = 1; round <= rounds; round += 1) {
    const line: string[] = [];
    for (const [name, generate] of Object.entries(generators)) {
      const { requests, failed, cpuMs } = await generate();
      if (failed > 0) throw new Error(`${name}: ${failed} of ${requests} requests failed`);
      const rate = (requests * 1_000) / cpuMs;
      (rates[name] ??= []).push(rate);
      line.push(`${name} ${Math.round(rate / 1_000)}k`);
    }
    say(`round ${round}, requests per CPU-second: ${line.join(", ")}`);
  }
  // Ratios within a round, because the machine is not the same in every round.
  const ratio = (name: string, peer: string): number =>
    median((rates[name] ?? []).map((rate, round) => rate / (rates[peer]?.[round] ?? Number.NaN)));
  return [
    atLeast("load.raw-wrk", ratio("raw", "wrk get"), "x", 0.95),
    atLeast("load.get-wrk", ratio("engine get", "wrk get"), "x", 0.6),
    atLeast("load.get-autocannon", ratio("engine get", "autocannon get"), "x", 1.3),
    atLeast("load.post-wrk", ratio("engine post", "wrk post"), "x", 0.48),
    atLeast("load.post-autocannon", ratio("engine post", "autocannon post"), "x", 1),
  ];
}

/** How well an open model keeps to 10,000 requests a second. */
async function openModel(url: string, smoke: boolean, say: (text: string) => void): Promise<Bar[]> {
  const bars: Bar[] = [];
  for (const precise of [false, true]) {
    say(`10,000 requests a second${precise ? ", precise" : ""}`);
    const { achievedPerSecond, sendLag } = await offerConstantRate(
      {
        request: { method: "GET", url: new URL(url) },
        ratePerSecond: 10_000,
        durationMs: smoke ? 500 : 5_000,
        maxConnections: 100,
        precise,
      },
      new AbortController().signal,
    );
    const name = precise ? "load.open-precise" : "load.open";
    bars.push(
      atMost(`${name}-shortfall`, Math.abs(1 - achievedPerSecond / 10_000) * 100, "%", 0.1),
      atMost(`${name}-send-lag-p99`, sendLag?.p99 ?? Number.POSITIVE_INFINITY, "ms", precise ? 0.1 : 5),
    );
  }
  return bars;
}

/** How far the percentiles are off when the server stalls. */
async function truth(smoke: boolean, say: (text: string) => void): Promise<Bar[]> {
  say("a server that stalls for 2 s in 20 s");
  const short = { ratePerSecond: 500, durationMs: 2_000, stallMs: 500, stallAtMs: 500, connections: 50 };
  const { rows, unaccounted } = await runSelfTest(smoke ? short : FULL_SELF_TEST);
  return [
    ...rows.map(({ name, deviation }) => atMost(`load.truth-${name}`, Math.abs(deviation) * 100, "%", 3)),
    atMost("load.unaccounted", unaccounted, "requests", 0),
  ];
}

/** Memory of a generator with 1,000 users. */
async function memory(peers: Peers, smoke: boolean, say: (text: string) => void): Promise<Bar> {
  say("1,000 users");
  const { peakMb } = await node("get", peers.url, smoke ? 1 : 5, 1_000);
  return atMost("load.memory-1000-users", peakMb, "MB", 200);
}

/** Growth of the resident memory from one to ten million requests, in per cent of what it was. */
async function steadiness(peers: Peers, smoke: boolean, say: (text: string) => void): Promise<Bar> {
  const millions = smoke ? 0.05 : 10;
  say(`${millions * 1e6} requests, and the memory on the way`);
  const { residentMb, requests } = await node("steady", peers.url, millions, CONNECTIONS, "", {
    BENCH_URL: peers.url,
    BENCH_SECONDS: "3600",
    BENCH_REQUESTS: String(millions * 1e6),
  });
  const [early = Number.NaN, late = Number.NaN] = residentMb ?? [];
  say(`${requests} requests: ${Math.round(early)} MB after a tenth of them, ${Math.round(late)} MB at the end`);
  return atMost("load.memory-growth", Math.abs(late / early - 1) * 100, "%", 10);
}

/** Memory of a generator that is sent an answer of 10 GB. */
async function largeBody(smoke: boolean, say: (text: string) => void): Promise<Bar> {
  const length = smoke ? 1e8 : 1e10;
  say(`an answer of ${length / 1e9} GB`);
  const server = new Worker(join(import.meta.dirname, "large-body-server.ts"), { workerData: length });
  try {
    const [port] = (await once(server, "message")) as [number];
    const { peakMb, requests, failed } = await node("body", `http://127.0.0.1:${port}/`, 0);
    if (requests !== 1 || failed !== 0) throw new Error(`${failed} of ${requests} requests failed`);
    return atMost("load.memory-10-gb-answer", peakMb, "MB", 200);
  } finally {
    await server.terminate();
  }
}

/** Processor time per request of two workers beside that of one, in alternated rounds. */
async function secondWorker(peers: Peers, smoke: boolean, say: (text: string) => void): Promise<Bar> {
  const ratios: number[] = [];
  // Each worker compiles its own hot code; that must not be what is compared.
  const seconds = smoke ? 1 : 10;
  const cost = async (workers: number): Promise<number> => {
    const env = { BENCH_URL: peers.url, BENCH_SECONDS: String(seconds) };
    const { cpuMs, requests, failed } = await node("workers", peers.url, seconds, workers, "", env);
    if (failed > 0) throw new Error(`${workers} workers: ${failed} of ${requests} requests failed`);
    return (cpuMs * 1_000) / requests;
  };
  for (let round = 1; round <= (smoke ? 1 : 5); round += 1) {
    const one = await cost(1);
    const two = await cost(2);
    say(`round ${round}: a request costs ${one.toFixed(1)} µs with one worker, ${two.toFixed(1)} µs with two`);
    ratios.push(two / one);
  }
  return atMost("load.two-workers", median(ratios), "x", 1.2);
}

/** Requests per second of processor time beside Artillery, which takes too long to install for the short form. */
async function artillery(peers: Peers, smoke: boolean, say: (text: string) => void): Promise<Bar[]> {
  if (smoke) return [];
  const program = await peers.artillery();
  const ratios: number[] = [];
  for (let round = 1; round <= 3; round += 1) {
    // What it takes to start is in both, and falls out of the difference; some four seconds of work, as the engine has.
    const [few, many] = [await program(1), await program(200)];
    const theirs = ((many.requests - few.requests) * 1_000) / (many.cpuMs - few.cpuMs);
    const { requests, failed, cpuMs } = await node("get", peers.url, 4);
    if (failed > 0) throw new Error(`engine: ${failed} of ${requests} requests failed`);
    const ours = (requests * 1_000) / cpuMs;
    say(`round ${round}, requests per CPU-second: Artillery ${Math.round(theirs)}, engine ${Math.round(ours)}`);
    ratios.push(ours / theirs);
  }
  return [atLeast("load.get-artillery", median(ratios), "x", 20)];
}

async function node(
  kind: string,
  url: string,
  seconds: number,
  connections = CONNECTIONS,
  module = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Done> {
  const generator = join(import.meta.dirname, "generator.ts");
  const words = [process.execPath, generator, kind, url, String(seconds), String(connections), module];
  const { stdout } = await run("taskset", ["-c", GENERATOR_CORE, ...words], { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as Done;
}

/** wrk counts its requests but not its cost, which the shell that started it knows. */
async function wrk(url: string, seconds: number, script?: string): Promise<Done> {
  const words = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, ...(script === undefined ? [] : ["-s", script]), url];
  const line = `taskset -c ${GENERATOR_CORE} wrk ${words.map((word) => `'${word}'`).join(" ")} && times`;
  const { stdout } = await run("sh", ["-c", line]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const cpuMs = childCpuMs(stdout);
  const failed = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  if (!(requests > 0) || !(cpuMs > 0)) throw new Error(`wrk said:\n${stdout}`);
  return { requests, failed, cpuMs, peakMb: 0 };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
