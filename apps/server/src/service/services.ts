import { startServiceProcess, type ServiceProcess } from "@muster/adapters";
import type { Configuration, EnvironmentConfiguration } from "@muster/contract";
import { durationMs, MusterError } from "@muster/kernel";

/** The services that Muster starts itself, one process for each environment that says how. */
export interface Services {
  /**
   * Address of an environment's service. The first call starts it; a process that ended since is started again.
   * @throws {MusterError} `service-start`
   */
  address(environment: string): Promise<URL>;
  stop(): Promise<void>;
}

const READY_WITHIN = "20s";
const DEFAULT_READINESS = "/readyz";

export function createServices(options: {
  readonly configuration: Configuration;
  /** Folder that commands of the configuration are relative to: where it lies. */
  readonly cwd: string;
  readonly folder: string;
  readonly onNotice: (text: string) => void;
  readonly signal: AbortSignal;
}): Services {
  const { configuration, cwd, folder, onNotice, signal } = options;
  const started = new Map<string, Promise<ServiceProcess>>();

  function start(name: string, environment: EnvironmentConfiguration): Promise<ServiceProcess> {
    const declared = environment.process;
    if (!declared) throw new MusterError("service-start", `${name} has neither an address nor a process to start`);
    const starting = startServiceProcess({
      name: `${configuration.service.name}-${name}`,
      command: declared.command,
      env: declared.env ?? {},
      cwd,
      readiness: environment.readiness ?? DEFAULT_READINESS,
      readyWithinMs: durationMs(declared.readyWithin ?? READY_WITHIN),
      folder,
      onNotice,
      signal,
    });
    started.set(name, starting);
    const forget = (): void => {
      if (started.get(name) === starting) started.delete(name);
    };
    // A start that failed, like a process that ended, leaves the next caller to try again.
    starting.then((service) => void service.ended.then(forget), forget);
    return starting;
  }

  return {
    async address(name) {
      const environment = configuration.environments[name];
      if (!environment) throw new MusterError("not-found", `no environment is called "${name}"`);
      if (environment.url !== undefined) return new URL(environment.url);
      return (await (started.get(name) ?? start(name, environment))).url;
    },
    async stop() {
      for (const starting of started.values()) {
        const service = await starting.catch(() => undefined);
        await service?.stop();
      }
    },
  };
}
