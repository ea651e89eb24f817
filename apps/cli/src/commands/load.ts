import { durationMs, MusterError } from "@muster/kernel";
import type { RequestDescription } from "@muster/load";
import { defineCommand } from "../program/command.ts";
import { RECORD_OPTIONS } from "../load/record-options.ts";
import { HTML_OPTION, REPORT_OPTIONS } from "../load/report-options.ts";

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
    "Runs the plan that a TypeScript file exports: scenarios written as async functions, how many users or arrivals they get, and thresholds. Latency counts from the time at which the schedule called for a request, so a service that stalls cannot hide it. It exits 0 when every threshold holds, 1 when one is broken, 3 when the generator itself could not keep up, so that the run proves nothing. Ctrl-C ends it with a report. A script that was written for k6 runs as it is; what of k6 is not there is said before anything is loaded.",
  args: [
    {
      value: "FILE",
      summary: "A file whose default export is a plan made with defineLoad, or a script for k6",
      required: true,
    },
  ],
  options: {
    workers: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 256,
      summary: "Worker threads; one less than cores unless given",
    },
    agents: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 1_000,
      summary: "Run on so many agents that join with muster load agent, instead of on this machine",
    },
    listen: {
      kind: "text",
      value: "HOST:PORT",
      summary: "With --agents: where they reach this machine; loopback unless given",
    },
    control: {
      kind: "number",
      value: "PORT",
      minimum: 0,
      maximum: 65_535,
      summary: "Let programs on this machine watch and steer the run at this port; 0 takes a free one",
    },
    ...REPORT_OPTIONS,
    ...RECORD_OPTIONS,
  },
  examples: [
    { line: "muster load run checkout.load.ts", says: "users as the plan describes them" },
    { line: "muster load run checkout.load.ts --junit load.xml --save run.json", says: "for CI, and to compare later" },
    { line: "muster load run checkout.load.ts --record", says: "with its charts in the console while it goes on" },
    { line: "muster load run checkout.load.ts --agents 2 --listen 0.0.0.0:6570", says: "with two other machines" },
  ],
  async run({ options, args, io }) {
    const [file = ""] = args;
    const { agents, listen, workers, control } = options;
    if (agents !== undefined) {
      if (workers !== undefined) throw new MusterError("usage", "--agents and --workers cannot be used together");
      const { runOnAgents } = await import("../load/run-agents.ts");
      return runOnAgents(file, { agents, listen, control }, options, io);
    }
    if (listen !== undefined) throw new MusterError("usage", "--listen is for --agents");
    const { runPlan } = await import("../load/run-plan.ts");
    return runPlan(file, { workers, control }, options, io);
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
    ...RECORD_OPTIONS,
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
        request: requestOf(args[0], options),
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

export const loadCapacity = defineCommand({
  name: "load capacity",
  summary: "Find the highest rate at which an objective holds",
  description:
    "Puts short loads of rising rates on one address until the objective breaks, narrows the gap, and tries both ends again before it believes them. The answer is the rate at which it still holds and the rate at which it breaks. Takes about a minute.",
  args: [TARGET],
  options: {
    objective: { kind: "text", value: "LIST", summary: 'What must hold; "p95 < 100ms, errors < 1%" unless given' },
    start: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 100_000,
      summary: "Requests per second to begin with; 100 unless given",
    },
    max: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 100_000,
      summary: "Requests per second to stop at; 100000 unless given",
    },
    step: { kind: "duration", value: "TIME", summary: "How long each rate is held; 2s unless given" },
    ...REQUEST_OPTIONS,
    html: HTML_OPTION,
    ...RECORD_OPTIONS,
    json: REPORT_OPTIONS.json,
  },
  examples: [{ line: "muster load capacity http://127.0.0.1:8080/", says: "how much it can take" }],
  async run({ options, args, io }) {
    const { runCapacity } = await import("../load/run-capacity.ts");
    const { start, max, step, insecure } = options;
    return runCapacity(
      {
        request: requestOf(args[0], options),
        objective: listed(options.objective ?? "p95 < 100ms, errors < 1%"),
        insecure,
        search: {
          ...(start === undefined ? {} : { startPerSecond: start }),
          ...(max === undefined ? {} : { maxPerSecond: max }),
        },
        ...(step === undefined ? {} : { stepMs: step }),
      },
      options,
      io,
    );
  },
});

