import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { loadRunFacts } from "../../collectors/load-run/facts.ts";
import { grouped, milliseconds } from "../../numbers/text.ts";
import { generatorAtFault } from "../../collectors/load-run/generator.ts";

export const latencyP95 = defineCheck({
  id: "latency-p95",
  title: "Answers under load are quick",
  failureTitle: "Answers under load are slow",
  why: "One request in twenty is slower than the 95th percentile, so a user with a few requests per page meets it every time. It is counted from the moment when a request was due, so a service that stalls cannot hide the requests that waited.",
  fix: "Compare the two distributions in the facts: where `response` is far above `service`, requests queue, so add capacity or raise concurrency limits; where `service` itself is high, profile the request under load.",
  category: "load",
  severity: "high",
  requires: [loadRunFacts],
  parameters: Type.Object({
    maximumMs: Type.Number({
      default: 250,
      exclusiveMinimum: 0,
      description: "Milliseconds that the 95th percentile of the response time may reach",
    }),
    minimumRequests: Type.Integer({
      default: 100,
      minimum: 20,
      description: "Fewer answers than this are too few for a 95th percentile",
    }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.6"],
  references: [
    "Google, Site Reliability Engineering, ch. 6: the four golden signals",
    "Tene, How NOT to Measure Latency (2013): coordinated omission",
  ],
  judge({ "load-run": load }, { maximumMs, minimumRequests }) {
    if (!load.valid) return generatorAtFault(load);
    if (load.response === undefined || load.answered < minimumRequests) {
      return {
        outcome: "unknown",
        summary: `${load.answered} requests were answered, at least ${minimumRequests} are needed to judge`,
      };
    }
    const { p50, p95, p99 } = load.response;
    const rate = Number(load.achievedPerSecond.toFixed(0));
    const summary = `p95 ${milliseconds(p95)} at ${grouped(rate)} requests/s, allowed ${milliseconds(maximumMs)}`;
    if (p95 <= maximumMs) return { outcome: "pass", summary };
    const message = `p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)} of ${grouped(load.answered)} answers`;
    return { outcome: "fail", summary, findings: [{ resource: "response time under load", message }] };
  },
});
