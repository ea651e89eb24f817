import type { Threshold } from "../thresholds/threshold.ts";
import { k6DurationMs } from "./duration.ts";

/** Kinds of metrics that scripts make. */
export type MetricKind = "trend" | "counter" | "rate" | "gauge";

/** What thresholds may be about. */
interface Subjects {
  readonly scenarios: readonly string[];
  readonly metrics: Readonly<Record<string, MetricKind>>;
  readonly told: (path: string, message: string) => void;
}

/** Thresholds, and what must be counted for them. */
export interface ReadThresholds {
  readonly thresholds: readonly Threshold[];
  readonly counted: ReadonlySet<string>;
  readonly systemTags: ReadonlySet<string>;
}

/** Built-in metrics of k6 that are times, and which time of a request or connection each is here. */
const TIMES: Readonly<Record<string, string>> = {
  http_req_duration: "response",
  http_req_waiting: "firstByte",
  http_req_connecting: "connect",
  http_req_tls_handshaking: "tls",
  iteration_duration: "iteration",
};
/** Tags that k6 sets itself; those that can be had here, and those that cannot. */
const OWN_TAGS = new Set(["name", "group", "method"]);
const LACKING_TAGS = new Set(
  "url status expected_response error error_code check proto subproto tls_version service vu iter ip rpc_type".split(
    " ",
  ),
);
const EXPRESSION = /^\s*([a-z]+|p\(\s*(\d+(?:\.\d+)?)\s*\))\s*(<=|>=|<|>|===?|!=)\s*(\d+(?:\.\d+)?)\s*$/;

/** Reads the `thresholds` of a script's options. */
export function k6Thresholds(written: unknown, subjects: Subjects): ReadThresholds {
  const thresholds: Threshold[] = [];
  const counted = new Set<string>();
  const systemTags = new Set<string>();
  if (written === undefined) return { thresholds, counted, systemTags };
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    subjects.told("options.thresholds", "must be an object");
    return { thresholds, counted, systemTags };
  }
  for (const [subject, demands] of Object.entries(written)) {
    const path = `options.thresholds.${subject}`;
    const parts = /^([A-Za-z_][\w.]*)(?:\{([^{}]*)\})?$/.exec(subject);
    const metric = parts?.[1] ?? "";
    const scope = scopeOf(parts?.[2], path, subjects, systemTags);
    if (parts === null || scope === undefined) {
      if (parts === null) subjects.told(path, "is not the name of a metric");
      continue;
    }
    for (const demand of Array.isArray(demands) ? (demands as unknown[]) : [demands]) {
      const fields = typeof demand === "string" ? { threshold: demand } : (demand as Record<string, unknown> | null);
      const text = fields?.["threshold"];
      if (typeof text !== "string") {
        subjects.told(path, 'needs demands such as "p(95)<500"');
        continue;
      }
      const that = demandOf(metric, text, path, subjects, counted);
      if (that === undefined) continue;
      const delayMs = fields?.["delayAbortEval"] === undefined ? undefined : k6DurationMs(fields["delayAbortEval"]);
      const needsScenario = metric === "iteration_duration" && !("scenario" in scope);
      thresholds.push({
        that,
        ...scope,
        ...(needsScenario ? { scenario: subjects.scenarios[0] ?? "" } : {}),
        // k6 looks at once; a run that has just begun says too little here too, but the script decides.
        ...(fields?.["abortOnFail"] === true ? { abort: true, abortAfterMs: delayMs ?? 0 } : {}),
      });
      if (needsScenario && subjects.scenarios.length > 1) {
        subjects.told(path, "must name one of several scenarios: iteration_duration{scenario:…}");
      }
    }
  }
  return { thresholds, counted, systemTags };
}

type Scope = Pick<Threshold, "scenario" | "tag">;

function scopeOf(
  tags: string | undefined,
  path: string,
  { scenarios, told }: Subjects,
  systemTags: Set<string>,
): Scope | undefined {
  if (tags === undefined) return {};
  const parts = /^\s*([\w.-]+)\s*:(.*)$/.exec(tags);
  const [, key = "", value = ""] = parts ?? [];
  const plain = value.trim().replace(/^(["'])(.*)\1$/, "$2");
  if (parts === null || tags.includes(",")) {
    told(path, "can be about one tag only, as {name:value}");
    return undefined;
  }
  if (key === "scenario") {
    if (!scenarios.includes(plain)) told(path, `there is no scenario "${plain}"`);
    return { scenario: plain };
  }
  if (LACKING_TAGS.has(key)) {
    told(path, `requests have no tag "${key}" here; give them one of your own`);
    return undefined;
  }
  if (OWN_TAGS.has(key)) systemTags.add(key);
  return { tag: `${key}=${plain}` };
}

function demandOf(
  metric: string,
  text: string,
  path: string,
  { metrics, told }: Subjects,
  counted: Set<string>,
): string | undefined {
  const parts = EXPRESSION.exec(text);
  const [, method = "", percentile, written = "", limit = ""] = parts ?? [];
  if (parts === null || written === "!=") {
    told(path, `"${text}" is not understood; write it as "p(95)<500" or "rate<0.01"`);
    return undefined;
  }
  const operator = written.startsWith("==") ? "=" : written;
  const statistic =
    percentile === undefined ? { avg: "mean", med: "p50", min: "min", max: "max" }[method] : `p${percentile}`;
  const lacking = (): undefined => {
    told(path, `has no "${method}" here`);
    return undefined;
  };
  const time = TIMES[metric];
  if (time !== undefined) return statistic === undefined ? lacking() : `${time} ${statistic} ${operator} ${limit}ms`;
  const percent = `${Number((Number(limit) * 100).toPrecision(12))}%`;
  if (metric === "http_req_failed") return method === "rate" ? `errors ${operator} ${percent}` : lacking();
  if (metric === "checks") return method === "rate" ? `checks ${operator} ${percent}` : lacking();
  if (metric === "dropped_iterations") {
    told(path, "is not needed: arrivals that were missed make the run invalid; remove it");
    return undefined;
  }
  if (metric === "http_reqs" && method === "rate") return `rate ${operator} ${limit}/s`;
  if (metric === "http_reqs" || metric === "iterations") {
    if (method !== "count") return lacking();
    counted.add(metric);
    return `${metric} total ${operator} ${limit}`;
  }
  switch (metrics[metric]) {
    case "trend":
      return statistic === undefined ? lacking() : `${metric} ${statistic} ${operator} ${limit}`;
    case "counter":
      return method === "count" ? `${metric} total ${operator} ${limit}` : lacking();
    // Recorded as 0 and 1, so that its share of ones is its mean.
    case "rate":
      return method === "rate" ? `${metric} mean ${operator} ${limit}` : lacking();
    case "gauge":
      if (method === "value") return `${metric} last ${operator} ${limit}`;
      return method === "min" || method === "max" ? `${metric} ${method} ${operator} ${limit}` : lacking();
    default:
      told(path, `there is no metric "${metric}" here`);
      return undefined;
  }
}