export const loadAb = defineCommand({
  name: "load ab",
  summary: "Load two targets in turns and say whether they differ",
  description:
    "Loads two addresses alternately in one run, so that whatever else happens on the machines happens to both, and judges the turns with the Mann-Whitney test and the errors with Fisher's. It makes as many turns as it takes to find the change that you ask for, and says so when it could not. It exits 1 when b is worse.",
  args: [
    { value: "A", summary: "Address of the one that is known", required: true },
    { value: "B", summary: "Address of the one that is judged", required: true },
  ],
  options: {
    rate: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 100_000,
      summary: "Requests begun per second; 200 unless given",
    },
    turn: { kind: "duration", value: "TIME", summary: "Length of one turn; 1s unless given" },
    effect: {
      kind: "number",
      value: "PERCENT",
      minimum: 1,
      maximum: 1_000,
      summary: "Change of the median that must be found; 10 unless given",
    },
    turns: {
      kind: "number",
      value: "N",
      minimum: 4,
      maximum: 10_000,
      summary: "Turns of each side at most; 60 unless given",
    },
    ...REQUEST_OPTIONS,
    html: HTML_OPTION,
    json: REPORT_OPTIONS.json,
  },
  examples: [{ line: "muster load ab http://127.0.0.1:8080/ http://127.0.0.1:8081/", says: "is the new one slower?" }],
  async run({ options, args, io }) {
    const { runTargets } = await import("../load/run-comparison.ts");
    const { DEFAULT_COMPARISON } = await import("@muster/load");
    const { rate, turn, effect, turns, insecure } = options;
    const maxTurns = turns ?? DEFAULT_COMPARISON.maxTurns;
    return runTargets(
      {
        ...DEFAULT_COMPARISON,
        a: requestOf(args[0], options),
        b: requestOf(args[1], options),
        ratePerSecond: rate ?? DEFAULT_COMPARISON.ratePerSecond,
        turnMs: turn ?? DEFAULT_COMPARISON.turnMs,
        effect: effect === undefined ? DEFAULT_COMPARISON.effect : effect / 100,
        maxTurns,
        minTurns: Math.min(DEFAULT_COMPARISON.minTurns, maxTurns),
        insecure,
      },
      options,
      io,
    );
  },
});

export const loadCompare = defineCommand({
  name: "load compare",
  summary: "Compare two saved load reports",
  description:
    "Judges whether two runs of the same plan differ in their response times and errors, second by second. Two runs also differ in everything that changed on the machines in between; muster load ab does not have that weakness. It exits 1 when the second is worse.",
  args: [
    { value: "A", summary: "A report that --save wrote", required: true },
    { value: "B", summary: "The report that is judged", required: true },
  ],
  options: { html: HTML_OPTION, json: REPORT_OPTIONS.json },
  examples: [{ line: "muster load compare before.json after.json", says: "did the change make it slower?" }],
  async run({ options, args, io }) {
    const { runReports } = await import("../load/run-comparison.ts");
    return runReports(args, options, io);
  },
});

export const loadReport = defineCommand({
  name: "load report",
  summary: "Show a saved load report again, or in another form",
  description:
    "Reads a report that --save wrote and gives it as text, as a page with charts, or in any of the other forms. It judges nothing anew, and exits as the run did.",
  args: [{ value: "FILE", summary: "A report that --save wrote", required: true }],
  options: (({ save: _save, "remote-write": _remote, ...rest }) => rest)(REPORT_OPTIONS),
  examples: [{ line: "muster load report run.json --html run.html", says: "a page to look at and to send" }],
  async run({ options, args, io }) {
    const { runSaved } = await import("../load/run-comparison.ts");
    return runSaved(args[0] ?? "", { ...options, save: undefined, "remote-write": undefined }, io);
  },
});

export const loadImport = defineCommand({
  name: "load import",
  summary: "Write a load plan from a recording",
  description:
    "Writes readable scenario code from an HTTP archive that a browser saved, from curl commands that it copied, or from an OpenAPI description, which becomes a scenario for each tag with a step for each operation. Credentials are not written down; the code reads them from the environment. Requests to other origins are left out, because a plan loads one service.",
  args: [
    { value: "KIND", summary: "What the file is", required: true, choices: ["har", "curl", "openapi"] },
    { value: "FILE", summary: "The recording or description; of a description also its address", required: true },
  ],
  options: {
    out: { kind: "text", value: "FILE", hint: "file", summary: "Write the plan here; otherwise it is printed" },
    target: {
      kind: "text",
      value: "URL",
      summary: "With openapi: the address to load, in place of the one that the description names",
    },
  },
  examples: [
    { line: "muster load import har shop.har --out shop.load.ts", says: "a plan to read and to change" },
    {
      line: "muster load import openapi http://127.0.0.1:8080/openapi.json --out api.load.ts",
      says: "every operation of an API",
    },
  ],
  async run({ options, args, io }) {
    const [kind = "", file = ""] = args;
    if (kind === "openapi") {
      const { importApi } = await import("../load/run-import.ts");
      return importApi(file, options.target === undefined ? undefined : readUrl(options.target), options.out, io);
    }
    if (options.target !== undefined) throw new MusterError("usage", "--target is for openapi");
    const { runImport } = await import("../load/run-import.ts");
    return runImport(kind === "har" ? "har" : "curl", file, options.out, io);
  },
});

