import type { Configuration, ModelPlatforms } from "@muster/contract";

/** The environments whose service is a model platform, with what its charts are held against. */
export function platformsOf(configuration: Configuration): ModelPlatforms {
  const limit = configuration.checks.find(({ check }) => check === "latency-p95")?.with?.["maximumMs"];
  return Object.entries(configuration.environments).flatMap(([environment, { models }]) =>
    models ? [{ environment, ...(typeof limit === "number" ? { latencyLimitMs: limit } : {}) }] : [],
  );
}
