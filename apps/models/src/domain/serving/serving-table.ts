import { MusterError } from "@muster/kernel";
import type { ServedModel } from "./served-model.ts";

/** The models that answer now. Looked at by every prediction, so it is plain memory. */
export interface ServingTable {
  /** Whether everything that was to be loaded at the start is loaded and warm. */
  ready(): boolean;
  list(): readonly ServedModel[];
  /** Versions of a model that can be asked for, oldest first. */
  versions(name: string): readonly string[];
  /**
   * The version asked for, or without one the version that the model's callers get.
   * @throws {MusterError} `not-found`.
   */
  find(name: string, version?: string): ServedModel;
}

export interface MutableServingTable extends ServingTable {
  /** Puts a warm model in; the newest version put in is what callers without a version get. */
  add(model: ServedModel): void;
  markReady(): void;
  markStopping(): void;
}

export function createServingTable(): MutableServingTable {
  const models = new Map<string, Map<string, ServedModel>>();
  const current = new Map<string, ServedModel>();
  let ready = false;

  function find(name: string, version?: string): ServedModel {
    const found = version === undefined ? current.get(name) : models.get(name)?.get(version);
    if (found) return found;
    const known = models.get(name);
    if (!known) throw new MusterError("not-found", `no model is called "${name}"`);
    throw new MusterError(
      "not-found",
      `model "${name}" has no version "${version}"; it has ${[...known.keys()].join(", ")}`,
    );
  }

  return {
    ready: () => ready,
    list: () => [...models.values()].flatMap((versions) => [...versions.values()]),
    versions: (name) => [...(models.get(name)?.keys() ?? [])],
    find,
    add(model) {
      const versions = models.get(model.name) ?? new Map<string, ServedModel>();
      versions.set(model.version, model);
      models.set(model.name, versions);
      current.set(model.name, model);
    },
    markReady() {
      ready = true;
    },
    markStopping() {
      ready = false;
    },
  };
}
