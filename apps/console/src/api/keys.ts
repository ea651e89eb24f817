import type { EvidenceFilters } from "../evidence/filters.ts";

/** Names under which answers are kept. */
export const KEYS = {
  session: ["session"],
  everyReadiness: ["readiness"],
  readiness: (gate: string | undefined) => ["readiness", gate ?? null],
  everyEvidence: ["evidence"],
  evidence: (filters: EvidenceFilters) => ["evidence", filters],
  record: (seq: number) => ["record", seq],
  platforms: ["platforms"],
  /** Everything that was asked of one environment's model platform, further parts say what. */
  platform: (environment: string, ...parts: readonly unknown[]) => ["platform", environment, ...parts],
  everyLoadTests: ["load-tests"],
  loadTests: (before: string | undefined) => ["load-tests", before ?? null],
  loadTest: (id: string) => ["load-test", id],
  /** What events told of the ledger. */
  ledgerEnd: ["ledger-end"],
} as const;
