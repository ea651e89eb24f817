import type { Instant } from "@muster/kernel";
import type { ModelCard } from "../model/card.ts";
import type { Traffic } from "../traffic/traffic.ts";
import type { Inspection } from "../model/golden.ts";

/** The alias that callers get who name no version. */
export const CHAMPION = "champion";

/** Aliases that a version can have: what callers get, and what is compared with it. */
export const ALIASES = [CHAMPION, "challenger"] as const;
export type Alias = (typeof ALIASES)[number];

/** A version that is not in the registry yet. */
export interface VersionDraft {
  readonly model: string;
  /** SHA-256 of the artefact. */
  readonly digest: string;
  readonly bytes: number;
  readonly card: ModelCard;
  readonly inspection: Inspection;
}

/** A version of a model. It never changes. */
export interface VersionRecord extends VersionDraft {
  /** `1`, `2`, and so on; the number of a deleted version is not given again. */
  readonly version: string;
  readonly createdAt: Instant;
  readonly createdBy: string;
}

/** Which version an alias names. */
export interface AliasRecord {
  readonly model: string;
  readonly alias: Alias;
  readonly version: string;
  /** Grows by one with each change; what a change is compared with. */
  readonly revision: number;
  readonly changedAt: Instant;
  readonly changedBy: string;
}

/** What is served: every model with its versions and aliases. */
export interface Snapshot {
  readonly versions: readonly { readonly model: string; readonly version: string }[];
  readonly aliases: readonly AliasRecord[];
  /** Of the models for which it was set. */
  readonly traffic: readonly TrafficRecord[];
}

/** How a model's callers are shared out, and the revision that a change is compared with. */
export interface TrafficRecord extends Traffic {
  readonly model: string;
  readonly revision: number;
}

/** Models, their versions and aliases. Every change is one transaction with its entry in the audit log. */
export interface Registry {
  snapshot(): Promise<Snapshot>;
  /** Versions of a model, newest first; empty for a model that does not exist. */
  versions(model: string): Promise<readonly VersionRecord[]>;
  /** The newest versions of several models, at most `limit` of each, newest first, with numbers below `before`. */
  newestVersions(models: readonly string[], limit: number, before?: number): Promise<readonly VersionRecord[]>;
  version(model: string, version: string): Promise<VersionRecord | undefined>;
  /**
   * Adds a version; a model that is new is made, with its first version as champion. The same artefact
   * again gives the version that has it, so that an upload whose answer was lost can be repeated.
   */
  addVersion(
    draft: VersionDraft,
    actor: string,
  ): Promise<{ readonly record: VersionRecord; readonly created: boolean }>;
  /**
   * @throws {MusterError} `not-found`; `conflict` while an alias names the version.
   */
  deleteVersion(model: string, version: string, actor: string): Promise<VersionRecord>;
  aliases(model: string): Promise<readonly AliasRecord[]>;
  /** Changes of an alias, newest first, the newest being what holds. */
  aliasHistory(model: string, alias: Alias): Promise<readonly AliasRecord[]>;
  /**
   * Lets an alias name a version, if its revision is still the expected one; 0 expects that it does not exist.
   * @throws {MusterError} `not-found` for the version; `changed-meanwhile` for another revision.
   */
  setAlias(model: string, alias: Alias, version: string, expected: number, actor: string): Promise<AliasRecord>;
  /** How a model's callers are shared out; revision 0 before it was ever set. @throws {MusterError} `not-found`. */
  traffic(model: string): Promise<TrafficRecord>;
  /** @throws {MusterError} `not-found`; `changed-meanwhile` for another revision than the expected one. */
  setTraffic(model: string, traffic: Traffic, expected: number, actor: string): Promise<TrafficRecord>;
  /** Digests of all artefacts that a version needs. */
  digests(): Promise<ReadonlySet<string>>;
}
