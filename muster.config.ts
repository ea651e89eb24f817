import { defineConfig } from "muster";

// What ought to be. What is and was stands in the database, and the console shows both.
export default defineConfig({
  service: { name: "models", title: "Model platform", owner: "platform team" },

  environments: {
    staging: {
      // Muster starts the service itself on a free port. For one that runs already, give its `url` instead.
      process: {
        command: ["node", "apps/models/src/main.ts"],
        // Predictions are open to this machine, as they are without a database; everything else needs a key.
        env: { PORT: "{port}", DATA_FOLDER: "{data}", ANONYMOUS_PREDICTIONS: "1" },
        database: "models",
        // The first start brings the models in and tries each out, which a busy machine does slowly.
        readyWithin: "60s",
      },
      models: {},
      path: "/v2",
      readiness: "/readyz",
      metrics: "/metrics",
      postgres: "muster",
      storage: ".",
      load: {
        method: "POST",
        path: "/v2/models/penguins/infer",
        body: {
          inputs: [{ name: "measurements", shape: [1, 4], datatype: "FP32", data: [39.1, 18.7, 181, 3750] }],
        },
        ratePerSecond: 200,
        duration: "3s",
      },
      allow: ["audit", "load"],
    },
  },

  checks: [
    { check: "http-availability" },
    { check: "http-status" },
    { check: "http-latency" },
    { check: "readiness-endpoint" },
    { check: "postgres-reachable" },
    { check: "postgres-connections" },
    { check: "postgres-cache-hit-ratio" },
    { check: "disk-space" },
    { check: "event-loop-lag" },
    { check: "tls-encryption" },
    { check: "tls-certificate-validity" },
    { check: "tls-certificate-expiry" },
    { check: "tls-protocol" },
    { check: "security-headers" },
    { check: "cookie-flags" },
    { check: "version-disclosure" },
    { check: "cors-policy" },
    { check: "exposed-files" },
    { check: "error-rate", with: { maximum: 0.001 } },
    { check: "latency-p95", with: { maximumMs: 500 } },
  ],

  controls: [
    { id: "available", title: "The service answers", checks: ["http-availability", "http-status"] },
    { id: "responsive", title: "The service answers quickly", checks: ["http-latency"] },
    { id: "ready", title: "The service says when it is ready", checks: ["readiness-endpoint"] },
    {
      id: "database",
      title: "The database is healthy",
      checks: ["postgres-reachable", "postgres-connections", "postgres-cache-hit-ratio"],
      acceptWarnings: true,
    },
    { id: "storage", title: "There is room on the disk", checks: ["disk-space"] },
    { id: "event-loop", title: "The event loop is free", checks: ["event-loop-lag"] },
    { id: "encrypted", title: "Traffic is encrypted", checks: ["tls-encryption"], owner: "security team" },
    {
      id: "certificate",
      title: "The certificate is trusted and not about to expire",
      checks: ["tls-certificate-validity", "tls-certificate-expiry", "tls-protocol"],
      owner: "security team",
    },
    {
      id: "hardened",
      title: "Answers carry security headers",
      checks: ["security-headers", "cookie-flags"],
      owner: "security team",
    },
    {
      id: "discreet",
      title: "The service does not say which software it runs",
      checks: ["version-disclosure"],
      owner: "security team",
    },
    { id: "same-origin", title: "Other sites cannot read answers", checks: ["cors-policy"], owner: "security team" },
    { id: "private-files", title: "No private files are served", checks: ["exposed-files"], owner: "security team" },
    { id: "errors", title: "Fewer than 0.1 % errors under load", checks: ["error-rate"] },
    { id: "latency", title: "p95 below 500 ms under load", checks: ["latency-p95"] },
  ],

  gates: {
    production: { title: "Staging to production", environment: "staging", controls: "all" },
  },
});
