import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MusterError, type Problem, Secret } from "@muster/kernel";
import type { RateLimit } from "./domain/access/rate-limiter.ts";
import type { Scope } from "./domain/access/role.ts";
import { type DataLimits, readDataLimits } from "./domain/dataset/limits.ts";
import { type JobLimits, readJobLimits } from "./domain/jobs/limits.ts";
import { readStorage, type StorageConfiguration } from "./storage-configuration.ts";
import type { ServingLimits } from "./domain/serving/served-model.ts";

/** How this process is to run; read from the environment once, at the start. */
export interface Configuration {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly logLevel: string;
  /** Folder with the models that come with the platform. */
  readonly builtinModels: string;
  readonly maxBodyBytes: number;
  readonly limits: ServingLimits;
  /** Threads of one model run. */
  readonly threads: number;
  /** PostgreSQL, which makes this a platform with users and a registry; without it the built-in models are served. */
  readonly database: Secret | undefined;
  /** Milliseconds after which a database that does not answer is away. */
  readonly databaseTimeoutMs: number;
  /** Folder for artefacts and data sets, or for copies of those in object storage. */
  readonly dataFolder: string;
  /** Object storage, where replicas share files; undefined where they are on disk only. */
  readonly storage: StorageConfiguration | undefined;
  /** Digest of a key that whoever starts the platform made for itself. */
  readonly operatorKeyHash: string | undefined;
  /** Whether callers without a key may predict. */
  readonly anonymousPredictions: boolean;
  readonly maxModelBytes: number;
  /** Models that compute longer than this many milliseconds get a process of their own. */
  readonly processAboveMs: number;
  /** Milliseconds that a request may be expected to wait under lasting overload; 0 refuses none. */
  readonly maxWaitMs: number;
  /** Milliseconds that a request may be expected to wait for a model with a process of its own. */
  readonly maxModelWaitMs: number;
  /** Rows of one request at most. */
  readonly maxRequestRows: number;
  /** Memory for remembered answers; 0 remembers none. */
  readonly cacheBytes: number;
  /** Redis or Valkey, where replicas share answers; undefined where each has its own. */
  readonly sharedCache: SharedCacheConfiguration | undefined;
  /** How often one caller may ask, by what for. */
  readonly rates: Readonly<Record<Scope | "login", RateLimit>>;
  /** Bounds of the process that tries out an uploaded model. */
  readonly validation: { readonly timeoutMs: number; readonly maxMemory: number; readonly maxOutput: number };
  /** What uploads of data and queries may use. */
  readonly data: DataLimits;
  /** Where spans are sent, and how many; absent where they are not. */
  readonly traces: TraceSettings | undefined;
  /** What predictions for whole datasets may use. */
  readonly jobs: JobLimits;
  /** Versions without an alias that stay in memory. */
  readonly maxColdModels: number;
  /** Milliseconds between two pings to a reader of events. */
  readonly eventPingMs: number;
  /** End when standard input ends, which it does when the parent process goes away. */
  readonly exitWithParent: boolean;
}

/** The second level of the cache. */
export interface SharedCacheConfiguration {
  readonly url: Secret;
  /** What its keys begin with. */
  readonly prefix: string;
  readonly ttlMs: number;
  /** Milliseconds that a prediction waits for it at most. */
  readonly waitMs: number;
  /** Models that compute for less than so many milliseconds do without it. */
  readonly aboveMs: number;
}

export interface TraceSettings {
  /** Address that takes OTLP over HTTP, with its path. */
  readonly url: string;
  readonly serviceName: string;
  /** Share of the requests without a trace of their caller's that begin one, 0 to 1. */
  readonly ratio: number;
}

const MIB = 1_048_576;
const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/**
 * Reads the configuration from environment variables.
 * @throws {MusterError} `usage` with every variable that does not hold.
 */
