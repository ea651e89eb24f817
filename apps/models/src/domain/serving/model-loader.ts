import type { AliasRecord, Snapshot } from "../registry/registry.ts";
import { NO_TRAFFIC } from "../traffic/traffic.ts";
import type { ServedModel } from "./served-model.ts";
import type { MutableServingTable } from "./serving-table.ts";

export interface ModelLoaderOptions {
  readonly table: MutableServingTable;
  /** Brings a version into memory, warm. */
  load(name: string, version: string): Promise<ServedModel>;
  /** Versions without an alias that stay in memory; the one used longest ago goes first. */
  readonly maxCold: number;
  /** Told when a version that an alias names cannot be loaded; the alias keeps what it named. */
  onFailure(alias: AliasRecord, error: unknown): void;
}

/** Keeps what is in memory in step with the registry. */
export interface ModelLoader {
  /** The version, loaded if need be. Callers that ask at the same time share one load. */
  ensure(name: string, version: string): Promise<ServedModel>;
  /**
   * Follows a snapshot of the registry: loads and warms what aliases name, then lets the aliases name
   * it, then closes what nobody can ask for. An alias never names what is not warm.
   */
  follow(snapshot: Snapshot): Promise<void>;
}

export function createModelLoader(options: ModelLoaderOptions): ModelLoader {
  const { table } = options;
  const loading = new Map<string, Promise<ServedModel>>();
  /** Loaded versions by use, the one used longest ago first. */
  const used = new Map<string, { readonly name: string; readonly version: string }>();
  let following: Promise<void> = Promise.resolve();

  function ensure(name: string, version: string): Promise<ServedModel> {
    const key = `${name}@${version}`;
    used.delete(key);
    used.set(key, { name, version });
    const present = table.find(name, version);
    if (present) return Promise.resolve(present);
    let load = loading.get(key);
    if (load === undefined) {
      load = options
        .load(name, version)
        .then((model) => {
          table.put(model);
          evictCold();
          return model;
        })
        .finally(() => loading.delete(key));
      loading.set(key, load);
    }
    return load;
  }

  function evictCold(): void {
    const cold = [...used.values()].filter(
      ({ name, version }) => table.find(name, version) && !isAliased(name, version),
    );
    for (const { name, version } of cold.slice(0, Math.max(0, cold.length - options.maxCold))) unload(name, version);
  }

  function isAliased(name: string, version: string): boolean {
    return [...(table.entry(name)?.aliases.values() ?? [])].includes(version);
  }

  function unload(name: string, version: string): void {
    used.delete(`${name}@${version}`);
    // Closing waits for what it has accepted.
    void table.take(name, version)?.close();
  }

  async function followNow(snapshot: Snapshot): Promise<void> {
    const names = new Set(snapshot.versions.map(({ model }) => model));
    for (const name of names) {
      const versions = snapshot.versions.filter(({ model }) => model === name).map(({ version }) => version);
      const known = table.entry(name);
      const before = known?.aliases ?? new Map<string, string>();
      const wanted = snapshot.traffic.find(({ model }) => model === name) ?? NO_TRAFFIC;
      // Versions first, so that what is loaded now has a place.
      table.setEntry(name, { versions, aliases: before, traffic: known?.traffic ?? NO_TRAFFIC });
      const aliases = new Map<string, string>();
      for (const alias of snapshot.aliases.filter(({ model }) => model === name)) {
        try {
          await ensure(name, alias.version);
          aliases.set(alias.alias, alias.version);
        } catch (error) {
          options.onFailure(alias, error);
          const old = before.get(alias.alias);
          if (old !== undefined) aliases.set(alias.alias, old);
        }
      }
      table.setEntry(name, { versions, aliases, traffic: wanted });
    }
    for (const { name, version } of table.loaded()) {
      if (!table.entry(name)?.versions.includes(version) && !isAliased(name, version)) unload(name, version);
    }
    for (const name of table.names()) {
      if (names.has(name)) continue;
      for (const model of table.loaded()) if (model.name === name) unload(name, model.version);
      table.removeEntry(name);
    }
    evictCold();
  }

  return {
    ensure,
    follow(snapshot) {
      // One after the other, so that an older snapshot cannot undo a newer one.
      following = following.catch(() => undefined).then(() => followNow(snapshot));
      return following;
    },
  };
}
