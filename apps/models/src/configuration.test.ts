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

test("object storage is named by an address; its credentials are no text to print", () => {
  const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "hidden", AWS_REGION: "eu-west-1" };

  const own = readConfiguration({
    STORAGE_URL: "s3://models/a/b/?endpoint=http://minio:9000&region=x",
    ...keys,
  }).storage;
  const amazon = readConfiguration({ STORAGE_URL: "s3://models", ...keys }).storage;
  const role = readConfiguration({ STORAGE_URL: "s3://models" }).storage;

  assert.deepEqual(
    [own?.bucket, own?.prefix, own?.endpoint, own?.region, own?.pathStyle, own?.credentials?.secretAccessKey.reveal()],
    ["models", "a/b/", "http://minio:9000", "x", true, "hidden"],
  );
  assert.deepEqual(
    [amazon?.prefix, amazon?.endpoint, amazon?.region, amazon?.pathStyle],
    ["", undefined, "eu-west-1", false],
  );
  assert.deepEqual([role?.region, role?.credentials], ["us-east-1", undefined]);
  assert.doesNotMatch(JSON.stringify([own, amazon]), /hidden/);
  assert.equal(readConfiguration(keys).storage, undefined);
});

test("an address of object storage that does not hold is refused, without repeating what may be a key", () => {
  const wrong: readonly (readonly [Readonly<Record<string, string>>, string, RegExp])[] = [
    [{ STORAGE_URL: "https://hidden/bucket" }, "STORAGE_URL", /must be s3:/],
    [{ STORAGE_URL: "s3://id:hidden@bucket" }, "STORAGE_URL", /without credentials/],
    [{ STORAGE_URL: "s3://bucket?secret=hidden" }, "STORAGE_URL", /does not know "secret"/],
    [{ STORAGE_URL: "s3://bucket?endpoint=minio:9000" }, "STORAGE_URL", /http or https/],
    [{ STORAGE_URL: "s3://bucket?path-style=yes" }, "STORAGE_URL", /0 or 1/],
    [{ STORAGE_URL: "s3://bucket", AWS_ACCESS_KEY_ID: "hidden" }, "AWS_SECRET_ACCESS_KEY", /is missing/],
    [{ STORAGE_URL: "s3://bucket", AWS_SECRET_ACCESS_KEY: "hidden" }, "AWS_ACCESS_KEY_ID", /is missing/],
  ];
  for (const [env, path, message] of wrong) {
    assert.throws(
      () => readConfiguration(env),
      (error: unknown) => {
        assert.ok(error instanceof MusterError);
        assert.deepEqual(
          error.problems.map((problem) => problem.path),
          [path],
        );
        assert.match(error.problems[0]?.message ?? "", message);
        assert.doesNotMatch(JSON.stringify(error.problems), /hidden/);
        return true;
      },
    );
  }
});
