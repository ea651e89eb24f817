import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { exposureProbeFacts } from "../../collectors/exposure-probe/facts.ts";
import { failureText } from "../../wire/failure.ts";

export const exposedFiles = defineCheck({
  id: "exposed-files",
  title: "No private file or debug page is open",
  failureTitle: "A private file or debug page is open to everybody",
  why: "A repository, an environment file or a dump below the web root gives away source, passwords and data to the first scanner that comes by, and one comes by every few minutes.",
  fix: "Remove what the findings name from the web root, or deny it in the server; serve a folder that holds only what is public. Treat every password and key that was in it as known, and change it.",
  category: "security",
  severity: "critical",
  requires: [exposureProbeFacts],
  parameters: Type.Object({}),
  supports: [
    "pci-dss-4.0.1:1.4.5",
    "pci-dss-4.0.1:2.2.4",
    "pci-dss-4.0.1:2.2.5",
    "iso-27001-2022:A.8.9",
    "iso-27001-2022:A.8.21",
    "soc2:CC6.6",
    "soc2:CC7.1",
    "gdpr:25(2)",
    "gdpr:32(1)(b)",
    "owasp-api-2023:API8",
    "owasp-asvs-5.0:13.4.1",
  ],
  references: ["OWASP WSTG 4.2.4 (Old backup and unreferenced files)"],
  cwe: 538,
  judge({ "exposure-probe": seen }) {
    const asked = seen.probes.filter((probe) => probe.recognised !== undefined);
    // A server that answers the same to a name that cannot exist has shown nothing.
    const open = asked.filter((probe) => probe.recognised === true && probe.control?.recognised === false);
    const unclear = asked.filter((probe) => probe.recognised === true && probe.control?.recognised === undefined);
    const all = seen.probes.length + seen.notAsked.length;
    const summary = `${open.length} of ${asked.length} places are open, expected 0`;
    if (open.length > 0) {
      const findings = open.map(({ path, kind, bytes }) => ({
        resource: new URL(path, seen.url).href,
        message: `${kind}, at least ${bytes} bytes`,
      }));
      return { outcome: "fail", summary, findings };
    }
    if (asked.length < all || unclear.length > 0) {
      const failure = seen.probes.find((probe) => probe.failure)?.failure;
      const reason = failure ? `: ${failureText(failure)}` : "";
      return {
        outcome: "unknown",
        summary: `${asked.length - unclear.length} of ${all} places could be asked${reason}`,
      };
    }
    return { outcome: "pass", summary };
  },
});
