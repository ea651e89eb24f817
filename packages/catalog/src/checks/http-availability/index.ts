import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { httpExchangeFacts } from "../../collectors/http-exchange/facts.ts";
import { failureText } from "../../wire/failure.ts";

export const httpAvailability = defineCheck({
  id: "http-availability",
  title: "The service answers",
  failureTitle: "The service does not answer",
  why: "A service that cannot be reached, or breaks off its answers, is down for its users, whatever else is in order.",
  fix: "Check that the process runs, listens on the address and port that are named, and that name server, firewall and load balancer lead there. A failure that comes and goes points at a crashing process or an overloaded one.",
  category: "health",
  severity: "critical",
  requires: [httpExchangeFacts],
  parameters: Type.Object({
    allowedFailures: Type.Integer({
      default: 0,
      minimum: 0,
      description: "How many of the requests may fail before the check does",
    }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.16"],
  references: ["RFC 9110 (HTTP Semantics)"],
  judge({ "http-exchange": seen }, { allowedFailures }) {
    const failed = seen.repetitions.filter((each) => each.failure !== undefined);
    const findings = failed.map((each) => ({
      resource: seen.answer?.url ?? seen.url,
      message: each.failure ? failureText(each.failure) : "",
    }));
    const answered = `${seen.repetitions.length - failed.length} of ${seen.repetitions.length} requests answered`;
    if (seen.answer === undefined || failed.length > allowedFailures) {
      const first = failed[0]?.failure;
      const why = first ? `; ${failureText(first)}` : "";
      return { outcome: "fail", summary: `${answered}, allowed to fail ${allowedFailures}${why}`, findings };
    }
    const lastHop = seen.hops.at(-1);
    if (seen.stopped === "loop" || seen.stopped === "too-many" || seen.stopped === "invalid") {
      return {
        outcome: "fail",
        summary: `${REDIRECTS[seen.stopped]} after ${seen.hops.length} ${seen.hops.length === 1 ? "redirect" : "redirects"}, so no answer is ever given`,
        findings: seen.hops.map((hop) => ({
          resource: hop.url,
          message: `${hop.status} to ${hop.location || "nowhere"}`,
        })),
      };
    }
    if (seen.stopped === "elsewhere") {
      return {
        outcome: "warn",
        summary: `${answered} with a redirect to ${lastHop?.location}, which is another place and was not followed; check that address instead`,
        findings,
      };
    }
    if (seen.answer.tls?.authorized === false) {
      return {
        outcome: "warn",
        summary: `${answered}, but a client that checks certificates refuses the connection (${seen.answer.tls.error ?? "not trusted"})`,
        findings,
      };
    }
    return { outcome: "pass", summary: `${answered}, allowed to fail ${allowedFailures}`, findings };
  },
});

const REDIRECTS = {
  loop: "the redirects go in a circle",
  "too-many": "the redirects do not end",
  invalid: "the redirect leads nowhere",
} as const;
