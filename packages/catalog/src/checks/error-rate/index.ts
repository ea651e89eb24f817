import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { loadRunFacts } from "../../collectors/load-run/facts.ts";
import { grouped, percent } from "../../numbers/text.ts";
import { generatorAtFault } from "../../collectors/load-run/generator.ts";

export const errorRate = defineCheck({
  id: "error-rate",
  title: "Requests under load succeed",
  failureTitle: "Too many requests fail under load",
  why: "Errors under a load that the service is meant to carry are errors that users will see on an ordinary busy day.",
  fix: "Look at the kinds of error in the findings: `status` is the service itself, `timeout` and `reset` are usually exhausted threads, connections or memory. Find the resource that runs out, give more of it or shed load earlier, and run the load again.",
  category: "load",
  severity: "critical",
  requires: [loadRunFacts],
  parameters: Type.Object({
    maximum: Type.Number({
      default: 0.001,
      minimum: 0,
      maximum: 1,
      description: "Share of all sent requests that may fail, between 0 and 1; 0.001 is one in a thousand",
    }),
    minimumRequests: Type.Integer({
      default: 100,
      minimum: 1,
      description: "Fewer requests than this are too few to judge by",
    }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.6"],
  references: ["Google, Site Reliability Engineering, ch. 6: the four golden signals"],
  judge({ "load-run": load }, { maximum, minimumRequests }) {
    if (!load.valid) return generatorAtFault(load);
    const sent = load.answered + load.failed;
    if (sent < minimumRequests) {
      return {
        outcome: "unknown",
        summary: `${sent} requests were sent, at least ${minimumRequests} are needed to judge`,
      };
    }
    const share = load.failed / sent;
    const summary = `${percent(share)} of ${grouped(sent)} requests failed, allowed ${percent(maximum)}`;
    if (share <= maximum) return { outcome: "pass", summary };
    return {
      outcome: "fail",
      summary,
      findings: Object.entries(load.errors)
        .filter(([, count]) => count > 0)
        .sort(([, a], [, b]) => b - a)
        .map(([kind, count]) => ({ resource: `error kind "${kind}"`, message: `${grouped(count)} requests` })),
    };
  },
});
