import type { AddressInfo } from "node:net";
import { type Clock, MusterError } from "@muster/kernel";
import type { FastifyBaseLogger } from "fastify";
import { readBuiltinModels, type StoredModel } from "./adapters/builtin/builtin-models.ts";
import { createPrometheusMetrics } from "./adapters/metrics/prometheus-metrics.ts";
import { createOnnxRuntime } from "./adapters/onnx/onnx-runtime.ts";
import { hashSecret } from "./adapters/passwords/secrets.ts";
import { openCache } from "./cache.ts";
import type { Configuration } from "./configuration.ts";
import { type Authenticator, createAuthenticator } from "./domain/access/authenticator.ts";
import { withOperatorKey } from "./domain/access/operator-key.ts";
import type { Principal } from "./domain/access/role.ts";
import { cardOf } from "./domain/model/card.ts";
import { inspectModel } from "./domain/model/golden.ts";
import type { ModelRuntime } from "./domain/model/runtime.ts";
import { CHAMPION } from "./domain/registry/registry.ts";
import { serveModel, type ServingOptions } from "./domain/serving/served-model.ts";
import { createServingTable, type MutableServingTable } from "./domain/serving/serving-table.ts";
import { createTracing, type SpanRecorder, UNRECORDED } from "./domain/observability/tracing.ts";
import { countingPredictions, createActivity } from "./domain/observability/activity.ts";
import { createUsage } from "./domain/observability/usage.ts";
import { createPredictor } from "./domain/serving/predictor.ts";
import { createShadow } from "./domain/traffic/shadow.ts";
import { NO_TRAFFIC } from "./domain/traffic/traffic.ts";
import { createServer } from "./http/server.ts";
import type { Platform } from "./platform.ts";

/** The platform while it runs. */
export interface Service {
  /** Base address without a slash at the end. */
  readonly url: string;
  /** Token with which the first admin chooses a password, on a platform that has no user yet. */
  readonly firstAdmin: string | undefined;
  /** Stops taking connections, answers what was accepted, frees the models. Safe to call twice. */
  stop(): Promise<void>;
}

/** Who a caller without a key is, where such callers may predict. */
const ANONYMOUS: Principal = { user: "anonymous", role: "viewer", scopes: ["predict"], via: "anonymous", id: "-" };

/** Connections that wait to be taken; Node's 511 are too few when a thousand come at once, and each lost one costs a second. */
const BACKLOG = 4_096;

/** Parts that a test or a benchmark puts in the place of the real ones. */
export interface ServiceParts {
  readonly clock?: Clock;
  readonly runtime?: ModelRuntime;
  /** For models that take long. */
  readonly heavyRuntime?: ModelRuntime;
  /** Milliseconds from any fixed point, never going back. */
  readonly monotonic?: () => number;
}

/**
 * Builds every part and listens. Models are loaded and warm when this resolves.
 * @throws {MusterError} when a model that comes with the platform cannot be served, or PostgreSQL not be reached.
 */
