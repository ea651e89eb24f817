import type { EvidencePage } from "@muster/contract";
import { type EvidenceFilters, isFiltered } from "./filters.ts";

/**
 * How many records came after a page was read. With filters nobody knows how many of them fit, so
 * those that came are counted. A page further back does not change.
 *
 * @param end number of the newest record that an event told of.
 * @param seenEnd what `end` was when the page was last read for that reason.
 */
export function arrivalsSince(
  page: EvidencePage,
  filters: EvidenceFilters,
  end: number | undefined,
  seenEnd: number | undefined,
): number {
  if (end === undefined || filters.before !== undefined) return 0;
  const newestShown = isFiltered(filters) ? (seenEnd ?? page.records[0]?.seq ?? 0) : (page.records[0]?.seq ?? 0);
  return Math.max(0, end - Math.max(newestShown, seenEnd ?? 0));
}

/** Whether rows may move by themselves: on the newest page, while nobody points at them. */
export function mayRefresh(filters: EvidenceFilters, held: boolean): boolean {
  return filters.before === undefined && !held;
}
