import { defineCheck } from "@muster/contract";
import type { Finding } from "@muster/kernel";
import { Type } from "typebox";
import { type CorsProbe, corsProbeFacts } from "../../collectors/cors-probe/facts.ts";
import { failureText } from "../../wire/failure.ts";

export const corsPolicy = defineCheck({
  id: "cors-policy",
  title: "Foreign pages may not read answers",
  failureTitle: "Foreign pages may read answers",
  why: "A server that answers any origin with its own name in Access-Control-Allow-Origin and allows credentials lets every page that a signed-in user visits read that user's data.",
  fix: "Compare Origin with a list of whole origins (scheme, host and port, compared as equal), answer nothing to others, and never allow `null`. `*` is right only for data that anybody may have.",
  category: "security",
  severity: "high",
  requires: [corsProbeFacts],
  parameters: Type.Object({
    publicData: Type.Boolean({
      default: false,
      description: "Whether the answers are for everybody, so that `*` without credentials is right",
    }),
  }),
  supports: [
    "pci-dss-4.0.1:6.2.4",
    "iso-27001-2022:A.8.3",
    "iso-27001-2022:A.8.26",
    "soc2:CC6.6",
    "gdpr:32(1)(b)",
    "owasp-api-2023:API8",
    "owasp-asvs-5.0:3.4.2",
  ],
  references: ["Fetch Standard §3.2 (CORS protocol)", "OWASP WSTG 4.11.7"],
  cwe: 942,
  judge({ "cors-probe": seen }, { publicData }) {
    const answered = seen.probes.filter((probe) => probe.status !== undefined);
    if (answered.length === 0) {
      const reason = seen.failure ?? seen.probes[0]?.failure;
      return {
        outcome: "unknown",
        summary: `no probe was answered: ${reason ? failureText(reason) : "none was sent"}`,
      };
    }
    const judged = answered.map((probe) => ({ probe, risk: riskOf(probe, publicData) }));
    const findings: Finding[] = judged.flatMap(({ probe, risk }) =>
      risk === "none" ? [] : [{ resource: `${seen.url} for origin ${probe.origin}`, message: RISKS[risk] }],
    );
    const open = judged.filter(({ risk }) => risk !== "none").length;
    const summary = `${open} of ${answered.length} foreign origins may read answers, expected 0`;
    if (judged.some(({ risk }) => risk === "credentials")) return { outcome: "fail", summary, findings };
    if (open > 0) return { outcome: "warn", summary, findings };
    if (answered.length < seen.probes.length) {
      const missing = seen.probes.length - answered.length;
      return { outcome: "unknown", summary: `${missing} of ${seen.probes.length} probes were not answered` };
    }
    return { outcome: "pass", summary };
  },
});

const RISKS = {
  credentials: "is allowed to read with the user's credentials",
  anonymous: "is allowed to read without credentials",
  wildcard: "every origin is allowed with *",
} as const;

function riskOf(probe: CorsProbe["probes"][number], publicData: boolean): keyof typeof RISKS | "none" {
  const allowed = probe.allowOrigin?.trim();
  const credentials = probe.allowCredentials?.trim() === "true";
  // Browsers refuse credentials together with *, so * is never the worst case.
  if (allowed === "*") return publicData && !credentials ? "none" : "wildcard";
  if (allowed !== probe.origin) return "none";
  if (credentials) return "credentials";
  return publicData ? "none" : "anonymous";
}
