import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { httpExchangeFacts } from "../../collectors/http-exchange/facts.ts";
import { unanswered } from "../../collectors/http-exchange/unanswered.ts";
import { nearestRank } from "../../numbers/nearest-rank.ts";
import { milliseconds } from "../../numbers/text.ts";

export const httpLatency = defineCheck({
  id: "http-latency",
  title: "A visitor's first answer is quick",
  failureTitle: "A visitor's first answer is slow",
  why: "Users notice a delay of a few hundred milliseconds, and one slow dependency multiplies in a chain of services. This is measured without load, each time on a new connection, so it includes name look-up and TLS: under load it only gets worse.",
  fix: "Look at the timings in the facts: a slow connect or TLS handshake is the network or the proxy, a slow header is the service. Profile the service for this address, cache what does not change, or allow more with `maximumMs` if the answer is worth the wait.",
  category: "health",
  severity: "medium",
  requires: [httpExchangeFacts],
  parameters: Type.Object({
    maximumMs: Type.Number({
      default: 500,
      exclusiveMinimum: 0,
      description: "Milliseconds that the 95th percentile of all requests may take, from name look-up to last byte",
    }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.6"],
  references: ["Nielsen, Usability Engineering (1993), ch. 5: 0.1 s, 1 s and 10 s"],
  judge({ "http-exchange": seen }, { maximumMs }) {
    const times = seen.repetitions.filter((each) => each.failure === undefined).map((each) => each.totalMs);
    const p95 = nearestRank(times, 0.95);
    if (seen.answer === undefined || p95 === undefined) return unanswered(seen);
    const summary = `p95 ${milliseconds(p95)} of ${times.length} requests, allowed ${milliseconds(maximumMs)}`;
    if (p95 <= maximumMs) return { outcome: "pass", summary };
    const { dnsMs, connectMs, tlsMs, headersMs, totalMs } = seen.answer.timings;
    const parts = [
      ["name", dnsMs],
      ["connect", connectMs],
      ["TLS", tlsMs],
      ["headers after", headersMs],
      ["all after", totalMs],
    ].flatMap(([name, value]) => (typeof value === "number" ? [`${name} ${milliseconds(value)}`] : []));
    return {
      outcome: "fail",
      summary,
      findings: [{ resource: seen.answer.url, message: `first request: ${parts.join(", ")}` }],
    };
  },
});
