import { MusterError } from "@muster/kernel";
import { CHAMPION } from "../registry/registry.ts";
import type { Traffic } from "../traffic/traffic.ts";
import type { ServedModel } from "./served-model.ts";

/** What can be asked for of one model. */
export interface ModelEntry {
  /** Oldest first. */
  readonly versions: readonly string[];
  /** Version by alias. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly traffic: Traffic;
}

/** The models that can be asked for, and which of their versions are in memory. Read by every prediction. */
export interface ServingTable {
  /** Whether everything that was to be loaded at the start is loaded and warm, and the service is not stopping. */
  ready(): boolean;
  /** Versions in memory. */
  loaded(): readonly ServedModel[];
  names(): readonly string[];
  entry(name: string): ModelEntry | undefined;
  /**
   * The version that a reference means: a version, an alias, or without one the champion.
   * @throws {MusterError} `not-found`.
   */
  resolve(name: string, reference?: string): string;
  /** A version if it is in memory. */
  find(name: string, version: string): ServedModel | undefined;
}

export interface MutableServingTable extends ServingTable {
  /** Says what there is of a model. */
  setEntry(name: string, entry: ModelEntry): void;
  removeEntry(name: string): void;
  /** Puts a warm version in. */
  put(model: ServedModel): void;
  /** Takes a version out; whoever holds it must close it. */
  take(name: string, version: string): ServedModel | undefined;
  setReady(ready: boolean): void;
}

interface Slot {
  entry: ModelEntry;
  readonly loaded: Map<string, ServedModel>;
}

export function createServingTable(): MutableServingTable {
  const slots = new Map<string, Slot>();
  let isReady = false;

  function resolve(name: string, reference: string = CHAMPION): string {
    const slot = slots.get(name);
    if (slot === undefined) throw new MusterError("not-found", `no model is called "${name}"`);
    const version = slot.entry.aliases.get(reference);
    if (version !== undefined) return version;
    if (slot.entry.versions.includes(reference)) return reference;
    const known = [...slot.entry.aliases.keys(), ...slot.entry.versions].join(", ");
    throw new MusterError("not-found", `model "${name}" has no version "${reference}"; it has ${known}`);
  }

  return {
    ready: () => isReady,
    loaded: () => [...slots.values()].flatMap((slot) => [...slot.loaded.values()]),
    names: () => [...slots.keys()],
    entry: (name) => slots.get(name)?.entry,
    resolve,
    find: (name, version) => slots.get(name)?.loaded.get(version),
    setEntry(name, entry) {
      const slot = slots.get(name);
      if (slot) slot.entry = entry;
      else slots.set(name, { entry, loaded: new Map() });
    },
    removeEntry(name) {
      slots.delete(name);
    },
    put(model) {
      slots.get(model.name)?.loaded.set(model.version, model);
    },
    take(name, version) {
      const slot = slots.get(name);
      const model = slot?.loaded.get(version);
      slot?.loaded.delete(version);
      return model;
    },
    setReady(ready) {
      isReady = ready;
    },
  };
}
