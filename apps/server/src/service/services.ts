import { startServiceProcess, type ServiceProcess } from "@muster/adapters";
import type { Configuration, EnvironmentConfiguration } from "@muster/contract";
import { type Clock, durationMs, MusterError, Secret } from "@muster/kernel";
import { freshPlatformKey, platformKeyDigest } from "../models/platform-key.ts";
import type { ModelPlatform } from "../models/platform.ts";

/** The services that Muster starts itself, one process for each environment that says how. */
export interface Services {
  /**
   * Address of an environment's service. The first call starts it; a process that ended since is started again.
   * @throws {MusterError} `service-start`
   */
  address(environment: string): Promise<URL>;
  /**
   * The model platform of an environment, which is started like any other service.
   * @throws {MusterError} `not-found` where the environment has none, `platform-refused` where there is no key for it,
   *   `service-start`.
   */
  modelPlatform(environment: string): Promise<ModelPlatform>;
  stop(): Promise<void>;
}

export interface ServicesOptions {
  readonly configuration: Configuration;
  /** Folder that commands of the configuration are relative to: where it lies. */
  readonly cwd: string;
  readonly folder: string;
  /** Muster's own environment, for keys and addresses that the configuration names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gives a service a database of its own; undefined where Muster cannot make one. */
  openDatabase(name: string): Promise<Secret | undefined>;
  readonly clock: Clock;
  readonly onNotice: (text: string) => void;
  readonly signal: AbortSignal;
}

const READY_WITHIN = "20s";
const DEFAULT_READINESS = "/readyz";
/** A service that did not start is not tried again sooner, however many ask for it. */
const TRY_AGAIN_AFTER_MS = 5_000;

interface Started {
  readonly process: ServiceProcess;
  readonly key: Secret;
}

export function createServices(options: ServicesOptions): Services {
  const { configuration, cwd, folder, env, clock, onNotice, signal } = options;
  const started = new Map<string, Promise<Started>>();
  const failed = new Map<string, { readonly error: unknown; readonly at: number }>();

  function start(name: string, environment: EnvironmentConfiguration): Promise<Started> {
    const before = failed.get(name);
    if (before && clock.now() - before.at < TRY_AGAIN_AFTER_MS) return Promise.reject(before.error);
    const starting = launch(name, environment);
    started.set(name, starting);
    const forget = (): void => {
      if (started.get(name) === starting) started.delete(name);
    };
    starting.then(
      (service) => {
        failed.delete(name);
        void service.process.ended.then(forget);
      },
      (error: unknown) => {
        failed.set(name, { error, at: clock.now() });
        // A start that failed, like a process that ended, leaves a later caller to try again.
        forget();
      },
    );
    return starting;
  }

  async function launch(name: string, environment: EnvironmentConfiguration): Promise<Started> {
    const declared = environment.process;
    if (!declared) throw new MusterError("service-start", `${name} has neither an address nor a process to start`);
    const key = freshPlatformKey();
    const process = await startServiceProcess({
      name: `${configuration.service.name}-${name}`,
      command: declared.command,
      env: {
        ...declared.env,
        ...(declared.database === undefined ? {} : await databaseFor(name, declared.database)),
        // The digest tells nothing; the key itself stays in this process, and is good until the service ends.
        ...(environment.models ? { OPERATOR_KEY_HASH: platformKeyDigest(key) } : {}),
      },
      cwd,
      readiness: environment.readiness ?? DEFAULT_READINESS,
      readyWithinMs: durationMs(declared.readyWithin ?? READY_WITHIN),
      folder,
      onNotice,
      signal,
    });
    return { process, key };
  }

  async function databaseFor(name: string, database: string): Promise<Record<string, string>> {
    const variable = `DATABASE_URL_${database.toUpperCase().replaceAll("-", "_")}`;
    const given = env[variable];
    if (given !== undefined && given !== "") return { DATABASE_URL: given };
    const made = await options.openDatabase(database);
    if (made) return { DATABASE_URL: made.reveal() };
    onNotice(`${name} starts without its database "${database}", because Muster works on yours; set ${variable}`);
    return {};
  }

  function declaredEnvironment(name: string): EnvironmentConfiguration {
    // Names come from addresses; what an object inherits is no environment.
    const environment = Object.hasOwn(configuration.environments, name) ? configuration.environments[name] : undefined;
    if (!environment) throw new MusterError("not-found", `no environment is called "${name}"`);
    return environment;
  }

  return {
    async address(name) {
      const environment = declaredEnvironment(name);
      if (environment.url !== undefined) return new URL(environment.url);
      return (await (started.get(name) ?? start(name, environment))).process.url;
    },
    async modelPlatform(name) {
      const environment = declaredEnvironment(name);
      if (!environment.models) throw new MusterError("not-found", `the service of "${name}" is no model platform`);
      const variable = environment.models.key;
      const given = variable === undefined ? undefined : env[variable];
      if (variable !== undefined && !given) {
        throw new MusterError("platform-refused", `there is no key for it: ${variable} is not set where Muster runs`);
      }
      if (environment.url !== undefined) return { url: new URL(environment.url), key: new Secret(given ?? "") };
      const service = await (started.get(name) ?? start(name, environment));
      return { url: service.process.url, key: given ? new Secret(given) : service.key };
    },
    async stop() {
      for (const starting of started.values()) {
        const service = await starting.catch(() => undefined);
        await service?.process.stop();
      }
    },
  };
}