export async function startService(
  configuration: Configuration,
  log: FastifyBaseLogger,
  parts: ServiceParts = {},
): Promise<Service> {
  const metrics = createPrometheusMetrics();
  const clock = parts.clock ?? { now: Date.now };
  const runtime = parts.runtime ?? createOnnxRuntime({ threads: configuration.threads });
  const table = createServingTable();
  const shadow = createShadow(table);
  const serving: ServingOptions = {
    limits: configuration.limits,
    schedule: (flush) => void globalThis.setImmediate(flush),
    observeBatch: (model, report) => metrics.batch(model, report),
  };
  const builtin = await readBuiltinModels(configuration.builtinModels);
  const remembered = await openCache(configuration, log);
  const cache = remembered?.cache;
  if (remembered?.shared) {
    const { shared } = remembered;
    metrics.watchSharedCache(() => shared.statistics());
  }
  let asked = 0;
  let platform: Platform | undefined;
  if (configuration.database) {
    // Loaded only when there is a database, so that the platform without one starts at once.
    const { openPlatform } = await import("./platform.ts");
    const { database } = configuration;
    platform = await openPlatform({
      configuration,
      database,
      table,
      runtime,
      heavyRuntime: parts.heavyRuntime,
      serving,
      builtin,
      remembered,
      shadow,
      metrics,
      asked: () => asked,
      clock,
      log,
    });
  } else {
    for (const stored of builtin) await serveBuiltin(table, runtime, stored, serving);
  }
  const activity = createActivity(() => clock.now());
  const answering = createPredictor({
    maxRequestRows: configuration.maxRequestRows,
    cache,
    shadow,
    recorder: platform?.recorder,
    observe({ name, version }, { rows, cached }) {
      asked += 1;
      metrics.predictions(name, version, rows);
      if (cached !== undefined) metrics.cacheLookup(cached === "memory");
    },
  });
  const spans = await openSpans(configuration, log, clock);
  const predictor = countingPredictions(answering, activity, () => performance.now());
  const app = await createServer({
    table,
    load: platform?.loader.ensure ?? notLoaded,
    predictor,
    cache: remembered && {
      cache: remembered.cache,
      shared: remembered.shared,
      remove: platform?.forgetting?.remove ?? ((selection) => remembered.cache.remove(selection)),
    },
    degraded: () => [...(remembered?.degraded() ?? []), ...(platform?.degraded() ?? [])],
    metrics,
    tracing: createTracing({ ratio: configuration.traces?.ratio ?? 0, recorder: spans, clock, random: Math.random }),
    usage: createUsage(() => clock.now()),
    activity,
    log,
    maxBodyBytes: configuration.maxBodyBytes,
    guard: {
      authenticator: platform?.authenticator ?? operatorAlone(configuration, clock),
      limits: configuration.rates,
      clock,
      anonymous: configuration.anonymousPredictions ? ANONYMOUS : undefined,
    },
    admission: { waitMs: configuration.maxWaitMs, now: parts.monotonic ?? (() => performance.now()) },
    control: platform?.control,
  });
  await app.listen({ host: configuration.host, port: configuration.port, backlog: BACKLOG });
  table.setReady(true);

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    table.setReady(false);
    await app.close();
    await spans.close();
    await platform?.close();
    await remembered?.close();
    await Promise.all(table.loaded().map((model) => model.close()));
  }

  return {
    url: urlOf(app.server.address() as AddressInfo),
    firstAdmin: platform?.firstAdmin,
    stop: () => (stopping ??= stop()),
  };
}

/** Serves a model from its folder, as the only version of its name. */
async function serveBuiltin(
  table: MutableServingTable,
  runtime: ModelRuntime,
  { card: file, artefact }: StoredModel,
  serving: ServingOptions,
): Promise<void> {
  const { name, version } = file;
  const card = cardOf(file);
  const session = await runtime.load(artefact);
  const inspection = await inspectModel(session, card);
  const model = await serveModel(session, { name, version, digest: file.artefact.sha256, card, inspection }, serving);
  table.setEntry(name, { versions: [version], aliases: new Map([[CHAMPION, version]]), traffic: NO_TRAFFIC });
  table.put(model);
}

/** A collector that is away is told of so often at most, in milliseconds. */
const REPEAT_WARNING_MS = 60_000;

/** Loaded only where spans are sent somewhere. */
async function openSpans({ traces }: Configuration, log: FastifyBaseLogger, clock: Clock): Promise<SpanRecorder> {
  if (traces === undefined) return UNRECORDED;
  const { createOtlpSpans } = await import("./adapters/telemetry/otlp-spans.ts");
  let warnedAt = Number.NEGATIVE_INFINITY;
  return createOtlpSpans({
    ...traces,
    onFailure(error) {
      if (clock.now() - warnedAt < REPEAT_WARNING_MS) return;
      warnedAt = clock.now();
      log.warn({ reason: error?.message }, "spans are not delivered; predictions go on without");
    },
  });
}

/** Without a database nobody has a key but whoever started the platform. */
function operatorAlone({ operatorKeyHash }: Configuration, clock: Clock): Authenticator | undefined {
  if (operatorKeyHash === undefined) return undefined;
  return createAuthenticator(withOperatorKey(undefined, operatorKeyHash), clock, hashSecret, () => Promise.resolve());
}

/** Without a registry everything is in memory from the start. */
function notLoaded(name: string, version: string): Promise<never> {
  return Promise.reject(new MusterError("not-found", `version ${version} of "${name}" is gone`));
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
