import type { LoadReport, RequestFigures } from "@muster/contract";

const QUANTILES = [
  ["0.5", "p50"],
  ["0.9", "p90"],
  ["0.95", "p95"],
  ["0.99", "p99"],
  ["0.999", "p999"],
] as const;

/** A report in Prometheus' text format (version 0.0.4), for a push gateway, a file collector or a scrape. */
export function loadReportPrometheus(report: LoadReport): string {
  const steps = report.scenarios.flatMap((scenario) =>
    scenario.steps.map((step) => ({ labels: { scenario: scenario.name, step: step.name }, step })),
  );
  const lines = [
    ...family("muster_load_requests_total", "counter", "Requests that came to an end"),
    ...steps.map(({ labels, step }) => sample("muster_load_requests_total", labels, step.requests)),
    ...family("muster_load_failures_total", "counter", "Requests that failed, by kind"),
    ...steps.flatMap(({ labels, step }) =>
      Object.entries(step.errors).map(([kind, times]) =>
        sample("muster_load_failures_total", { ...labels, kind }, times),
      ),
    ),
    ...family("muster_load_response_seconds", "summary", "Time from the intended start of a request to its last byte"),
    ...steps.flatMap(({ labels, step }) => summary("muster_load_response_seconds", labels, step)),
    ...family("muster_load_iterations_total", "counter", "Iterations of scenarios, by what became of them"),
    ...report.scenarios.flatMap(({ name, iterations }) =>
      Object.entries(iterations)
        .filter(([result]) => result !== "started")
        .map(([result, times]) => sample("muster_load_iterations_total", { scenario: name, result }, times)),
    ),
    ...family("muster_load_checks_total", "counter", "Checks of scenarios, by result"),
    ...report.scenarios.flatMap(({ name, checks }) =>
      checks.flatMap(({ name: check, passed, failed }) => [
        sample("muster_load_checks_total", { scenario: name, check, result: "passed" }, passed),
        sample("muster_load_checks_total", { scenario: name, check, result: "failed" }, failed),
      ]),
    ),
    ...family("muster_load_threshold_met", "gauge", "Whether a threshold holds: 1 or 0"),
    ...report.thresholds.map(({ text, ok }) => sample("muster_load_threshold_met", { threshold: text }, ok ? 1 : 0)),
  ];
  return `${lines.join("\n")}\n`;
}

function summary(name: string, labels: Readonly<Record<string, string>>, step: RequestFigures): string[] {
  const { response, histogram } = step;
  if (response === undefined) return [];
  return [
    ...QUANTILES.map(([share, key]) => sample(name, { ...labels, quantile: share }, response[key] / 1_000)),
    sample(`${name}_sum`, labels, (response.mean * histogram.count) / 1_000),
    sample(`${name}_count`, labels, histogram.count),
  ];
}

function family(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${pairs.join(",")}} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
