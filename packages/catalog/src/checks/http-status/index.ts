import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { httpExchangeFacts } from "../../collectors/http-exchange/facts.ts";
import { unanswered } from "../../collectors/http-exchange/unanswered.ts";

export const httpStatus = defineCheck({
  id: "http-status",
  title: "The status code is the expected one",
  failureTitle: "The status code is not the expected one",
  why: "The status code is what clients, caches and load balancers act on. A base address that answers 404 or 500 is either broken or not the address that was meant.",
  fix: "For 5xx read the service's log at the time of the request; for 4xx correct the address, or allow the code that is right for this service with the parameters `minimum` and `maximum`.",
  category: "health",
  severity: "high",
  requires: [httpExchangeFacts],
  parameters: Type.Object({
    minimum: Type.Integer({
      default: 200,
      minimum: 100,
      maximum: 599,
      description: "Smallest status code that is good",
    }),
    maximum: Type.Integer({
      default: 399,
      minimum: 100,
      maximum: 599,
      description: "Largest status code that is good",
    }),
  }),
  supports: ["soc2:A1.1"],
  references: ["RFC 9110 §15 (Status Codes)"],
  judge({ "http-exchange": seen }, { minimum, maximum }) {
    if (seen.answer === undefined) return unanswered(seen);
    const statuses = seen.repetitions.flatMap((each) => (each.status === undefined ? [] : [each.status]));
    const wrong = statuses.filter((status) => status < minimum || status > maximum);
    const codes = [...new Set(statuses)].join(", ");
    const summary = `status ${codes}, expected ${minimum === maximum ? minimum : `${minimum} to ${maximum}`}`;
    if (wrong.length === 0) return { outcome: "pass", summary };
    return {
      outcome: "fail",
      summary,
      findings: [
        {
          resource: seen.answer.url,
          message: `${wrong.length} of ${statuses.length} answers had status ${[...new Set(wrong)].join(", ")}`,
        },
      ],
    };
  },
});
