/**
 * One generator at work, in a process of its own: `generator.ts KIND URL SECONDS CONNECTIONS [MODULE]`. Prints what it
 * did and what it cost, starting and loading of modules not counted, as JSON.
 */
import { defineScenario, runRawBench, startLoad } from "@muster/load";
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

type Counts = Pick<Done, "requests" | "failed">;

const countsOf = ({ total }: LoadReport): Counts => ({ requests: total.requests, failed: total.failed });

async function work(): Promise<Counts> {
  switch (kind) {
    case "get":
    case "post": {
      const workloads = [{ scenarios: [scenarios[kind]], model: { users, for: `${durationMs}ms` } }];
      return countsOf(await startLoad({ target: url, workloads }).report);
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

type Autocannon = (options: object) => Promise<{
  requests: { total: number };
  errors: number;
  non2xx: number;
}>;

const before = process.cpuUsage();
const counts = await work();
const { user, system } = process.cpuUsage(before);
const done: Done = {
  ...counts,
  cpuMs: (user + system) / 1_000,
  peakMb: process.resourceUsage().maxRSS / 1_024,
};
process.stdout.write(`${JSON.stringify(done)}\n`);
