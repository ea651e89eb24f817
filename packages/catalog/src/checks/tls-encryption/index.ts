import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { httpExchangeFacts } from "../../collectors/http-exchange/facts.ts";
import { unanswered } from "../../collectors/http-exchange/unanswered.ts";

export const tlsEncryption = defineCheck({
  id: "tls-encryption",
  title: "The service is reached over TLS",
  failureTitle: "The service is reached without encryption",
  why: "Without TLS everybody on the way can read and change what users send and see, passwords and sessions included. This holds inside a company network as well.",
  fix: "Serve https, at the service or at the proxy before it, and answer http with a redirect to https on the same host.",
  category: "security",
  severity: "critical",
  requires: [httpExchangeFacts],
  parameters: Type.Object({}),
  supports: [
    "pci-dss-4.0.1:4.2.1",
    "iso-27001-2022:A.5.14",
    "iso-27001-2022:A.8.24",
    "soc2:CC6.7",
    "gdpr:32(1)(a)",
    "owasp-api-2023:API8",
    "owasp-asvs-5.0:12.2.1",
  ],
  references: ["RFC 9325 (Recommendations for Secure Use of TLS)", "OWASP ASVS 5.0 V12.2"],
  cwe: 319,
  judge({ "http-exchange": seen }) {
    if (seen.answer === undefined) return unanswered(seen);
    const { url, tls } = seen.answer;
    if (url.startsWith("https:")) {
      const how = tls ? ` with ${tls.protocol}` : "";
      const from = seen.url.startsWith("https:") ? "" : `, redirected from ${seen.url}`;
      return { outcome: "pass", summary: `answers at ${url}${how}${from}` };
    }
    if (seen.stopped === "elsewhere" && seen.hops.at(-1)?.location.startsWith("https:")) {
      return {
        outcome: "warn",
        summary: `http redirects to ${seen.hops.at(-1)?.location}, another host or port, which was not followed`,
        findings: [{ resource: seen.url, message: "check the address that it redirects to" }],
      };
    }
    return {
      outcome: "fail",
      summary: `answers at ${url} over http, expected https`,
      findings: [
        {
          resource: url,
          message: "the address is http, so nothing is encrypted; this is judged the same for every host, loopback too",
        },
      ],
    };
  },
});
