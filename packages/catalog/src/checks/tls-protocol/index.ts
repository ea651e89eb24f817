import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { TLS_VERSIONS, tlsHandshakeFacts } from "../../collectors/tls-handshake/facts.ts";
import { unreached } from "../../collectors/tls-handshake/unreached.ts";

/** Mozilla's Server Side TLS guidelines, version 6.0 of 2026-04-06: the versions of each profile. */
const GUIDELINE = {
  version: "6.0",
  profiles: { intermediate: ["TLSv1.2", "TLSv1.3"], modern: ["TLSv1.3"] },
} as const;

export const tlsProtocol = defineCheck({
  id: "tls-protocol",
  title: "Only current versions of TLS are accepted",
  failureTitle: "An outdated version of TLS is accepted",
  why: "TLS 1.0 and 1.1 rest on broken hashes and were retired in 2021. A server that still accepts them can be talked down to them.",
  fix: "Allow TLS 1.2 and 1.3 only, in the web server or load balancer that ends TLS; Mozilla's configuration generator writes the lines.",
  category: "security",
  severity: "high",
  requires: [tlsHandshakeFacts],
  parameters: Type.Object({
    profile: Type.Enum(["intermediate", "modern"], {
      default: "intermediate",
      description: "Profile of Mozilla's guideline: intermediate allows TLS 1.2 and 1.3, modern TLS 1.3 only",
    }),
  }),
  supports: [
    "pci-dss-4.0.1:4.2.1",
    "pci-dss-4.0.1:2.2.7",
    "pci-dss-4.0.1:12.3.3",
    "iso-27001-2022:A.8.20",
    "iso-27001-2022:A.8.21",
    "iso-27001-2022:A.8.24",
    "soc2:CC6.1",
    "soc2:CC6.7",
    "gdpr:32(1)(a)",
    "owasp-api-2023:API8",
    "owasp-asvs-5.0:12.1.1",
  ],
  references: ["Mozilla Server Side TLS 6.0", "RFC 8996 (Deprecating TLS 1.0 and TLS 1.1)"],
  cwe: 327,
  judge({ "tls-handshake": seen }, { profile }) {
    if (seen.session === undefined) return unreached(seen);
    const allowed: readonly string[] = GUIDELINE.profiles[profile];
    const rule = `Mozilla ${GUIDELINE.version} ${profile} allows ${allowed.join(" and ")}`;
    const accepted = TLS_VERSIONS.filter((version) =>
      seen.versions.some((each) => each.version === version && each.accepted === true),
    );
    const resource = `${seen.host}:${seen.port}`;
    const outdated = accepted.filter((version) => !allowed.includes(version));
    const summary = `accepts ${accepted.join(", ") || "none of the versions that were tried"}; ${rule}`;
    if (outdated.length > 0) {
      return {
        outcome: "fail",
        summary,
        findings: outdated.map((version) => ({ resource, message: `accepts ${version}` })),
      };
    }
    const untold = TLS_VERSIONS.filter(
      (version) => seen.versions.find((each) => each.version === version)?.accepted === undefined,
    );
    if (untold.length > 0 || accepted.length === 0) {
      return { outcome: "unknown", summary: `${summary}; could not tell about ${untold.join(", ") || "any"}` };
    }
    if (!accepted.includes("TLSv1.3")) {
      return {
        outcome: "warn",
        summary,
        findings: [{ resource, message: "does not accept TLSv1.3, the current version" }],
      };
    }
    return { outcome: "pass", summary };
  },
});
