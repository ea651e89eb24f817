import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openPool } from "@muster/adapters";
import { type Clock, MusterError, type Secret } from "@muster/kernel";
import type { FastifyBaseLogger } from "fastify";
import type { StoredModel } from "./adapters/builtin/builtin-models.ts";
import { openDatasets } from "./adapters/dataset-store/open-datasets.ts";
import { openMonitoring } from "./adapters/monitoring/open-monitoring.ts";
import { createDuckdbJobEngine } from "./adapters/duckdb/duckdb-job-engine.ts";
import { openJobs } from "./adapters/jobs/open-jobs.ts";
import { createArgon2Hasher } from "./adapters/passwords/argon2-hasher.ts";
import { createProcessRuntime } from "./adapters/onnx/process-runtime.ts";
import { freshSecret, hashSecret } from "./adapters/passwords/secrets.ts";
import { publishRemoval, readRemovals, removalIn } from "./adapters/postgres/cache-removals.ts";
import { listenForChanges } from "./adapters/postgres/change-listener.ts";
import { migrateModels } from "./adapters/postgres/migrations/migrate.ts";
import { openPostgresEvents } from "./adapters/postgres/postgres-events.ts";
import { createPostgresIdentityStore } from "./adapters/postgres/postgres-identity-store.ts";
import { createPostgresRegistry } from "./adapters/postgres/postgres-registry.ts";
import { modelsDatabase } from "./adapters/postgres/tables.ts";
import { createProcessValidator } from "./adapters/validation/process-validator.ts";
import type { OpenCache } from "./cache.ts";
import type { Configuration } from "./configuration.ts";
import { createAccessControl } from "./domain/access/access-control.ts";
import { type Authenticator, createAuthenticator } from "./domain/access/authenticator.ts";
import type { IdentityStore } from "./domain/access/identity-store.ts";
import { withOperatorKey } from "./domain/access/operator-key.ts";
import { createForgetting, type Forgetting } from "./domain/cache/forgetting.ts";
import type { Recorder } from "./domain/monitoring/recorder.ts";
import type { Metrics } from "./domain/observability/metrics.ts";
import { cardOf } from "./domain/model/card.ts";
import { computesQuickly } from "./domain/model/golden.ts";
import type { ModelRuntime } from "./domain/model/runtime.ts";
import { once, publish, type PublishingParts, removeUnusedArtefacts } from "./domain/registry/publishing.ts";
import { createModelLoader, type ModelLoader } from "./domain/serving/model-loader.ts";
import { serveModel, type ServingOptions } from "./domain/serving/served-model.ts";
import type { MutableServingTable } from "./domain/serving/serving-table.ts";
import type { Shadow } from "./domain/traffic/shadow.ts";
import type { ControlOptions } from "./http/server.ts";
import { openStorage } from "./storage.ts";

/** An artefact that no version needs may belong to an upload that is under way for at most this long. */
const UPLOAD_WITHIN_MS = 3_600_000;
const LISTENER_RETRY_MS = 1_000;
/** How long a caller who was recognised before waits for the database, which may be away. */
const PATIENCE_MS = 250;
/** What the messages of their triggers say when a user, session or key changes. */
const IDENTITY_TABLES: ReadonlySet<string> = new Set(["user", "session", "api_key"]);
/** How often recorded predictions are written and windows that are over are looked for. */
const MONITORING_EVERY_MS = 1_000;
/** Who makes what the platform brings along. */
const SYSTEM = "system";
const FIRST_ADMIN = "admin";

