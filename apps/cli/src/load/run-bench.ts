import type { LoadReport } from "@muster/contract";
import { defineScenario, type RequestDescription, runRawBench, startLoad } from "@muster/load";
import type { Io } from "../output/io.ts";
import type { ExitCode } from "../program/command.ts";
import { onInterruption } from "../up/interruption.ts";
import type { ReportChoices } from "./report-options.ts";
import { giveReport } from "./report-output.ts";
import { recorded } from "./record-load.ts";
import type { RecordChoices } from "./record-options.ts";
import { remoteWriteOf } from "./remote-write.ts";
import { type WatchOptions, watchLoad } from "./watch-load.ts";

const DEFAULT_CONNECTIONS = 50;
const DEFAULT_CONNECTIONS_AT_RATE = 10_000;

/** What `muster load bench` was asked for. */
export interface BenchRequest {
  readonly request: RequestDescription;
  readonly insecure: boolean;
  readonly connections: number | undefined;
  readonly durationMs: number;
  /** Requests per second; absent for as fast as the service answers. */
  readonly rate: number | undefined;
  readonly thresholds: readonly string[];
}

/** Loads one address with one request and gives the report. */
export async function runBench(
  request: BenchRequest,
  choices: ReportChoices & RecordChoices,
  io: Io,
): Promise<ExitCode> {
  // A wrong address shall be said before the load, not after it.
  remoteWriteOf(choices, io);
  return recorded(choices, { kind: "run", name: "load bench" }, io, async (recorder) => {
    const report =
      request.rate === undefined
        ? await atFullSpeed(request, io)
        : await atRate(request, request.rate, { choices, recorder }, io);
    return giveReport("load bench", report, choices, io, recorder);
  });
}

async function atFullSpeed(request: BenchRequest, io: Io): Promise<LoadReport> {
  const { insecure, connections, durationMs, thresholds } = request;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const ignore = onInterruption({ stop, end: stop }, io.now);
  try {
    return await runRawBench(
      {
        request: request.request,
        connections: connections ?? DEFAULT_CONNECTIONS,
        durationMs,
        insecure,
        thresholds,
      },
      controller.signal,
    );
  } finally {
    ignore();
  }
}

function atRate(request: BenchRequest, rate: number, watching: WatchOptions, io: Io): Promise<LoadReport> {
  const { insecure, connections, durationMs, thresholds } = request;
  const { url, method, body } = request.request;
  const bench = defineScenario({
    name: "bench",
    async run(user) {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      await user.http.request(method, url.href, body, { headers, discardBody: true, redirects: 0 });
    },
  });
  const plan = {
    target: url.href,
    workloads: [{ scenarios: [bench], model: { arrivalsPerSecond: rate, for: `${durationMs}ms`, maxUsers: 20_000 } }],
    maxConnections: connections ?? DEFAULT_CONNECTIONS_AT_RATE,
    thresholds,
    insecure,
  };
  return watchLoad((options) => startLoad(plan, options), io, watching);
}
