import { MusterError, type Problem } from "@muster/kernel";
import type { LoadModel } from "../scenario/scenario.ts";
import type { Stage } from "../schedule/stages.ts";
import type { Threshold } from "../thresholds/threshold.ts";
import { k6DurationMs } from "./duration.ts";
import { k6Thresholds, type MetricKind } from "./thresholds.ts";

/** What a script says of itself, as its initialisation left it. */
export interface K6Description {
  /** What it exports as `options`. */
  readonly options: unknown;
  /** Names of the functions that it exports; `default` among them. */
  readonly functions: readonly string[];
  /** Metrics that it made, and what each is. */
  readonly metrics: Readonly<Record<string, MetricKind>>;
}

/** One scenario of a script. */
export interface K6Scenario {
  readonly name: string;
  /** The exported function that an iteration calls. */
  readonly exec: string;
  readonly model: LoadModel;
  /** Iterations in all, where the script counts them instead of the time. */
  readonly iterations: number | undefined;
  /** Iterations of each virtual user, where the script counts those. */
  readonly iterationsEach: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Virtual users at the same time at most. */
  readonly mostUsers: number;
}

/** What the options of a script come to. */
export interface K6Settings {
  readonly scenarios: readonly K6Scenario[];
  readonly thresholds: readonly Threshold[];
  /** What thresholds need to be counted beside what is counted anyway: `http_reqs`, `iterations`. */
  readonly counted: ReadonlySet<string>;
  /** Tags that k6 sets itself and thresholds ask for: `name`, `group`, `method`. */
  readonly systemTags: ReadonlySet<string>;
  /** Origins that the script names in `ext.muster.allow`, beside those that are found in it. */
  readonly allow: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly redirects: number | undefined;
  readonly discardBodies: boolean;
  readonly insecure: boolean;
  readonly gracefulStopMs: number | undefined;
}

/** Each virtual user of a script has a thread of its own, with some 11 MB. */
const MAX_VUS = 300;
/** What k6 gives scripts that count iterations, in ms. */
const DEFAULT_MAX_MS = 600_000;
const AT_ONCE = "1ms";
const SHORTHANDS = ["vus", "duration", "iterations", "stages"] as const;

/**
 * Reads the options of a script. Whatever is not understood is a problem, and never ignored.
 * @throws {MusterError} `load-plan-invalid` with every problem.
 */
export function k6Settings(description: K6Description, file: string): K6Settings {
  const problems: Problem[] = [];
  const told = (path: string, message: string): void => void problems.push({ path, message });
  const options = recordOf(description.options ?? {}, "options", told);
  const scenarios = k6Scenarios(options, description.functions, told);
  const read = k6Thresholds(options["thresholds"], {
    scenarios: scenarios.map(({ name }) => name),
    metrics: description.metrics,
    told,
  });
  const common = stringsOf(options["tags"], "options.tags", told);
  const settings: K6Settings = {
    scenarios: scenarios.map((scenario) => ({ ...scenario, tags: { ...common, ...scenario.tags } })),
    ...read,
    allow: allowedOrigins(options["ext"], told),
    headers: typeof options["userAgent"] === "string" ? { "user-agent": options["userAgent"] } : {},
    redirects: numberOf(options["maxRedirects"], "options.maxRedirects", told),
    discardBodies: options["discardResponseBodies"] === true,
    insecure: options["insecureSkipTLSVerify"] === true,
    gracefulStopMs: longest(options, told),
  };
  const known = new Set<string>([
    ...SHORTHANDS,
    "scenarios",
    "thresholds",
    "tags",
    "ext",
    "userAgent",
    "maxRedirects",
    "discardResponseBodies",
    "insecureSkipTLSVerify",
  ]);
  for (const name of Object.keys(options)) {
    if (!known.has(name)) told(`options.${name}`, NOT_SUPPORTED[name] ?? "is not supported; remove it");
  }
  if (description.functions.includes("handleSummary")) {
    told("handleSummary", "is not supported: --save, --junit and --csv write the result");
  }
  const users = settings.scenarios.reduce((sum, { mostUsers }) => sum + mostUsers, 0);
  if (users > MAX_VUS) {
    told(
      "options",
      `asks for ${users} virtual users. Each has a thread of its own, so that k6's calls can wait; ${MAX_VUS} are allowed. A plan made with defineLoad has no such limit`,
    );
  }
  if (problems.length > 0) {
    const many = problems.length === 1 ? "something" : `${problems.length} things`;
    throw new MusterError("load-plan-invalid", `${file} is a k6 script with ${many} that cannot be run here`, {
      problems,
    });
  }
  return settings;
}

