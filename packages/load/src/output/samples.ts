import type { LoadReport, RequestFigures } from "@muster/contract";

/** One value of a metric. */
export interface MetricSample {
  /** The whole name, with its suffix if it has one: `muster_load_response_seconds_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Values of one metric, as Prometheus names and types them. */
export interface MetricFamily {
  readonly name: string;
  readonly type: "counter" | "gauge" | "summary";
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

const QUANTILES = [
  ["0.5", "p50"],
  ["0.9", "p90"],
  ["0.95", "p95"],
  ["0.99", "p99"],
  ["0.999", "p999"],
] as const;

/** The metric of response times; its name is used by what adds to it. */
export const RESPONSE_SECONDS = "muster_load_response_seconds";

/** A step with the labels under which it is told. */
export interface LabelledStep {
  readonly labels: { readonly scenario: string; readonly step: string };
  readonly step: RequestFigures;
}

export function labelledSteps(report: LoadReport): LabelledStep[] {
  return report.scenarios.flatMap((scenario) =>
    scenario.steps.map((step) => ({ labels: { scenario: scenario.name, step: step.name }, step })),
  );
}

/** Everything that Prometheus is told about a run, whichever way it is told. */
export function metricFamilies(report: LoadReport): MetricFamily[] {
  const steps = labelledSteps(report);
  return [
    {
      ...counter("muster_load_requests_total", "Requests that came to an end"),
      samples: steps.map(({ labels, step }) => sample("muster_load_requests_total", labels, step.requests)),
    },
    {
      ...counter("muster_load_failures_total", "Requests that failed, by kind"),
      samples: steps.flatMap(({ labels, step }) =>
        Object.entries(step.errors).map(([kind, times]) =>
          sample("muster_load_failures_total", { ...labels, kind }, times),
        ),
      ),
    },
    {
      name: RESPONSE_SECONDS,
      type: "summary",
      help: "Time from the intended start of a request to its last byte",
      samples: steps.flatMap(summary),
    },
    {
      ...counter("muster_load_iterations_total", "Iterations of scenarios, by what became of them"),
      samples: report.scenarios.flatMap(({ name, iterations }) =>
        Object.entries(iterations)
          .filter(([result]) => result !== "started")
          .map(([result, times]) => sample("muster_load_iterations_total", { scenario: name, result }, times)),
      ),
    },
    {
      ...counter("muster_load_checks_total", "Checks of scenarios, by result"),
      samples: report.scenarios.flatMap(({ name, checks }) =>
        checks.flatMap(({ name: check, passed, failed }) => [
          sample("muster_load_checks_total", { scenario: name, check, result: "passed" }, passed),
          sample("muster_load_checks_total", { scenario: name, check, result: "failed" }, failed),
        ]),
      ),
    },
    {
      name: "muster_load_threshold_met",
      type: "gauge",
      help: "Whether a threshold holds: 1 or 0",
      samples: report.thresholds.map(({ text, ok }) =>
        sample("muster_load_threshold_met", { threshold: text }, ok ? 1 : 0),
      ),
    },
  ];
}

function counter(name: string, help: string): Omit<MetricFamily, "samples"> {
  return { name, type: "counter", help };
}

function summary({ labels, step: { response, histogram } }: LabelledStep): MetricSample[] {
  if (response === undefined) return [];
  return [
    ...QUANTILES.map(([share, key]) => sample(RESPONSE_SECONDS, { ...labels, quantile: share }, response[key] / 1_000)),
    sample(`${RESPONSE_SECONDS}_sum`, labels, (response.mean * histogram.count) / 1_000),
    sample(`${RESPONSE_SECONDS}_count`, labels, histogram.count),
  ];
}

function sample(name: string, labels: MetricSample["labels"], value: number): MetricSample {
  return { name, labels, value };
}
