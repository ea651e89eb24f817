import { isCanary } from "../traffic/traffic.ts";
import type { ServedModel } from "./served-model.ts";
import type { ServingTable } from "./serving-table.ts";

/** What finding a model needs. */
export interface LookupParts {
  readonly table: ServingTable;
  /** Brings a version that is not in memory there. */
  readonly load: (name: string, version: string) => Promise<ServedModel>;
}

/**
 * The model that a caller means: at once for what is in memory, which everything with an alias is.
 * Who names no version gets the champion, or the challenger if this caller is one of the canary's.
 * @throws {MusterError} `not-found`.
 */
export function lookUp(
  { table, load }: LookupParts,
  name: string,
  reference: string | undefined,
  caller: string,
): ServedModel | Promise<ServedModel> {
  const version = table.resolve(name, reference ?? (isCanaryCaller(table, name, caller) ? "challenger" : undefined));
  return table.find(name, version) ?? load(name, version);
}

function isCanaryCaller(table: ServingTable, name: string, caller: string): boolean {
  const entry = table.entry(name);
  return entry !== undefined && entry.aliases.has("challenger") && isCanary(caller, name, entry.traffic.canaryPercent);
}