export const loadReplay = defineCommand({
  name: "load replay",
  summary: "Send the requests of an access log again, at their own pace",
  description:
    "Reads an access log in the common or combined format and sends its GET, HEAD and OPTIONS requests to an address at the times of the log, times a factor. Requests with a body are left out, because logs do not have it.",
  args: [{ value: "LOG", summary: "The access log", required: true }, TARGET],
  options: {
    speed: {
      kind: "number",
      value: "PERCENT",
      minimum: 1,
      maximum: 100_000,
      summary: "Pace in per cent of the log's own; 100 unless given",
    },
    ...REPORT_OPTIONS,
  },
  examples: [
    { line: "muster load replay access.log http://127.0.0.1:8080/ --speed 200", says: "yesterday, twice as fast" },
  ],
  async run({ options, args, io }) {
    const { runReplay } = await import("../load/run-import.ts");
    return runReplay(args[0] ?? "", readUrl(args[1] ?? ""), (options.speed ?? 100) / 100, options, io);
  },
});

export const loadAgent = defineCommand({
  name: "load agent",
  summary: "Join a load run as one of its generators",
  description:
    "Puts a part of the load of a plan from this machine, and hands the figures to the coordinator, who merges them without loss. Both need the same MUSTER_LOAD_TOKEN in the environment and the same plan: no code comes over the network, and neither side sends the token. The connection is not encrypted with ws://; use wss:// through a proxy, or a network of your own.",
  args: [{ value: "FILE", summary: "This machine's copy of the plan", required: true }],
  options: {
    join: { kind: "text", value: "ADDRESS", summary: "Where the coordinator waits, such as ws://10.0.0.5:6570" },
    wait: {
      kind: "duration",
      value: "TIME",
      summary: "How long to try while the coordinator is not there; 60s unless given",
    },
  },
  examples: [
    { line: "muster load agent checkout.load.ts --join ws://10.0.0.5:6570", says: "on each of the other machines" },
  ],
  async run({ options, args, io }) {
    if (options.join === undefined) throw new MusterError("usage", "muster load agent needs --join ADDRESS");
    const { joinRun } = await import("../load/run-agents.ts");
    return joinRun(args[0] ?? "", options.join, options.wait, io);
  },
});

export const loadManifest = defineCommand({
  name: "load manifest",
  summary: "Print a load run as Kubernetes objects",
  description:
    "Prints a plan, a coordinator and an Indexed Job of agents as one list for kubectl. The token of the agents comes from a Secret of the same name, which you make. Nothing is sent to any cluster.",
  args: [{ value: "FILE", summary: "The plan", required: true }],
  options: {
    image: { kind: "text", value: "IMAGE", summary: "Image with Muster in /app" },
    agents: { kind: "number", value: "N", minimum: 1, maximum: 1_000, summary: "Agents; 2 unless given" },
    name: { kind: "text", value: "NAME", summary: "Name of everything; muster-load unless given" },
    namespace: { kind: "text", value: "NAME", summary: "Namespace; default unless given" },
  },
  examples: [
    {
      line: "muster load manifest checkout.load.ts --image registry.example/muster:1 | kubectl apply --dry-run=server -f -",
      says: "see whether the cluster takes it",
    },
  ],
  async run({ options, args, io }) {
    const { image, agents = 2, name = "muster-load", namespace = "default" } = options;
    if (image === undefined) throw new MusterError("usage", "muster load manifest needs --image IMAGE");
    const { printManifest } = await import("../load/run-agents.ts");
    return printManifest(args[0] ?? "", { image, agents, name, namespace }, io);
  },
});

export const loadControl = defineCommand({
  name: "load control",
  summary: "Steer a run that goes on: pause, resume, scale, stop",
  description:
    "Steers a run that was started with --control, from the same machine. A pause holds what has not begun; what is under way goes on. Scaling multiplies the users and arrivals that the plan calls for from now on.",
  args: [
    { value: "COMMAND", summary: "What to do", required: true, choices: ["pause", "resume", "scale", "stop"] },
    { value: "ADDRESS", summary: "Where the run said that its control is", required: true },
  ],
  options: {
    percent: {
      kind: "number",
      value: "N",
      minimum: 1,
      maximum: 100_000,
      summary: "For scale: per cent of what the plan calls for",
    },
  },
  examples: [
    { line: "muster load control scale http://127.0.0.1:6565 --percent 200", says: "twice the load from now on" },
  ],
  async run({ options, args, io }) {
    const { sendCommand } = await import("../load/send-command.ts");
    return sendCommand(readUrl(args[1] ?? ""), args[0] ?? "", options.percent, io);
  },
});

/** The commands about load, in the order in which help lists them. */
export const LOAD_COMMANDS = [
  loadRun,
  loadControl,
  loadBench,
  loadCapacity,
  loadAb,
  loadCompare,
  loadReport,
  loadImport,
  loadReplay,
  loadAgent,
  loadManifest,
  loadSelfTest,
];

interface RequestChoices {
  readonly method: string | undefined;
  readonly body: string | undefined;
}

function requestOf(address: string | undefined, { method, body }: RequestChoices): RequestDescription {
  return {
    method: method ?? (body === undefined ? "GET" : "POST"),
    url: readUrl(address ?? ""),
    ...(body === undefined ? {} : { body }),
  };
}

function readUrl(text: string): URL {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new MusterError("target-invalid", `"${text}" is not a complete http or https address`);
  }
  return new URL(text);
}

function listed(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(",").map((part) => part.trim());
}
