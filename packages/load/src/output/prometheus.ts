import type { LoadReport } from "@muster/contract";
import { type MetricSample, metricFamilies } from "./samples.ts";

/** A report in Prometheus' text format (version 0.0.4), for a push gateway, a file collector or a scrape. */
export function loadReportPrometheus(report: LoadReport): string {
  const lines = metricFamilies(report).flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(sampleText),
  ]);
  return `${lines.join("\n")}\n`;
}

function sampleText({ name, labels, value }: MetricSample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${pairs.join(",")}} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
