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
 * @throws {MusterError} `not-found`.
 */
export function lookUp(
  { table, load }: LookupParts,
  name: string,
  reference?: string,
): ServedModel | Promise<ServedModel> {
  const version = table.resolve(name, reference);
  return table.find(name, version) ?? load(name, version);
}
