import type { ChainVerdict, Head, Link } from "./chain.ts";
import type { Evidence } from "./evidence.ts";
import type { JsonObject } from "../json/canonical.ts";
import type { Outcome } from "../check/check.ts";

/** A stored record: where it stands in the chain, and what it says. */
export interface LedgerRecord {
  readonly seq: number;
  readonly hash: string;
  readonly prev: string;
  readonly evidence: Evidence;
}

/** Which records a reader wants. All conditions must hold. */
export interface EvidenceFilter {
  readonly kind?: Evidence["kind"];
  readonly check?: string;
  readonly outcome?: Outcome;
  readonly environment?: string;
  readonly run?: string;
  /** Words that must occur in the summary, the check or the id, without regard to case. */
  readonly text?: string;
}

/** One page, newest first. `next` is the cursor of the page after it, absent on the last. */
export interface EvidencePage {
  readonly records: readonly LedgerRecord[];
  readonly total: number;
  readonly next?: number;
}

/** Facts to keep beside evidence, addressed by the digest of their canonical JSON. */
export interface FactsToKeep {
  readonly digest: string;
  readonly value: JsonObject;
}

/**
 * The append-only store of evidence. There is no way to change or remove a record.
 */
export interface Ledger {
  /**
   * Appends records in the given order and returns them as stored. When this resolves they are on
   * disk. A record whose `id` is in the ledger already is not appended again; the stored one is returned.
   */
  append(evidence: readonly Evidence[], facts?: readonly FactsToKeep[]): Promise<readonly LedgerRecord[]>;
  find(seq: number): Promise<LedgerRecord | undefined>;
  /** Facts by digest; digests that are not kept are absent from the result. */
  facts(digests: readonly string[]): Promise<ReadonlyMap<string, JsonObject>>;
  /** Newest first; `before` is a page's `next`. `limit` is at most 100. */
  page(filter: EvidenceFilter, limit: number, before?: number): Promise<EvidencePage>;
  /** The newest judgement of each check on a service's environment, and every waiver. */
  latest(service: string, environment: string): Promise<readonly LedgerRecord[]>;
  head(): Promise<Head>;
  /** Every link, oldest first, streamed. */
  links(): AsyncIterable<Link>;
  /** Walks the whole chain and all kept facts. */
  verify(): Promise<ChainVerdict>;
}
