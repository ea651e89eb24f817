import { defineCheck } from "@muster/contract";
import type { Finding } from "@muster/kernel";
import { Type } from "typebox";
import { type HttpExchange, httpExchangeFacts } from "../../collectors/http-exchange/facts.ts";
import { unanswered } from "../../collectors/http-exchange/unanswered.ts";
import { allowsEval, metaPolicies, parsePolicies, scriptWeakness } from "./content-security-policy.ts";

export const securityHeaders = defineCheck({
  id: "security-headers",
  title: "Security headers are set",
  failureTitle: "Security headers are missing or weak",
  why: "These headers tell browsers to refuse what attacks are made of: foreign scripts, framing by other sites, guessed content types, a fall back to http. They cost one line each. Headers that only matter for pages are not asked of other answers.",
  fix: "Set the headers that the findings name, at the service or at the proxy before it. Start a Content-Security-Policy with `default-src 'self'; object-src 'none'; frame-ancestors 'none'` and widen it as needed.",
  category: "security",
  severity: "medium",
  requires: [httpExchangeFacts],
  parameters: Type.Object({
    hstsSeconds: Type.Integer({
      default: 15_552_000,
      minimum: 1,
      description: "Seconds that Strict-Transport-Security must last at least; 15,552,000 are 180 days",
    }),
  }),
  supports: [
    "pci-dss-4.0.1:6.2.4",
    "pci-dss-4.0.1:6.4.3",
    "pci-dss-4.0.1:11.6.1",
    "iso-27001-2022:A.8.26",
    "soc2:CC6.6",
    "soc2:CC6.8",
    "gdpr:25(1)",
    "gdpr:32(1)(b)",
    "owasp-api-2023:API8",
    "owasp-asvs-5.0:3.4.1",
    "owasp-asvs-5.0:3.4.3",
    "owasp-asvs-5.0:3.4.4",
    "owasp-asvs-5.0:3.4.5",
    "owasp-asvs-5.0:3.4.6",
  ],
  references: [
    "Mozilla HTTP Observatory, algorithm 4",
    "Content Security Policy Level 3",
    "RFC 6797 (HTTP Strict Transport Security)",
    "Fetch Standard (X-Content-Type-Options)",
  ],
  cwe: 693,
  judge({ "http-exchange": seen }, { hstsSeconds }) {
    const { answer } = seen;
    if (answer === undefined) return unanswered(seen);
    const page = /^(text\/html|application\/xhtml\+xml)\b/i.test(answer.body.contentType ?? "");
    const rules = [
      ...(isHttpsName(answer.url) ? [strictTransport(answer, hstsSeconds)] : []),
      ...(answer.body.bytes > 0 ? [contentTypeOptions(answer)] : []),
      ...(page ? [contentPolicy(answer), framing(answer), referrerPolicy(answer)] : []),
    ];
    const wrong = rules.filter((rule) => rule.level !== "pass");
    const findings: Finding[] = wrong.map(({ header, message }) => ({ resource: `${answer.url} ${header}`, message }));
    const kind = page ? "a page" : `an answer of type ${answer.body.contentType ?? "unknown"}`;
    if (rules.length === 0) return { outcome: "pass", summary: `no security header applies to ${kind} over http` };
    const names = wrong.length > 0 ? `: ${wrong.map((rule) => rule.header).join(", ")}` : "";
    const summary = `${rules.length - wrong.length} of ${rules.length} rules for ${kind} hold, expected ${rules.length}${names}`;
    if (wrong.some((rule) => rule.level === "fail")) return { outcome: "fail", summary, findings };
    return { outcome: wrong.length > 0 ? "warn" : "pass", summary, findings };
  },
});

type Answer = NonNullable<HttpExchange["answer"]>;

/** What became of one rule. The levels follow Observatory: 20 points or more off is a failure, less a warning. */
interface Ruled {
  readonly header: string;
  readonly level: "pass" | "warn" | "fail";
  readonly message: string;
}

function values(answer: Answer, name: string): readonly string[] {
  return answer.headers.filter((header) => header.name === name).map((header) => header.value.trim());
}

/** Browsers pass over the header from an address without a name (RFC 6797 §8.1.1). */
function isHttpsName(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" && !hostname.startsWith("[") && !/^[\d.]+$/.test(hostname);
}

function strictTransport(answer: Answer, least: number): Ruled {
  const header = "Strict-Transport-Security";
  const [value] = values(answer, "strict-transport-security");
  if (value === undefined) return { header, level: "fail", message: "is not set" };
  const seconds = /(?:^|;)\s*max-age\s*=\s*"?(\d+)"?\s*(?:;|$)/i.exec(value)?.[1];
  if (seconds === undefined) return { header, level: "fail", message: `is "${value}", which has no valid max-age` };
  if (Number(seconds) === 0) return { header, level: "fail", message: "is switched off with max-age=0" };
  const level = Number(seconds) < least ? "warn" : "pass";
  return { header, level, message: `lasts ${seconds} seconds, at least ${least} are expected` };
}

function contentTypeOptions(answer: Answer): Ruled {
  const header = "X-Content-Type-Options";
  const [value] = values(answer, "x-content-type-options");
  if (value === undefined) return { header, level: "fail", message: 'is not set, expected "nosniff"' };
  const level = value.split(",")[0]?.trim().toLowerCase() === "nosniff" ? "pass" : "fail";
  return { header, level, message: `is "${value}", expected "nosniff"` };
}

function contentPolicy(answer: Answer): Ruled {
  const header = "Content-Security-Policy";
  const policies = [
    ...values(answer, "content-security-policy").flatMap(parsePolicies),
    ...metaPolicies(answer.body.text ?? ""),
  ];
  if (policies.length === 0) {
    const only = values(answer, "content-security-policy-report-only").length > 0;
    return { header, level: "fail", message: only ? "only reports and stops nothing" : "is not set" };
  }
  // All policies must agree to a script, so one that is strict is enough.
  const weaknesses = policies.map(scriptWeakness);
  if (weaknesses.every((weakness) => weakness !== undefined)) {
    return { header, level: "fail", message: weaknesses[0] ?? "" };
  }
  if (policies.every(allowsEval)) return { header, level: "warn", message: "allows 'unsafe-eval'" };
  return { header, level: "pass", message: "" };
}

function framing(answer: Answer): Ruled {
  const header = "X-Frame-Options";
  const policies = values(answer, "content-security-policy").flatMap(parsePolicies);
  if (policies.some((policy) => policy.has("frame-ancestors"))) return { header, level: "pass", message: "" };
  const [value] = values(answer, "x-frame-options");
  const message = `${value === undefined ? "is not set" : `is "${value}"`}, expected DENY or SAMEORIGIN, or frame-ancestors in the Content-Security-Policy`;
  return { header, level: /^(deny|sameorigin)$/i.test(value ?? "") ? "pass" : "fail", message };
}

const PRIVATE_POLICIES = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];

function referrerPolicy(answer: Answer): Ruled {
  const header = "Referrer-Policy";
  const value = values(answer, "referrer-policy").join(",").toLowerCase();
  // Without the header, browsers use strict-origin-when-cross-origin, which is good.
  if (value === "") return { header, level: "pass", message: "" };
  // The last policy that a browser knows counts (Referrer Policy §8.1).
  const last = value.split(",").at(-1)?.trim() ?? "";
  const level = PRIVATE_POLICIES.includes(last) ? "pass" : "warn";
  return { header, level, message: `is "${value}", which tells other sites the full address or is not a policy` };
}
