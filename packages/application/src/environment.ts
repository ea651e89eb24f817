import { durationMs, Secret } from "@muster/kernel";
import type { EnvironmentConfiguration, Target } from "@muster/contract";

/** Paths that services of our time commonly answer on. */
const DEFAULT_PATHS = { readiness: "/readyz", metrics: "/metrics" } as const;

/** What collectors may look at, from an environment's configuration and the address it was found at. */
export function targetOf(environment: EnvironmentConfiguration, url: URL, ownDatabase: Secret | undefined): Target {
  const postgres = environment.postgres === "muster" ? ownDatabase : secret(environment.postgres);
  return {
    url: environment.path === undefined ? url : new URL(environment.path, url),
    paths: {
      readiness: environment.readiness ?? DEFAULT_PATHS.readiness,
      metrics: environment.metrics ?? DEFAULT_PATHS.metrics,
    },
    ...(postgres ? { postgres } : {}),
    ...(environment.storage === undefined ? {} : { storage: environment.storage }),
    ...(environment.load === undefined
      ? {}
      : {
          load: {
            method: environment.load.method ?? "GET",
            path: environment.load.path,
            ...(environment.load.body === undefined ? {} : { body: JSON.stringify(environment.load.body) }),
            ratePerSecond: environment.load.ratePerSecond,
            durationMs: durationMs(environment.load.duration),
          },
        }),
  };
}

/** A target that is known by nothing but its address. */
export function targetAt(url: URL): Target {
  return { url, paths: DEFAULT_PATHS };
}

function secret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}
