import type { Answers } from "./answers.ts";

/** A check that fits the address, as the catalogue describes it. */
export interface FittingCheck {
  readonly id: string;
  readonly title: string;
}

/** Controls that several checks meet together. A check that is in none of them gets a control of its own. */
const SHARED_CONTROLS = [
  { id: "available", title: "The service answers", checks: ["http-availability", "http-status"] },
  { id: "responsive", title: "The service answers quickly", checks: ["http-latency"] },
  { id: "encrypted", title: "Traffic is encrypted", checks: ["tls-encryption"] },
  {
    id: "certificate",
    title: "The certificate is trusted and not about to expire",
    checks: ["tls-certificate-validity", "tls-certificate-expiry", "tls-protocol"],
  },
  { id: "hardened", title: "Answers carry security headers", checks: ["security-headers", "cookie-flags"] },
] as const;

/** The configuration as a file with comments, ready to be run and to be grown. */
export function configurationText({ name, title, owner, url }: Answers, checks: readonly FittingCheck[]): string {
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
    "  // The rules. Evidence is good for 24 hours unless `freshFor` says otherwise; parameters are given in `with`.",
    "  checks: [",
    ...checks.map(({ id }) => `    { check: ${text(id)} },`),
    ...(url.protocol === "https:"
      ? []
      : ["    // With https, add tls-certificate-validity, tls-certificate-expiry and tls-protocol."]),
    "  ],",
    "",
    "  // What is required before going to production, and which checks show it.",
    "  controls: [",
    ...controls(checks).map(
      (control) =>
        `    { id: ${text(control.id)}, title: ${text(control.title)}, checks: [${control.checks.map(text).join(", ")}] },`,
    ),
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

function controls(checks: readonly FittingCheck[]): { id: string; title: string; checks: readonly string[] }[] {
  const fitting = new Set(checks.map(({ id }) => id));
  const shared = SHARED_CONTROLS.map((control) => ({
    ...control,
    checks: control.checks.filter((id) => fitting.has(id)),
  })).filter((control) => control.checks.length > 0);
  const taken = new Set<string>(shared.flatMap((control) => control.checks));
  const own = checks.filter(({ id }) => !taken.has(id)).map(({ id, title }) => ({ id, title, checks: [id] }));
  return [...shared, ...own];
}

function text(value: string): string {
  return JSON.stringify(value);
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
