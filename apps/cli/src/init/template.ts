import type { Answers } from "./answers.ts";

/** The configuration as a file with comments, ready to be run and to be grown. */
export function configurationText({ name, title, owner, url }: Answers): string {
  const encrypted = url.protocol === "https:";
  const environment = isLoopback(url) ? "local" : "staging";
  const base = url.href.replace(/\/$/, "");
  const lines = [
    'import { defineConfig } from "muster";',
    "",
    "// What ought to be. What is and was stands in Muster's database. Every member is described in",
    "// docs/reference/configuration.md, every check and its parameters in docs/reference/checks.md.",
    "export default defineConfig({",
    `  service: { name: ${text(name)}, title: ${text(title)}, owner: ${text(owner)} },`,
    "",
    "  environments: {",
    `    ${environment}: {`,
    "      // Where the service runs. Muster can also start it, on a free port, and stop it afterwards:",
    '      //   process: { command: ["node", "server.js"], env: { PORT: "{port}" } },',
    `      url: ${text(base)},`,
    "",
    "      // Paths on the service. With `metrics` in the format of Prometheus, the check `event-loop-lag` can look inside.",
    '      //   readiness: "/readyz",',
    '      //   metrics: "/metrics",',
    "",
    "      // A short load, for the checks `error-rate` and `latency-p95`. It needs the permission `load` below.",
    '      //   load: { path: "/", ratePerSecond: 50, duration: "5s" },',
    "",
    '      // What Muster may do beyond looking. "audit" asks what no visitor asks, "load" puts the load on.',
    "      // Only for services that are yours; nothing is allowed unless it stands here.",
    '      allow: ["audit"],',
    "    },",
    "  },",
    "",
    "  // The rules. Evidence is good for 24 hours unless `freshFor` says otherwise.",
    "  checks: [",
    '    { check: "http-availability" },',
    '    { check: "http-status" },',
    '    { check: "http-latency" },',
    ...(encrypted ? [] : ["    // Fails as long as the address is http."]),
    '    { check: "tls-encryption" },',
    ...(encrypted
      ? [
          '    { check: "tls-certificate-validity" },',
          '    { check: "tls-certificate-expiry" },',
          '    { check: "tls-protocol" },',
        ]
      : ["    // With https, add tls-certificate-validity, tls-certificate-expiry and tls-protocol."]),
    '    { check: "security-headers" },',
    '    { check: "cookie-flags" },',
    '    { check: "version-disclosure" },',
    '    { check: "cors-policy" },',
    "  ],",
    "",
    "  // What is required before going to production, and which checks show it.",
    "  controls: [",
    '    { id: "available", title: "The service answers", checks: ["http-availability", "http-status"] },',
    '    { id: "responsive", title: "The service answers quickly", checks: ["http-latency"] },',
    '    { id: "encrypted", title: "Traffic is encrypted", checks: ["tls-encryption"] },',
    ...(encrypted
      ? [
          "    {",
          '      id: "certificate",',
          '      title: "The certificate is trusted and not about to expire",',
          '      checks: ["tls-certificate-validity", "tls-certificate-expiry", "tls-protocol"],',
          "    },",
        ]
      : []),
    '    { id: "hardened", title: "Answers carry security headers", checks: ["security-headers", "cookie-flags"] },',
    '    { id: "discreet", title: "The service does not say which software it runs", checks: ["version-disclosure"] },',
    '    { id: "same-origin", title: "Other sites cannot read answers", checks: ["cors-policy"] },',
    "  ],",
    "",
    "  // A gate opens when all of its controls are met or waived.",
    "  gates: {",
    `    production: { title: "To production", environment: ${text(environment)}, controls: "all" },`,
    "  },",
    "});",
    "",
  ];
  return lines.join("\n");
}

function text(value: string): string {
  return JSON.stringify(value);
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