const NOT_SUPPORTED: Readonly<Record<string, string>> = {
  summaryTrendStats: "is not needed: the report has min, mean, p50, p90, p95, p99, p99.9 and max; remove it",
  summaryTimeUnit: "is not needed: the report says its units; remove it",
  rps: "is not supported; use a constant-arrival-rate scenario",
  cloud: "is about Grafana Cloud; remove it",
};

type Told = (path: string, message: string) => void;
type Fields = Readonly<Record<string, unknown>>;

function k6Scenarios(options: Fields, functions: readonly string[], told: Told): K6Scenario[] {
  const named = options["scenarios"];
  if (named !== undefined) {
    for (const name of SHORTHANDS)
      if (options[name] !== undefined) told(`options.${name}`, "cannot stand beside scenarios");
    const all = Object.entries(recordOf(named, "options.scenarios", told));
    if (all.length === 0) told("options.scenarios", "needs at least one scenario");
    return all.flatMap(([name, written]) => {
      const path = `options.scenarios.${name}`;
      const fields = recordOf(written, path, told);
      const scenario = scenarioOf(name, String(fields["executor"]), fields, path, told);
      if (scenario === undefined) return [];
      if (!functions.includes(scenario.exec)) told(`${path}.exec`, `the script exports no function "${scenario.exec}"`);
      return [scenario];
    });
  }
  if (!functions.includes("default")) told("default", "the script has no default function");
  const { vus, duration, iterations, stages } = options;
  const given = (fields: Fields): Fields =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const [executor, fields]: [string, Fields] =
    stages !== undefined
      ? ["ramping-vus", given({ startVUs: vus, stages, duration, iterations })]
      : iterations !== undefined || duration === undefined
        ? ["shared-iterations", given({ vus, iterations, maxDuration: duration })]
        : ["constant-vus", given({ vus, duration })];
  const scenario = scenarioOf("default", executor, fields, "options", told);
  return scenario === undefined ? [] : [scenario];
}

/** Fields that every executor has. */
const COMMON_FIELDS = ["executor", "exec", "env", "tags", "startTime", "gracefulStop"];
const OWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "constant-vus": ["vus", "duration"],
  "ramping-vus": ["startVUs", "stages"],
  "shared-iterations": ["vus", "iterations", "maxDuration"],
  "per-vu-iterations": ["vus", "iterations", "maxDuration"],
  "constant-arrival-rate": ["rate", "timeUnit", "duration", "preAllocatedVUs", "maxVUs"],
  "ramping-arrival-rate": ["startRate", "timeUnit", "stages", "preAllocatedVUs", "maxVUs"],
};

