import type { EvidenceFilters } from "../evidence/filters.ts";

/** Names under which answers are kept. */
export const KEYS = {
  session: ["session"],
  everyReadiness: ["readiness"],
  readiness: (gate: string | undefined) => ["readiness", gate ?? null],
  everyEvidence: ["evidence"],
  evidence: (filters: EvidenceFilters) => ["evidence", filters],
  record: (seq: number) => ["record", seq],
  /** What events told of the ledger. */
  ledgerEnd: ["ledger-end"],
} as const;
