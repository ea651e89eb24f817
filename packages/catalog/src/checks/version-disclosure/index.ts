import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { httpExchangeFacts } from "../../collectors/http-exchange/facts.ts";
import { unanswered } from "../../collectors/http-exchange/unanswered.ts";

export const versionDisclosure = defineCheck({
  id: "version-disclosure",
  title: "Headers do not tell which software runs",
  failureTitle: "Headers tell which version of a software runs",
  why: "A version number tells an attacker which known holes to try, and lets a search engine list every server that has them. No client needs it.",
  fix: 'Switch the banner off: `server_tokens off` in nginx, `ServerTokens Prod` in Apache, `app.disable("x-powered-by")` in Express. Then keep the software patched, because hiding the version does not mend it.',
  category: "security",
  severity: "low",
  requires: [httpExchangeFacts],
  parameters: Type.Object({}),
  supports: [
    "pci-dss-4.0.1:2.2.4",
    "pci-dss-4.0.1:2.2.5",
    "iso-27001-2022:A.8.9",
    "soc2:CC6.6",
    "soc2:CC7.1",
    "gdpr:32(1)(b)",
    "owasp-api-2023:API8",
    "owasp-asvs-5.0:13.4.6",
  ],
  references: ["RFC 9110 §10.2.4 (Server) and §17.12", "OWASP WSTG 4.1.2"],
  cwe: 200,
  judge({ "http-exchange": seen }) {
    const { answer } = seen;
    if (answer === undefined) return unanswered(seen);
    const banners = answer.headers.filter(({ name }) => BANNERS.includes(name));
    const versions = banners.filter(({ name, value }) => VERSION.test(value) || name.endsWith("-version"));
    // Which product answers may stand in Server; other headers exist for nothing else.
    const products = banners.filter((header) => header.name !== "server" && !versions.includes(header));
    const findings = [
      ...versions.map(({ name, value }) => ({ resource: `${answer.url} ${name}`, message: `tells "${value}"` })),
      ...products.map(({ name, value }) => ({ resource: `${answer.url} ${name}`, message: `names "${value}"` })),
    ];
    const summary = `headers that tell a version: ${versions.length}, that name a product: ${products.length}, expected none`;
    if (versions.length > 0) return { outcome: "fail", summary, findings };
    return { outcome: products.length > 0 ? "warn" : "pass", summary, findings };
  },
});

const BANNERS = [
  "server",
  "x-powered-by",
  "x-aspnet-version",
  "x-aspnetmvc-version",
  "x-generator",
  "x-drupal-cache",
  "x-runtime-version",
  "x-jenkins",
  "liferay-portal",
];

/** `nginx/1.24.0`, `Apache/2`, `PHP 8.1`; not the 3 of `AmazonS3`. */
const VERSION = /\/\s?v?\d|\d+\.\d+/i;
