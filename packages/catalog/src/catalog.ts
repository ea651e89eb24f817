import type { Catalog } from "@muster/contract";
import { checks, collectors, type Engines } from "./registry.ts";

/** Everything that Muster can look at and judge. */
export function createCatalog(engines: Engines): Catalog {
  return {
    collectors: new Map(collectors(engines).map((collector) => [collector.id, collector])),
    checks: new Map(checks.map((check) => [check.id, check])),
  };
}