export interface PlatformParts {
  readonly configuration: Configuration;
  readonly database: Secret;
  readonly table: MutableServingTable;
  readonly runtime: ModelRuntime;
  /** For models that take long; a process for each where there is none. */
  readonly heavyRuntime: ModelRuntime | undefined;
  readonly serving: ServingOptions;
  readonly builtin: readonly StoredModel[];
  readonly remembered: OpenCache | undefined;
  readonly shadow: Shadow;
  readonly metrics: Metrics;
  /** Predictions that callers have asked for since the start. */
  readonly asked: () => number;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** The platform with users and a registry, on PostgreSQL. */
export interface Platform {
  readonly loader: ModelLoader;
  readonly authenticator: Authenticator;
  readonly control: ControlOptions;
  /** A sentence for each part that does not work and without which predictions are answered. */
  degraded(): readonly string[];
  /** Removal of remembered answers on every replica; absent where none are remembered. */
  readonly forgetting: Forgetting | undefined;
  readonly recorder: Recorder;
  /** Token of a link for the first admin, on a platform that has no user yet. */
  readonly firstAdmin: string | undefined;
  close(): Promise<void>;
}

/**
 * Opens the registry, brings the built-in models into it the first time, and loads what aliases name.
 * @throws {MusterError} `database-unreachable`, `database-version`.
 */
export async function openPlatform(parts: PlatformParts): Promise<Platform> {
  const { configuration, log, clock, table } = parts;
  const applicationName = `muster models ${process.pid}`;
  await migrate(parts.database, applicationName);
  const pool = openPool(parts.database, { applicationName, queryTimeoutMs: configuration.databaseTimeoutMs });
  try {
    const database = modelsDatabase(pool);
    const registry = createPostgresRegistry(database);
    const store = createPostgresIdentityStore(database);
    const storage = await openStorage(configuration, clock, parts.metrics);
    const { artefacts } = storage;
    const publishing = { registry, artefacts, validator: createProcessValidator(configuration.validation) };
    await removeUnusedArtefacts(publishing, clock.now() - UPLOAD_WITHIN_MS);
    await bringBuiltin(publishing, parts.builtin);

    const heavyRuntime =
      parts.heavyRuntime ??
      createProcessRuntime({
        threads: configuration.threads,
        onDeath: (how) => log.warn({ how }, "the process of a model ended; the next prediction starts it again"),
      });
    const loader = createModelLoader({
      table,
      maxCold: configuration.maxColdModels,
      async load(name, version) {
        const record = await registry.version(name, version);
        if (!record) throw new MusterError("not-found", `model "${name}" has no version "${version}"`);
        const artefact = await artefacts.read(record.digest);
        const servable = { ...record, name };
        if (computesQuickly(record.inspection, configuration.processAboveMs)) {
          return serveModel(await parts.runtime.load(artefact), servable, parts.serving);
        }
        const wait = { maxMs: configuration.maxModelWaitMs, now: () => performance.now() };
        return serveModel(await heavyRuntime.load(artefact), servable, { ...parts.serving, maxRuns: 1, wait });
      },
      onFailure: ({ model, alias, version }, error) =>
        log.error({ err: error, model, alias, version }, "a version cannot be loaded; the alias keeps what it named"),
    });
    const follow = async (): Promise<void> => loader.follow(await registry.snapshot());
    await follow();

    const forgetting =
      parts.remembered &&
      createForgetting({
        ...parts.remembered,
        read: () => readRemovals(database),
        publish: (selection, actor) => publishRemoval(database, selection, actor),
      });
    await forgetting?.catchUp();
    const { operatorKeyHash } = configuration;
    const known = operatorKeyHash === undefined ? store : withOperatorKey(store, operatorKeyHash);
    const authenticator = createAuthenticator(known, clock, hashSecret, () => delay(PATIENCE_MS));
    const events = await openPostgresEvents({
      pool,
      url: parts.database,
      retryMs: LISTENER_RETRY_MS,
      onError: (error) => log.warn({ err: error }, "events cannot be told at the moment"),
    });
    const access = createAccessControl({
      store,
      passwords: await createArgon2Hasher(),
      clock,
      freshSecret,
      hashSecret,
    });
    const data = await openDatasets({
      folder: join(configuration.dataFolder, "datasets"),
      files: storage.datasetFiles,
      pool,
      limits: configuration.data,
      clock,
      onSweepError: (error) => log.warn({ err: error }, "unused files of datasets cannot be removed"),
    });
    const watching = openMonitoring({
      pool,
      data,
      registry,
      async predict({ model, version }, inputs, rows) {
        const served = await loader.ensure(model, version);
        return served.compute(inputs, rows);
      },
      builtinReference: (model) => parts.builtin.find(({ card }) => card.name === model)?.reference,
      shadow: parts.shadow,
      metrics: parts.metrics,
      clock,
      log,
    });
    const followSettings = (): void =>
      void watching.follow().catch((error: unknown) => log.warn({ err: error }, "monitoring cannot be followed"));
    await watching.follow();
    /** Until it is done: what was removed must not be given for ever. */
    const catchUp = (): void =>
      void forgetting?.catchUp().catch((error: unknown) => {
        log.warn({ err: error }, "removals from the cache cannot be read");
        setTimeout(catchUp, LISTENER_RETRY_MS).unref();
      });
    const listener = listenForChanges({
      url: parts.database,
      retryMs: LISTENER_RETRY_MS,
      onChange: (message) => {
        const removal = message === undefined ? undefined : removalIn(message);
        if (removal) return forgetting?.heard(removal);
        if (message === undefined) {
          catchUp();
          authenticator.recheck();
        } else if (IDENTITY_TABLES.has(message)) authenticator.forget();
        follow().catch((error: unknown) => log.warn({ err: error }, "the registry cannot be followed"));
        followSettings();
      },
    });
    const monitoringTimer = setInterval(() => void watching.turn(), MONITORING_EVERY_MS);
    const jobs = openJobs({
      pool,
      url: parts.database,
      files: data.files,
      engine: createDuckdbJobEngine(
        configuration.data,
        configuration.jobs,
        join(configuration.dataFolder, "datasets", "program"),
      ),
      datasets: data.datasets,
      events,
      limits: configuration.jobs,
      clock,
      resolve: table.resolve,
      model: loader.ensure,
      asked: parts.asked,
      onError: (error, job) => log.warn({ err: error, job }, "a job is tried again"),
    });
    return {
      loader,
      authenticator,
      control: {
        access: { control: access, store, clock, forget: authenticator.forget },
        registry: {
          ...publishing,
          warm: loader.ensure,
          follow,
          shadow: parts.shadow,
          maxModelBytes: configuration.maxModelBytes,
        },
        datasets: data,
        monitoring: { ...watching, clock },
        jobs: { jobs: jobs.jobs, clock },
        events: { events, pingMs: configuration.eventPingMs },
      },
      degraded: storage.degraded,
      forgetting,
      firstAdmin: await linkForFirstAdmin(store, (user) => access.makeLink(user, SYSTEM)),
      recorder: watching.recorder,
      async close() {
        clearInterval(monitoringTimer);
        await watching.close();
        await jobs.close();
        await data.close();
        storage.close();
        await listener.close();
        await events.close();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** A migration takes as long as it takes. */
async function migrate(url: Secret, applicationName: string): Promise<void> {
  const pool = openPool(url, { applicationName, max: 1 });
  try {
    await migrateModels(pool);
  } finally {
    await pool.end();
  }
}

/** Publishes the models that come with the platform where no model has their name. */
async function bringBuiltin(parts: PublishingParts, builtin: readonly StoredModel[]): Promise<void> {
  const { versions } = await parts.registry.snapshot();
  for (const { card, artefact } of builtin) {
    if (versions.some(({ model }) => model === card.name)) continue;
    const stored = await parts.artefacts.put(once(artefact), artefact.length);
    await publish(parts, { model: card.name, card: cardOf(card), stored }, SYSTEM);
  }
}

async function linkForFirstAdmin(
  store: IdentityStore,
  makeLink: (user: string) => Promise<string>,
): Promise<string | undefined> {
  const users = await store.users();
  if (users.length === 0) await store.createUser(FIRST_ADMIN, "admin", SYSTEM);
  else if (users.length > 1 || users[0]?.name !== FIRST_ADMIN) return undefined;
  // Until the first admin has chosen a password, each start gives a fresh link.
  const { passwordHash } = (await store.credentials(FIRST_ADMIN)) ?? { passwordHash: "" };
  return passwordHash === null ? makeLink(FIRST_ADMIN) : undefined;
}
