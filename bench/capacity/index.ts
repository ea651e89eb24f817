import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { compareTargets, DEFAULT_COMPARISON, measureCapacity, type TargetsVerdict } from "@muster/load";
import { atLeast, atMost, type Bar, type BenchOptions } from "../bar.ts";
import type { ServerOrder } from "./limited-server.ts";

const LIMIT_PER_SECOND = 3_000;
const never = new AbortController().signal;

/** Whether a known limit is found, and whether differences are found where they are and nowhere else. */
export async function capacity({ smoke, say }: BenchOptions): Promise<readonly Bar[]> {
  const server = new Worker(join(import.meta.dirname, "limited-server.ts"), {
    workerData: { perSecond: LIMIT_PER_SECOND } satisfies ServerOrder,
  });
  try {
    const [port] = (await once(server, "message")) as [number];
    const base = new URL(`http://127.0.0.1:${port}/`);
    return [...(await searches(base, smoke, say)), ...(await comparisons(base, smoke, say))];
  } finally {
    await server.terminate();
  }
}

/** The worst of ten searches: how far off, and how long. */
async function searches(base: URL, smoke: boolean, say: (text: string) => void): Promise<Bar[]> {
  let furthest = 0;
  let longest = 0;
  for (let round = 1; round <= (smoke ? 1 : 10); round += 1) {
    const begun = performance.now();
    const { holdsAt, settled } = await measureCapacity(
      {
        request: { method: "GET", url: base },
        objective: ["errors < 1%", "p95 < 100ms"],
        ...(smoke ? { stepMs: 200, warmUpMs: 50, search: { startPerSecond: 1_600, maxSteps: 4 } } : {}),
      },
      never,
    );
    const seconds = (performance.now() - begun) / 1_000;
    say(`search ${round}: ${holdsAt ?? "nothing"}/s in ${seconds.toFixed(0)} s${settled ? "" : ", not settled"}`);
    furthest = Math.max(furthest, Math.abs((holdsAt ?? 0) / LIMIT_PER_SECOND - 1) * 100);
    longest = Math.max(longest, seconds);
  }
  return [atMost("capacity.off-by", furthest, "%", 5), atMost("capacity.search", longest, "s", 90)];
}

/** False differences in 50 comparisons of a target with itself, and true ones of a tenth in ten. */
async function comparisons(base: URL, smoke: boolean, say: (text: string) => void): Promise<Bar[]> {
  const between = (a: string, b: string, seed: number, maxTurns: number): Promise<TargetsVerdict> =>
    compareTargets(
      {
        ...DEFAULT_COMPARISON,
        a: { method: "GET", url: new URL(a, base) },
        b: { method: "GET", url: new URL(b, base) },
        turnMs: 200,
        minTurns: smoke ? 4 : DEFAULT_COMPARISON.minTurns,
        maxTurns: smoke ? 4 : maxTurns,
        seed,
      },
      never,
    );
  let wolves = 0;
  const same = smoke ? 1 : 50;
  for (let seed = 1; seed <= same; seed += 1) {
    if ((await between("/fast", "/fast", seed, DEFAULT_COMPARISON.minTurns)).verdict !== "same") wolves += 1;
  }
  say(`${wolves} of ${same} comparisons of a target with itself saw a difference`);
  let found = 0;
  const different = smoke ? 1 : 10;
  for (let seed = 1; seed <= different; seed += 1) {
    if ((await between("/fast", "/slow", seed, 60)).verdict === "worse") found += 1;
  }
  say(`${found} of ${different} comparisons with a target that is a tenth slower saw it`);
  return [
    atMost("capacity.false-differences", wolves, `of ${same}`, 3),
    atLeast("capacity.found-differences", (found / different) * 100, "%", 90),
  ];
}
