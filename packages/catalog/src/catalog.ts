import { randomBytes } from "node:crypto";
import type { Catalog, LoadRunner } from "@muster/contract";
import type { Clock } from "@muster/kernel";
import { checks, collectors } from "./registry.ts";

/** What the catalogue needs that it does not build itself. */
export interface Engines {
  readonly load: LoadRunner;
  /** Tells when something was observed; the machine's clock unless given. */
  readonly clock?: Clock;
}

const machineClock: Clock = { now: () => Date.now() };

/** Everything that Muster can look at and judge. */
export function createCatalog({ load, clock = machineClock }: Engines): Catalog {
  const label = (): string => `muster-${randomBytes(6).toString("hex")}`;
  return {
    collectors: new Map(collectors({ load, clock, label }).map((collector) => [collector.id, collector])),
    checks: new Map(checks.map((check) => [check.id, check])),
  };
}
