import type { EvidenceDetail } from "@muster/contract";
import { canonicalJson, GENESIS, type Json, linkText } from "@muster/kernel";

/** Result of computing one digest anew. */
export type ProofResult = "holds" | "differs";

/** What this browser found out about a record without believing the server. */
export interface Proof {
  /** Whether the record's content gives its hash. */
  readonly hash: ProofResult;
  /** Whether the record before it has the hash that this one names. Absent when that was not read. */
  readonly link?: ProofResult;
  /** Whether the facts that are shown give the digests in the record, by kind. */
  readonly facts: Readonly<Record<string, ProofResult>>;
}

export type AsyncSha256 = (text: string) => Promise<string>;

/**
 * Computes a record's hash and the digests of its facts, and compares the record before it.
 * @param previousHash hash of the record before, where that was read; the first record needs none.
 */
export async function prove(
  { record, facts }: EvidenceDetail,
  previousHash: string | undefined,
  sha256: AsyncSha256,
): Promise<Proof> {
  // Answers come from JSON, so their parts are JSON.
  const body = canonicalJson(record.evidence as unknown as Json);
  const hash = await sha256(linkText(body, record.prev, record.seq));
  const before = record.seq === 1 ? GENESIS : previousHash;
  const digests = record.evidence.kind === "judgement" ? record.evidence.facts : {};
  const checked = await Promise.all(
    Object.entries(digests).flatMap(([kind, digest]) => {
      const value = facts[kind];
      if (digest === null || value === undefined) return [];
      return [sha256(canonicalJson(value as Json)).then((found) => [kind, compare(found, digest)] as const)];
    }),
  );
  return {
    hash: compare(hash, record.hash),
    ...(before === undefined ? {} : { link: compare(before, record.prev) }),
    facts: Object.fromEntries(checked),
  };
}

/** SHA-256 in this browser; undefined on pages that were not loaded securely, where browsers withhold it. */
export function browserSha256(crypto: Crypto | undefined): AsyncSha256 | undefined {
  const subtle: SubtleCrypto | undefined = crypto?.subtle;
  if (subtle === undefined) return undefined;
  return async (text) => {
    const bytes = new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
}

function compare(found: string, expected: string): ProofResult {
  return found === expected ? "holds" : "differs";
}
