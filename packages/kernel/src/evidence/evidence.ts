import type { Finding, Outcome } from "../check/check.ts";
import type { Instant } from "../clock/clock.ts";
import type { JsonObject } from "../json/canonical.ts";

/** What the evidence is about. */
export interface Subject {
  readonly service: string;
  readonly environment: string;
  /** Digest of the artefact that was running, where it is known. */
  readonly artefact?: string;
}

interface EvidenceCommon {
  /** Version of this record's layout. */
  readonly v: 1;
  /**
   * Name of the record, unique in the ledger. It is derived from what the record says (run and
   * check), so that repeating an interrupted step appends nothing twice.
   */
  readonly id: string;
  /** When the facts were seen, not when they were written down. */
  readonly at: Instant;
  /** Who acted: a user's name, or the part of Muster that did. */
  readonly actor: string;
  readonly subject: Subject;
  /** The run that the record belongs to, if any. */
  readonly run: string | null;
}

/** One finished judgement, with the digests of the facts that it rests on. */
export interface JudgementEvidence extends EvidenceCommon {
  readonly kind: "judgement";
  readonly check: string;
  readonly parameters: JsonObject;
  readonly outcome: Outcome;
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** SHA-256 (hex) of the canonical JSON of each declared fact; `null` where it could not be collected. */
  readonly facts: Readonly<Record<string, string | null>>;
  readonly validUntil: Instant;
}

/** A milestone of a run. A run that started always ends in exactly one of the other two. */
export interface RunEvidence extends EvidenceCommon {
  readonly kind: "run";
  readonly run: string;
  readonly milestone: "started" | "completed" | "aborted";
  readonly summary: string;
}

/** A decision of a named person to accept, for a while, that a control is not met. */
export interface WaiverEvidence extends EvidenceCommon {
  readonly kind: "waiver";
  readonly control: string;
  readonly reason: string;
  /** The waiver ends at this instant; a revocation is a later waiver that ended already. */
  readonly until: Instant;
}

/** What one record of the ledger says. */
export type Evidence = JudgementEvidence | RunEvidence | WaiverEvidence;

export const EVIDENCE_KINDS = ["judgement", "run", "waiver"] as const satisfies readonly Evidence["kind"][];
