import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import Schema from "typebox/schema";
import { httpExchangeFacts } from "../../collectors/http-exchange/facts.ts";
import { unanswered } from "../../collectors/http-exchange/unanswered.ts";

/** Findings beyond these say nothing new. */
const MOST_FINDINGS = 20;

export const httpBodySchema = defineCheck({
  id: "http-body-schema",
  title: "The body has the agreed shape",
  failureTitle: "The body does not have the agreed shape",
  why: "Clients rely on the shape of an answer. A status of 200 around an error page, or a member that changed its type, breaks them while every other check stays green.",
  fix: "Correct the answer, or the schema if the change was agreed. Each finding names the place in the body and what the schema allows there.",
  category: "health",
  severity: "medium",
  requires: [httpExchangeFacts],
  parameters: Type.Object({
    schema: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: "JSON Schema that the body must match; the empty schema asks only for JSON",
    }),
  }),
  supports: ["owasp-asvs-5.0:4.1.1"],
  references: ["JSON Schema 2020-12", "RFC 8259 (JSON)"],
  judge({ "http-exchange": seen }, { schema }) {
    if (seen.answer === undefined) return unanswered(seen);
    const { body, url } = seen.answer;
    if (body.binary || body.json === false) {
      const kind = body.binary ? "binary" : (body.contentType ?? "text without a type");
      const summary = `the body is ${kind}, expected JSON`;
      return { outcome: "fail", summary, findings: [{ resource: url, message: "the body is not JSON" }] };
    }
    if (!body.whole || body.text === undefined || seen.failure) {
      return { outcome: "unknown", summary: `only the first ${body.bytes} bytes of the body were kept` };
    }
    const [holds, errors] = Schema.Errors(schema, JSON.parse(body.text));
    if (holds) return { outcome: "pass", summary: `JSON of ${body.bytes} bytes matches the schema` };
    return {
      outcome: "fail",
      summary: `${errors.length} ${errors.length === 1 ? "place does" : "places do"} not match the schema, expected 0`,
      findings: errors.slice(0, MOST_FINDINGS).map((error) => ({
        resource: `${url}#${error.instancePath}`,
        message: error.message,
      })),
    };
  },
});
