import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { tlsHandshakeFacts } from "../../collectors/tls-handshake/facts.ts";
import { unreached } from "../../collectors/tls-handshake/unreached.ts";

const DAY_MS = 86_400_000;
/** Shares of a certificate's life. Automatic renewal is due when a third is left (RFC 8555 clients' custom). */
const WARN_SHARE = 1 / 3;
const FAIL_SHARE = 1 / 6;

export const tlsCertificateExpiry = defineCheck({
  id: "tls-certificate-expiry",
  title: "The certificate stays valid for a while",
  failureTitle: "The certificate is about to expire",
  why: "An expired certificate stops every client at the same second. Renewal that is left to the last days fails on a holiday.",
  fix: "Renew the certificate now, and let an ACME client renew it when a third of its life is left.",
  category: "security",
  severity: "high",
  requires: [tlsHandshakeFacts],
  parameters: Type.Object({
    warnDays: Type.Number({
      default: 30,
      minimum: 0,
      description:
        "Fewer days left than this warn; for certificates that live less than 90 days, a third of their life",
    }),
    failDays: Type.Number({
      default: 14,
      minimum: 0,
      description:
        "Fewer days left than this fail; for certificates that live less than 84 days, a sixth of their life",
    }),
  }),
  supports: [
    "pci-dss-4.0.1:4.2.1",
    "pci-dss-4.0.1:4.2.1.1",
    "iso-27001-2022:A.8.24",
    "soc2:CC6.7",
    "gdpr:32(1)(a)",
    "owasp-asvs-5.0:12.1.4",
  ],
  references: ["RFC 5280 §4.1.2.5 (Validity)", "CA/Browser Forum Baseline Requirements §6.3.2"],
  cwe: 298,
  judge({ "tls-handshake": seen }, { warnDays, failDays }) {
    if (seen.session === undefined) return unreached(seen);
    const now = Date.parse(seen.observedAt);
    const served = seen.session.chain.filter((each, index) => index === 0 || each.subject !== each.issuer);
    const [next] = served.toSorted((a, b) => Date.parse(a.validTo) - Date.parse(b.validTo));
    if (next === undefined) return { outcome: "unknown", summary: "the server sent no certificate" };

    const [from, to] = [Date.parse(next.validFrom), Date.parse(next.validTo)];
    const left = (to - now) / DAY_MS;
    const life = (to - from) / DAY_MS;
    const failBelow = Math.min(failDays, life * FAIL_SHARE);
    const warnBelow = Math.min(warnDays, life * WARN_SHARE);
    const bounds = `warns below ${days(warnBelow)}, fails below ${days(failBelow)}`;
    const findings = [
      { resource: next.subject || `${seen.host}:${seen.port}`, message: `valid until ${next.validTo}` },
    ];
    if (from > now) {
      return { outcome: "fail", summary: `not valid before ${next.validFrom}, seen at ${seen.observedAt}`, findings };
    }
    if (left <= 0) return { outcome: "fail", summary: `expired ${days(-left)} ago, ${bounds}`, findings };
    const summary = `${days(left)} left, ${bounds}`;
    if (left < failBelow) return { outcome: "fail", summary, findings };
    if (left < warnBelow) return { outcome: "warn", summary, findings };
    return { outcome: "pass", summary };
  },
});

/** Whole days, rounded down, so that nobody believes to have one more. */
function days(value: number): string {
  const whole = Math.floor(value);
  return `${whole} ${whole === 1 ? "day" : "days"}`;
}
