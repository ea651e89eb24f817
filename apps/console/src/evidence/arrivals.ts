import type { EvidencePage } from "@muster/contract";
import { type EvidenceFilters, isFiltered } from "./filters.ts";

/** What events told of the ledger since the console was opened. */
export interface HeardOfLedger {
  /** Number of the newest record before the first event. */
  readonly before: number;
  /** Number of the newest record now. */
  readonly end: number;
}

/**
 * How many records came after a page was read. With filters nobody knows how many of them fit, so
 * those that came are counted. A page further back does not change.
 *
 * @param heard undefined as long as no event told of a record.
 * @param readEnd `heard.end` as it was when the page was read.
 */
export function arrivalsSince(
  page: EvidencePage,
  filters: EvidenceFilters,
  heard: HeardOfLedger | undefined,
  readEnd: number | undefined,
): number {
  if (heard === undefined || filters.before !== undefined) return 0;
  const known = readEnd ?? heard.before;
  const newestShown = page.records[0]?.seq ?? 0;
  return Math.max(0, heard.end - (isFiltered(filters) ? known : Math.max(known, newestShown)));
}

/** Whether rows may move by themselves: on the newest page, while nobody points at them. */
export function mayRefresh(filters: EvidenceFilters, held: boolean): boolean {
  return filters.before === undefined && !held;
}
