import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import { readConfiguration } from "./configuration.ts";

/** Every name that is asked for while the configuration is read. */
function namesAskedFor(): ReadonlySet<string> {
  const names = new Set<string>();
  readConfiguration(
    new Proxy<Record<string, string | undefined>>(
      {},
      {
        get: (_, name) => {
          names.add(String(name));
          return undefined;
        },
      },
    ),
  );
  return names;
}

test("the README names every variable that is read, and no other", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const documented = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name = ""]) => name);

  assert.deepEqual(documented.toSorted(), [...namesAskedFor()].toSorted());
});

test("without a word everything has a value, and callers may predict", () => {
  const configuration = readConfiguration({});

  assert.equal(configuration.host, "127.0.0.1");
  assert.equal(configuration.database, undefined);
  assert.equal(configuration.anonymousPredictions, true);
});

test("with a database nobody predicts without a key, unless it is said, and its address is no text to print", () => {
  const env = { DATABASE_URL: "postgres://user:hidden@host/base" };

  assert.equal(readConfiguration(env).anonymousPredictions, false);
  assert.equal(readConfiguration({ ...env, ANONYMOUS_PREDICTIONS: "1" }).anonymousPredictions, true);
  assert.doesNotMatch(JSON.stringify(readConfiguration(env)), /hidden/);
});

test("everything that does not hold is said at once", () => {
  const wrong = { PORT: "99999", LOG_LEVEL: "loud", CACHE_MB: "-1", RATE_READ: "1.5", EXIT_WITH_PARENT: "yes" };

  assert.throws(
    () => readConfiguration(wrong),
    (error: unknown) =>
      error instanceof MusterError &&
      error.code === "usage" &&
      error.problems
        .map(({ path }) => path)
        .toSorted()
        .join() === Object.keys(wrong).toSorted().join(),
  );
});

test("Redis is named by an address that is no text to print, and needs PostgreSQL and the cache in memory", () => {
  const database = { DATABASE_URL: "postgres://host/base" };
  const url = "rediss://user:hidden@host:6380";
  const shared = readConfiguration({ ...database, REDIS_URL: url, SHARED_CACHE_TTL_S: "60" });
  assert.deepEqual([shared.sharedCache?.ttlMs, shared.sharedCache?.waitMs], [60_000, 5]);
  assert.equal(shared.sharedCache?.url.reveal(), url);
  assert.equal(readConfiguration({}).sharedCache, undefined);

  for (const env of [
    { ...database, REDIS_URL: "host:hidden" },
    { ...database, REDIS_URL: "http://hidden" },
    { ...database, REDIS_URL: "redis://hidden", CACHE_MB: "0" },
    { REDIS_URL: "redis://hidden" },
  ]) {
    assert.throws(
      () => readConfiguration(env),
      (error: unknown) =>
        error instanceof MusterError &&
        error.problems[0]?.path === "REDIS_URL" &&
        !JSON.stringify(error.problems).includes("hidden"),
    );
  }
});

test("spans go to the collector that OpenTelemetry's variables name, and nowhere without them", () => {
  const traces = (env: Record<string, string>) => readConfiguration(env).traces;

  assert.equal(traces({ OTEL_TRACES_SAMPLER_ARG: "1" }), undefined);
  assert.deepEqual(traces({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" }), {
    url: "http://collector:4318/v1/traces",
    serviceName: "muster-models",
    ratio: 0.01,
  });
  const own = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://a", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://b/traces" };
  assert.equal(traces(own)?.url, "https://b/traces");
  assert.equal(traces({ ...own, OTEL_SDK_DISABLED: "true" }), undefined);
  assert.throws(() => traces({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector", OTEL_TRACES_SAMPLER_ARG: "2" }), {
    code: "usage",
  });
});