export function readConfiguration(env: Readonly<Record<string, string | undefined>>): Configuration {
  const problems: Problem[] = [];

  function number(name: string, fallback: number, min: number, max: number): number {
    const text = env[name];
    if (text === undefined || text === "") return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    problems.push({ path: name, message: `must be a whole number from ${min} to ${max}, not "${text}"` });
    return fallback;
  }

  function oneOf(name: string, allowed: readonly string[], fallback: string): string {
    const text = env[name] ?? fallback;
    if (!allowed.includes(text))
      problems.push({ path: name, message: `must be one of ${allowed.join(", ")}, not "${text}"` });
    return text;
  }

  /** A SHA-256 digest in base64url, as keys are kept. */
  function digest(name: string): string | undefined {
    const text = env[name];
    if (text === undefined || text === "") return undefined;
    if (!/^[A-Za-z0-9_-]{43}$/.test(text)) problems.push({ path: name, message: "must be a SHA-256 in base64url" });
    return text;
  }

  /** OpenTelemetry's own variables, which every collector's documentation names. */
  function traces(): TraceSettings | undefined {
    const own = env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    const base = env["OTEL_EXPORTER_OTLP_ENDPOINT"];
    const sampler = env["OTEL_TRACES_SAMPLER_ARG"] || "0.01";
    const serviceName = env["OTEL_SERVICE_NAME"] || "muster-models";
    const isDisabled = env["OTEL_SDK_DISABLED"] === "true";
    const ratio = Number(sampler);
    if (!(ratio >= 0 && ratio <= 1)) {
      problems.push({ path: "OTEL_TRACES_SAMPLER_ARG", message: `must be a number from 0 to 1, not "${sampler}"` });
    }
    const name = own ? "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" : "OTEL_EXPORTER_OTLP_ENDPOINT";
    if ((!own && !base) || isDisabled) return undefined;
    const url = URL.parse(own || `${base?.replace(/\/$/, "")}/v1/traces`);
    if (url?.protocol !== "http:" && url?.protocol !== "https:") {
      problems.push({ path: name, message: "must be an http or https address" });
    }
    return { url: url?.href ?? "", serviceName, ratio };
  }

  /** A burst of some seconds is let through at once. */
  function rate(name: string, fallback: number, seconds = 2): RateLimit {
    const perSecond = number(name, fallback, 1, 10_000_000);
    return { perSecond, burst: perSecond * seconds };
  }

  function sharedCache(): SharedCacheConfiguration | undefined {
    const prefix = env["REDIS_PREFIX"] || "muster:models:";
    const ttlMs = number("SHARED_CACHE_TTL_S", 3_600, 1, 604_800) * 1_000;
    const waitMs = number("SHARED_CACHE_WAIT_MS", 5, 1, 1_000);
    const aboveMs = number("SHARED_CACHE_ABOVE_MS", 0, 0, 60_000);
    const url = env["REDIS_URL"];
    if (url === undefined || url === "") return undefined;
    // Its text is not repeated: it may hold a password.
    if (!/^rediss?:$/.test(URL.parse(url)?.protocol ?? "")) {
      problems.push({ path: "REDIS_URL", message: "must be redis://host:port or rediss://host:port" });
    }
    if (!env["DATABASE_URL"]) {
      problems.push({ path: "REDIS_URL", message: "needs DATABASE_URL, where it is kept what was removed" });
    }
    if (env["CACHE_MB"] === "0") {
      problems.push({ path: "REDIS_URL", message: "is the second level of the cache, which CACHE_MB=0 switches off" });
    }
    return { url: new Secret(url), prefix, ttlMs, waitMs, aboveMs };
  }

  const configuration: Configuration = {
    host: env["HOST"] || "127.0.0.1",
    port: number("PORT", 8_080, 0, 65_535),
    logLevel: oneOf("LOG_LEVEL", LOG_LEVELS, "info"),
    builtinModels: env["BUILTIN_MODELS"] || fileURLToPath(new URL("../models", import.meta.url)),
    maxBodyBytes: number("MAX_BODY_BYTES", 4 * MIB, 1_024, 1_024 * MIB),
    limits: {
      maxBatchRows: number("MAX_BATCH_ROWS", 256, 1, 1_000_000),
      maxPendingRows: number("MAX_PENDING_ROWS", 65_536, 1, 10_000_000),
    },
    database: env["DATABASE_URL"] ? new Secret(env["DATABASE_URL"]) : undefined,
    databaseTimeoutMs: number("DATABASE_TIMEOUT_MS", 10_000, 100, 600_000),
    dataFolder: env["DATA_FOLDER"] || join(".muster", "models"),
    operatorKeyHash: digest("OPERATOR_KEY_HASH"),
    storage: readStorage(env, number("STORAGE_CACHE_MB", 10_240, 0, 1_048_576_000) * MIB, problems),
    // Without a database there are no keys that a caller could have.
    anonymousPredictions: oneOf("ANONYMOUS_PREDICTIONS", ["0", "1"], env["DATABASE_URL"] ? "0" : "1") === "1",
    maxModelBytes: number("MAX_MODEL_BYTES", 512 * MIB, 1_024, 16 * 1_024 * MIB),
    processAboveMs: number("PROCESS_ABOVE_MS", 2, 0, 60_000),
    maxWaitMs: number("MAX_WAIT_MS", 15, 0, 60_000),
    maxModelWaitMs: number("MAX_MODEL_WAIT_MS", 1_000, 1, 600_000),
    maxRequestRows: number("MAX_REQUEST_ROWS", 4_096, 1, 1_000_000),
    cacheBytes: number("CACHE_MB", 64, 0, 1_048_576) * MIB,
    sharedCache: sharedCache(),
    rates: {
      predict: rate("RATE_PREDICT", 50_000),
      read: rate("RATE_READ", 200),
      write: rate("RATE_WRITE", 50),
      login: rate("RATE_LOGIN", 5, 6),
    },
    validation: {
      timeoutMs: number("VALIDATION_TIMEOUT_MS", 60_000, 100, 3_600_000),
      maxMemory: number("VALIDATION_MEMORY_MB", 2_048, 64, 1_048_576) * MIB,
      maxOutput: 8 * MIB,
    },
    data: readDataLimits(number),
    jobs: readJobLimits(number),
    eventPingMs: number("EVENT_PING_MS", 20_000, 10, 600_000),
    traces: traces(),
    maxColdModels: number("MAX_COLD_MODELS", 8, 0, 10_000),
    threads: number("MODEL_THREADS", 1, 1, 64),
    exitWithParent: oneOf("EXIT_WITH_PARENT", ["0", "1"], "0") === "1",
  };
  if (problems.length > 0) throw new MusterError("usage", "the environment does not hold", { problems });
  return configuration;
}
