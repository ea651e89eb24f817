import { type Clock, decideGate, type Ledger, type RunStore, toInstant } from "@muster/kernel";
import { type Catalog, type Configuration, gateOf, type Readiness } from "@muster/contract";
import { describeCheck } from "./describe.ts";

/** What deciding readiness needs. */
export interface ReadinessSources {
  readonly configuration: Configuration;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly runs: RunStore;
  readonly clock: Clock;
}

/** The gate that is meant when none is named: the first of the configuration. */
export function defaultGate(configuration: Configuration): string {
  const [first] = Object.keys(configuration.gates);
  // The schema demands at least one gate.
  return first as string;
}

/**
 * Answers "can we ship?" for a gate from what the ledger holds now.
 * @throws {MusterError} `not-found` for a gate that the configuration does not have.
 */
export async function readReadiness(sources: ReadinessSources, gateName?: string): Promise<Readiness> {
  const { configuration, catalog, ledger, runs, clock } = sources;
  const name = gateName ?? defaultGate(configuration);
  const gate = gateOf(configuration, name);
  // gateOf has shown that the gate exists.
  const environment = (configuration.gates[name] as Configuration["gates"][string]).environment;
  const [records, head, run] = await Promise.all([
    ledger.latest(configuration.service.name, environment),
    ledger.head(),
    runs.newest(configuration.service.name, environment),
  ]);
  const now = clock.now();
  const verdict = decideGate(gate, records, now);
  const named = new Set(gate.controls.flatMap((control) => control.checks));
  return {
    service: configuration.service,
    environment,
    at: toInstant(now),
    verdict,
    gates: Object.keys(configuration.gates),
    checks: [...named].flatMap((id) => {
      const check = catalog.checks.get(id);
      return check ? [describeCheck(check)] : [];
    }),
    ...(run ? { run } : {}),
    head,
  };
}
