import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { prometheusMetricsFacts } from "../../collectors/prometheus-metrics/facts.ts";
import { milliseconds } from "../../numbers/text.ts";
import { failureText } from "../../wire/failure.ts";

export const eventLoopLag = defineCheck({
  id: "event-loop-lag",
  title: "The event loop is free",
  failureTitle: "The event loop is blocked",
  why: "Node.js runs all requests on one thread. While one of them computes, all others wait, and so do health probes: an instance whose loop is blocked is restarted although it only had too much to do.",
  fix: "Take a CPU profile of the service under load, move the work that blocks to a worker thread or another service, or run more instances.",
  category: "load",
  severity: "medium",
  requires: [prometheusMetricsFacts],
  parameters: Type.Object({
    maximumMs: Type.Number({
      default: 100,
      exclusiveMinimum: 0,
      description: "Milliseconds that the 99th percentile of the lag may reach",
    }),
    metric: Type.String({
      default: "nodejs_eventloop_lag_p99_seconds",
      minLength: 1,
      description: "Name of the metric, in seconds; the default is that of prom-client",
    }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.6"],
  references: ["Node.js: perf_hooks.monitorEventLoopDelay", "Node.js: Don't Block the Event Loop"],
  judge({ "prometheus-metrics": seen }, { maximumMs, metric }) {
    if (seen.failure) return { outcome: "unknown", summary: `no metrics: ${failureText(seen.failure)}` };
    const lags = seen.samples.flatMap(({ name, value, labels }) =>
      name === metric && typeof value === "number" ? [{ labels, ms: value * 1_000 }] : [],
    );
    const [worst] = lags.toSorted((a, b) => b.ms - a.ms);
    if (worst === undefined) {
      return {
        outcome: "unknown",
        summary: `${seen.url} has no number for ${metric} among ${seen.samples.length} samples`,
      };
    }
    const summary = `p99 lag ${milliseconds(worst.ms)} within ${milliseconds(seen.windowMs)}, allowed ${milliseconds(maximumMs)}`;
    if (worst.ms <= maximumMs) return { outcome: "pass", summary };
    const labels = Object.entries(worst.labels).map(([name, value]) => `${name}="${value}"`);
    const resource = labels.length > 0 ? `${metric}{${labels.join(",")}}` : metric;
    return { outcome: "fail", summary, findings: [{ resource, message: `${milliseconds(worst.ms)} at ${seen.url}` }] };
  },
});
