import { defineCheck } from "@muster/contract";
import type { Finding } from "@muster/kernel";
import { Type } from "typebox";
import { type HttpExchange, httpExchangeFacts } from "../../collectors/http-exchange/facts.ts";
import { unanswered } from "../../collectors/http-exchange/unanswered.ts";

export const cookieFlags = defineCheck({
  id: "cookie-flags",
  title: "Cookies are protected",
  failureTitle: "Cookies are not protected",
  why: "A cookie without Secure travels unencrypted, one without HttpOnly can be read by any script that gets into the page, one without SameSite is sent along with requests that other sites make. A stolen session cookie is a stolen account.",
  fix: "Set `Secure; HttpOnly; SameSite=Lax` (or Strict) on the cookies that the findings name, and give session cookies the prefix `__Host-`.",
  category: "security",
  severity: "high",
  requires: [httpExchangeFacts],
  parameters: Type.Object({
    sessionPattern: Type.String({
      default: "sess|sid$|auth|token|jwt|login|remember",
      description: "Regular expression, without regard to case, for names of cookies that carry a session",
    }),
  }),
  supports: [
    "pci-dss-4.0.1:6.2.4",
    "iso-27001-2022:A.8.5",
    "iso-27001-2022:A.8.26",
    "soc2:CC6.1",
    "gdpr:32(1)(b)",
    "owasp-api-2023:API8",
    "owasp-asvs-5.0:3.3.1",
    "owasp-asvs-5.0:3.3.2",
    "owasp-asvs-5.0:3.3.3",
    "owasp-asvs-5.0:3.3.4",
  ],
  references: ["RFC 6265bis (Cookies)", "Mozilla HTTP Observatory, algorithm 4"],
  cwe: 614,
  judge({ "http-exchange": seen }, { sessionPattern }) {
    if (seen.answer === undefined) return unanswered(seen);
    const session = new RegExp(sessionPattern, "i");
    const judged = seen.cookies.map((cookie) => ({ cookie, ...faults(cookie, session.test(cookie.name)) }));
    const findings: Finding[] = judged.flatMap(({ cookie, serious, slight }) =>
      [...serious, ...slight].map((message) => ({ resource: `cookie "${cookie.name}" of ${cookie.url}`, message })),
    );
    if (judged.length === 0) return { outcome: "pass", summary: "no cookie is set" };
    const good = judged.filter(({ serious, slight }) => serious.length + slight.length === 0).length;
    const summary = `${good} of ${judged.length} cookies protected, expected ${judged.length}`;
    if (judged.some(({ serious }) => serious.length > 0)) return { outcome: "fail", summary, findings };
    return { outcome: findings.length > 0 ? "warn" : "pass", summary, findings };
  },
});

function faults(
  cookie: HttpExchange["cookies"][number],
  session: boolean,
): { readonly serious: readonly string[]; readonly slight: readonly string[] } {
  const { name, secure, httpOnly, sameSite, path, domain } = cookie;
  const antiForgery = /csrf|xsrf/i.test(name);
  const serious: string[] = [];
  if (!secure) serious.push("has no Secure");
  // A page must be able to read the token that it sends along against forgery.
  if (session && !antiForgery && !httpOnly) serious.push("carries a session and has no HttpOnly");
  if (antiForgery && sameSite === undefined) serious.push("guards against forged requests and has no SameSite");
  if (sameSite !== undefined && !["strict", "lax", "none"].includes(sameSite)) {
    serious.push(`has SameSite="${sameSite}", which browsers do not know`);
  }
  if (sameSite === "none" && !secure) serious.push("has SameSite=None without Secure, so browsers drop it");
  if (/^__host-/i.test(name) && (path !== "/" || domain !== undefined)) {
    serious.push("has the prefix __Host- without Path=/, or with Domain, so browsers drop it");
  }
  return { serious, slight: sameSite === undefined && !antiForgery ? ["has no SameSite"] : [] };
}
