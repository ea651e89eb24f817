import { durationMs, MusterError } from "@muster/kernel";
import { defineCommand } from "../program/command.ts";
import { REPORT_OPTIONS } from "../load/report-output.ts";

const TARGET = {
  value: "URL",
  summary: "A complete http or https address that you may put load on",
  required: true,
} as const;
const THRESHOLDS = {
  kind: "text",
  value: "LIST",
  summary: 'Demands on the result, separated by commas: "p95 < 100ms, errors < 1%"',
} as const;
const REQUEST_OPTIONS = {
  method: {
    kind: "choice",
    choices: ["GET", "POST", "PUT", "DELETE", "HEAD"],
    summary: "Method; GET, or POST with a body",
  },
  body: { kind: "text", value: "JSON", summary: "Body to send with every request" },
  insecure: { kind: "flag", summary: "Accept a certificate that does not verify" },
} as const;

export const loadRun = defineCommand({
  name: "load run",
  summary: "Run a load plan and judge it",
  description:
    "Runs the plan that a TypeScript file exports: scenarios written as async functions, how many users or arrivals they get, and thresholds. Latency counts from the time at which the schedule called for a request, so a service that stalls cannot hide it. It exits 0 when every threshold holds, 1 when one is broken, 3 when the generator itself could not keep up, so that the run proves nothing. Ctrl-C ends it with a report.",
  args: [{ value: "FILE", summary: "A file whose default export is a plan made with defineLoad", required: true }],
  options: {
    workers: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 256,
      summary: "Worker threads; one less than cores unless given",
    },
    ...REPORT_OPTIONS,
  },
  examples: [
    { line: "muster load run checkout.load.ts", says: "users as the plan describes them" },
    { line: "muster load run checkout.load.ts --junit load.xml --save run.json", says: "for CI, and to compare later" },
  ],
  async run({ options, args, io }) {
    const [file = ""] = args;
    const { runPlan } = await import("../load/run-plan.ts");
    return runPlan(file, options.workers, options, io);
  },
});

export const loadBench = defineCommand({
  name: "load bench",
  summary: "Repeat one request, as fast as the service answers or at a rate",
  description:
    "Without --rate, every connection sends its next request when the last is answered: how much can the service do? With --rate, requests begin at that rate whatever the service does: how long do users wait at that load? Only the second says something about latency.",
  args: [TARGET],
  options: {
    connections: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 60_000,
      summary: "Connections; 50 unless given, with --rate 10000 at most",
    },
    duration: { kind: "duration", value: "TIME", summary: "How long; 10s unless given" },
    rate: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 100_000,
      summary: "Requests begun per second, whatever the answers do",
    },
    thresholds: THRESHOLDS,
    ...REQUEST_OPTIONS,
    ...REPORT_OPTIONS,
  },
  examples: [
    { line: "muster load bench http://127.0.0.1:8080/livez", says: "the most that 50 connections get answered" },
    {
      line: 'muster load bench http://127.0.0.1:8080/ --rate 1000 --duration 30s --thresholds "p95 < 100ms, errors < 1%"',
      says: "what users wait at 1,000 requests a second",
    },
  ],
  async run({ options, args, io }) {
    const { runBench } = await import("../load/run-bench.ts");
    return runBench(
      {
        url: readUrl(args[0] ?? ""),
        method: options.method ?? (options.body === undefined ? "GET" : "POST"),
        body: options.body,
        insecure: options.insecure,
        connections: options.connections,
        durationMs: options.duration ?? durationMs("10s"),
        rate: options.rate,
        thresholds: listed(options.thresholds),
      },
      options,
      io,
    );
  },
});

export const loadSelfTest = defineCommand({
  name: "load self-test",
  summary: "Show that the latency figures are right when a service stalls",
  description:
    "Starts a server that stands still for 2 s in the middle of 20 s at 1,000 requests a second, loads it over 50 connections, and compares the reported percentiles with what they must be. It also shows what a generator reports that looks only at its own sends. Takes half a minute.",
  args: [],
  options: { json: REPORT_OPTIONS.json },
  examples: [{ line: "muster load self-test", says: "believe the numbers, or see why not to" }],
  async run({ options, io }) {
    const { selfTest } = await import("../load/self-test.ts");
    return selfTest(options.json, io);
  },
});

/** The commands about load, in the order in which help lists them. */
export const LOAD_COMMANDS = [loadRun, loadBench, loadSelfTest];

function readUrl(text: string): URL {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new MusterError("target-invalid", `"${text}" is not a complete http or https address`);
  }
  return new URL(text);
}

function listed(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(",").map((part) => part.trim());
}