function scenarioOf(name: string, executor: string, fields: Fields, path: string, told: Told): K6Scenario | undefined {
  const own = OWN_FIELDS[executor];
  if (own === undefined) {
    told(`${path}.executor`, `"${executor}" is not supported; there are ${Object.keys(OWN_FIELDS).join(", ")}`);
    return undefined;
  }
  for (const field of Object.keys(fields)) {
    if (COMMON_FIELDS.includes(field) || own.includes(field)) continue;
    const why = field === "gracefulRampDown" ? ": whoever leaves finishes what is under way" : "";
    told(`${path}.${field}`, `is not supported with ${executor}${why}; remove it`);
  }
  const number = (field: string, otherwise?: number): number => {
    const value = numberOf(fields[field], `${path}.${field}`, told) ?? otherwise;
    if (value === undefined) told(`${path}.${field}`, "is missing");
    return value ?? 1;
  };
  const ms = (field: string, otherwise?: number): number => {
    const value = fields[field] === undefined ? otherwise : k6DurationMs(fields[field]);
    if (value === undefined) told(`${path}.${field}`, 'is no duration such as "30s" or "1m30s"');
    return value ?? 1;
  };
  const startMs = ms("startTime", 0);
  const later: readonly Stage[] = startMs === 0 ? [] : [{ to: 0, over: lasting(startMs) }];
  const stagesFrom = (first: number, per: number): Stage[] => {
    const stages = fields["stages"];
    if (!Array.isArray(stages) || stages.length === 0) {
      told(`${path}.stages`, "needs at least one stage");
      return [{ to: 1, over: AT_ONCE }];
    }
    const begin: Stage[] = first === 0 ? [] : [{ to: first / per, over: AT_ONCE }];
    const read = stages.map((stage: unknown, nth): Stage => {
      const place = `${path}.stages.${nth}`;
      const { target, duration: over } = recordOf(stage, place, told);
      const length = k6DurationMs(over);
      if (length === undefined) told(`${place}.duration`, 'is no duration such as "30s" or "1m30s"');
      return { to: (numberOf(target, `${place}.target`, told) ?? 0) / per, over: lasting(length ?? 1) };
    });
    return [...later, ...begin, ...read];
  };
  const held = (to: number, forMs: number): readonly Stage[] => [
    ...later,
    { to, over: AT_ONCE },
    { to, over: lasting(forMs) },
  ];
  const users = (most: number): number => (fields["maxVUs"] === undefined ? most : number("maxVUs"));
  let model: LoadModel;
  let mostUsers: number;
  let iterations: number | undefined;
  let iterationsEach: number | undefined;
  switch (executor) {
    case "constant-vus":
      mostUsers = number("vus", 1);
      model = { users: held(mostUsers, ms("duration")) };
      break;
    case "ramping-vus": {
      const stages = stagesFrom(number("startVUs", 1), 1);
      mostUsers = Math.max(...stages.map(({ to }) => to));
      model = { users: stages };
      break;
    }
    case "shared-iterations":
      mostUsers = number("vus", 1);
      iterations = number("iterations", 1);
      model = { users: held(mostUsers, ms("maxDuration", DEFAULT_MAX_MS)) };
      break;
    case "per-vu-iterations":
      mostUsers = number("vus", 1);
      iterationsEach = number("iterations", 1);
      model = { users: held(mostUsers, ms("maxDuration", DEFAULT_MAX_MS)) };
      break;
    case "constant-arrival-rate": {
      mostUsers = users(number("preAllocatedVUs"));
      const rate = number("rate") / (ms("timeUnit", 1_000) / 1_000);
      model = {
        ...(startMs === 0
          ? { arrivalsPerSecond: rate, for: lasting(ms("duration")) }
          : { arrivalsPerSecond: held(rate, ms("duration")) }),
        maxUsers: mostUsers,
      };
      break;
    }
    default: {
      mostUsers = users(number("preAllocatedVUs"));
      const per = ms("timeUnit", 1_000) / 1_000;
      model = { arrivalsPerSecond: stagesFrom(number("startRate", 0), per), maxUsers: mostUsers };
    }
  }
  return {
    name,
    exec: typeof fields["exec"] === "string" ? fields["exec"] : "default",
    model,
    iterations,
    iterationsEach,
    mostUsers,
    env: stringsOf(fields["env"], `${path}.env`, told),
    tags: stringsOf(fields["tags"], `${path}.tags`, told),
  };
}

/** A duration of the engine's, which has none of zero. */
function lasting(ms: number): `${number}ms` {
  return `${Math.max(1, Math.round(ms))}ms`;
}

function longest(options: Fields, told: Told): number | undefined {
  const scenarios = options["scenarios"];
  if (typeof scenarios !== "object" || scenarios === null) return undefined;
  const all = Object.entries(scenarios as Fields).flatMap(([name, fields]) => {
    const written = (fields as Fields | null)?.["gracefulStop"];
    if (written === undefined) return [];
    const ms = k6DurationMs(written);
    if (ms === undefined) told(`options.scenarios.${name}.gracefulStop`, 'is no duration such as "30s"');
    return [ms ?? 0];
  });
  return all.length === 0 ? undefined : Math.max(1, ...all);
}

function allowedOrigins(ext: unknown, told: Told): readonly string[] {
  const muster = (ext as { muster?: { allow?: unknown } } | undefined)?.muster;
  const allow = muster?.allow;
  if (allow === undefined) return [];
  if (Array.isArray(allow) && allow.every((each) => typeof each === "string" && /^https?:\/\//.test(each))) {
    return allow as string[];
  }
  told("options.ext.muster.allow", "must be a list of complete http or https addresses");
  return [];
}

function recordOf(value: unknown, path: string, told: Told): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  told(path, "must be an object");
  return {};
}

function stringsOf(value: unknown, path: string, told: Told): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  return Object.fromEntries(Object.entries(recordOf(value, path, told)).map(([name, each]) => [name, String(each)]));
}

function numberOf(value: unknown, path: string, told: Told): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number) && number >= 0) return number;
  told(path, "must be a number from 0");
  return undefined;
}
