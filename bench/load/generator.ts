/**
 * One generator at work, in a process of its own: `generator.ts KIND URL SECONDS CONNECTIONS [MODULE]`. Prints what it
 * did and what it cost, starting and loading of modules not counted, as JSON. For `steady`, SECONDS is millions of
 * requests; for `workers`, CONNECTIONS is how many of them.
 */
import { join } from "node:path";
import { defineScenario, runRawBench, startLoad, startLoadFile } from "@muster/load";
import type { LoadReport } from "@muster/contract";
import { BODY } from "./body.ts";

const [kind = "", url = "", seconds = "1", connections = "50", module = ""] = process.argv.slice(2);
const durationMs = Number(seconds) * 1_000;
const users = Number(connections);

/** What one generator did, and what it cost. */
interface Done {
  readonly requests: number;
  readonly failed: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  /** Resident memory, in MB, after a tenth of the requests and at the end. */
  readonly residentMb?: readonly [early: number, late: number];
}

const scenarios = {
  get: defineScenario({
    name: "get",
    async run(user) {
      const response = await user.http.get("/", { tags: { kind: "read" } });
      user.check(response, { "is 200": (seen) => seen.status === 200 });
    },
  }),
  post: defineScenario({
    name: "post",
    async run(user) {
      const response = await user.http.post("/", { ...BODY, id: user.id }, { tags: { kind: "write" } });
      user.check(response, { "is 200": (seen) => seen.status === 200 });
    },
  }),
};

type Counts = Pick<Done, "requests" | "failed"> & Partial<Done>;

const countsOf = ({ total }: LoadReport): Counts => ({ requests: total.requests, failed: total.failed });

async function work(): Promise<Counts> {
  switch (kind) {
    case "get":
    case "post": {
      const workloads = [{ scenarios: [scenarios[kind]], model: { users, for: `${durationMs}ms` } }];
      return countsOf(await startLoad({ target: url, workloads }).report);
    }
    case "steady":
      return steady(Number(seconds) * 1e6);
    case "body": {
      const workloads = [{ scenarios: [scenarios.get], model: { users: 1, for: "10m" } }] as const;
      return countsOf(await startLoad({ target: url, workloads, maxRequests: 1, timeout: "10m" }).report);
    }
    case "workers": {
      const report = await startLoadFile(join(import.meta.dirname, "get-plan.ts"), users).report;
      // What the threads themselves took, from the first request on: starting them is not what is compared.
      return { ...countsOf(report), cpuMs: report.generator.cpuMs };
    }
    case "raw":
      return countsOf(
        await runRawBench(
          { request: { method: "GET", url: new URL(url) }, connections: users, durationMs },
          new AbortController().signal,
        ),
      );
    case "autocannon-get":
    case "autocannon-post": {
      const { default: autocannon } = (await import(module)) as { default: Autocannon };
      const post = kind === "autocannon-post";
      const result = await autocannon({
        url,
        connections: users,
        duration: durationMs / 1_000,
        ...(post
          ? { method: "POST", body: JSON.stringify(BODY), headers: { "content-type": "application/json" } }
          : {}),
      });
      return { requests: result.requests.total, failed: result.errors + result.non2xx };
    }
    default:
      throw new Error(`there is no generator "${kind}"`);
  }
}

/** So many requests of a worker, as `muster load run` has them, and how the resident memory stood after a tenth of them and at the end. */
async function steady(requests: number): Promise<Counts> {
  const seen: [requests: number, mb: number][] = [];
  const load = startLoadFile(join(import.meta.dirname, "get-plan.ts"), 1, {
    onProgress: (progress) => seen.push([progress.requests, process.memoryUsage.rss() / 2 ** 20]),
  });
  const counts = countsOf(await load.report);
  const middle = (samples: readonly (readonly [number, number])[]): number => {
    const sorted = samples.map(([, mb]) => mb).toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? process.memoryUsage.rss() / 2 ** 20;
  };
  // A few seconds each, because a collection of garbage moves single values.
  const after = seen.filter(([done]) => done >= requests / 10);
  return { ...counts, residentMb: [middle(after.slice(0, 7)), middle(after.slice(-7))] };
}

type Autocannon = (options: object) => Promise<{
  requests: { total: number };
  errors: number;
  non2xx: number;
}>;

const before = process.cpuUsage();
const counts = await work();
const { user, system } = process.cpuUsage(before);
const done: Done = {
  cpuMs: (user + system) / 1_000,
  peakMb: process.resourceUsage().maxRSS / 1_024,
  ...counts,
};
process.stdout.write(`${JSON.stringify(done)}\n`);
