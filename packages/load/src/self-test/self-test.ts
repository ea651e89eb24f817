import { Worker } from "node:worker_threads";
import { once } from "node:events";
import type { RequestFigures } from "@muster/contract";
import { defineScenario } from "../scenario/scenario.ts";
import { startLoad } from "../run/load-run.ts";

export interface SelfTestOptions {
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** How long the server stands still, and from when on. */
  readonly stallMs: number;
  readonly stallAtMs: number;
  readonly connections: number;
}

/** What the issue of coordinated omission is usually shown with: a stall of 2 s in 20 s at 1,000 requests a second. */
export const FULL_SELF_TEST: SelfTestOptions = {
  ratePerSecond: 1_000,
  durationMs: 20_000,
  stallMs: 2_000,
  stallAtMs: 8_000,
  connections: 50,
};

/** One percentile: what it must be, what was reported, and what a generator would have said that looks only at its sends. */
export interface SelfTestRow {
  readonly name: "p95" | "p99" | "p999";
  readonly truthMs: number;
  readonly reportedMs: number;
  /** Share by which the reported value is off. */
  readonly deviation: number;
  readonly serviceMs: number;
}

export interface SelfTestResult {
  readonly rows: readonly SelfTestRow[];
  readonly scheduled: number;
  readonly answered: number;
  /** Requests of the schedule of which the report says nothing. */
  readonly unaccounted: number;
  /** Why this machine did not allow a judgement, if it did not: the generator itself was late. */
  readonly invalidBecause: string | undefined;
  /** Whether every percentile is within the tolerance and no request is unaccounted for. */
  readonly ok: boolean;
}

/** Share by which a percentile may be off. */
const TOLERANCE = 0.03;

/**
 * Puts a load on a server that stalls once and compares the percentiles with what they must be. Of requests that are
 * spread evenly, those that fall into the stall wait for its end, so the times are known without measuring.
 */
export async function runSelfTest(options: SelfTestOptions): Promise<SelfTestResult> {
  const server = new Worker(new URL("./stalling-server.ts", import.meta.url));
  try {
    const [port] = (await once(server, "message")) as [number];
    const visit = defineScenario({ name: "visit", run: async (user) => void (await user.http.get("/")) });
    const load = startLoad({
      target: `http://127.0.0.1:${port}/`,
      maxConnections: options.connections,
      sampleEvery: 0,
      workloads: [
        {
          scenarios: [visit],
          model: { arrivalsPerSecond: options.ratePerSecond, for: `${options.durationMs}ms`, maxUsers: 10_000 },
        },
      ],
    });
    const timer = setTimeout(
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
      () => server.postMessage(options.stallMs),
      options.stallAtMs,
    );
    const report = await load.report;
    clearTimeout(timer);
    const [scenario] = report.scenarios;
    const scheduled = Math.round((options.ratePerSecond * options.durationMs) / 1_000);
    const { completed = 0, failed = 0, interrupted = 0, missed = 0 } = scenario?.iterations ?? {};
    const unaccounted = scheduled - completed - failed - interrupted - missed;
    const rows = rowsOf(report.total, options);
    return {
      rows,
      scheduled,
      answered: report.total.requests - report.total.failed,
      unaccounted,
      invalidBecause: report.verdict === "invalid" ? report.reasons.join("; ") : undefined,
      ok: unaccounted === 0 && rows.every((row) => Math.abs(row.deviation) <= TOLERANCE),
    };
  } finally {
    await server.terminate();
  }
}

/**
 * A percentile of a run in which the share `stall / duration` of all requests waits between 0 and the stall's length,
 * evenly spread, and the rest does not wait. 0 when it falls among the rest.
 */
export function truthOf(
  share: number,
  { durationMs, stallMs }: Pick<SelfTestOptions, "durationMs" | "stallMs">,
): number {
  return Math.max(0, stallMs - (1 - share) * durationMs);
}

function rowsOf({ response, service }: RequestFigures, options: SelfTestOptions): SelfTestRow[] {
  const shares = [
    ["p95", 0.95],
    ["p99", 0.99],
    ["p999", 0.999],
  ] as const;
  return shares.map(([name, share]) => {
    const truthMs = truthOf(share, options);
    const reportedMs = response?.[name] ?? 0;
    return { name, truthMs, reportedMs, deviation: reportedMs / truthMs - 1, serviceMs: service?.[name] ?? 0 };
  });
}
