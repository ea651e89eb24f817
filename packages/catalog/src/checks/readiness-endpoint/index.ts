import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { readinessEndpointFacts } from "../../collectors/readiness-endpoint/facts.ts";
import { milliseconds } from "../../numbers/text.ts";
import { failureText } from "../../wire/failure.ts";

export const readinessEndpoint = defineCheck({
  id: "readiness-endpoint",
  title: "The readiness endpoint says ready",
  failureTitle: "The readiness endpoint does not say ready",
  why: "Load balancers and orchestrators send traffic by what this endpoint says. Without one that is right and quick, traffic reaches instances that cannot serve it, and deployments cannot tell a good version from a bad one.",
  fix: "Answer 200 on the readiness path once the service can do its work, 503 while it cannot, and do nothing slow in it. Name the path with `readiness` in the environment if it is another one.",
  category: "health",
  severity: "critical",
  requires: [readinessEndpointFacts],
  parameters: Type.Object({
    maximumMs: Type.Number({
      default: 1_000,
      exclusiveMinimum: 0,
      description:
        "Milliseconds within which it must answer; probes of Kubernetes wait one second unless told otherwise",
    }),
  }),
  supports: ["soc2:A1.1"],
  references: ["Kubernetes: Configure Liveness, Readiness and Startup Probes"],
  judge({ "readiness-endpoint": seen }, { maximumMs }) {
    const expected = `expected 200 to 299 within ${milliseconds(maximumMs)}`;
    if (seen.status === undefined || seen.failure) {
      const reason = seen.failure ? failureText(seen.failure) : "no answer";
      return {
        outcome: "fail",
        summary: `${reason}; ${expected}`,
        findings: [{ resource: seen.url, message: reason }],
      };
    }
    const summary = `status ${seen.status} after ${milliseconds(seen.totalMs)}, ${expected}`;
    if (seen.status < 200 || seen.status > 299) {
      return { outcome: "fail", summary, findings: [{ resource: seen.url, message: `answers ${seen.status}` }] };
    }
    if (seen.totalMs > maximumMs) {
      return {
        outcome: "fail",
        summary,
        findings: [{ resource: seen.url, message: "answers too slowly for a probe" }],
      };
    }
    return { outcome: "pass", summary };
  },
});
