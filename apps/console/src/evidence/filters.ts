import type { Outcome } from "@muster/kernel";

/** Kinds and outcomes in the order in which the page offers them. */
export const KINDS = ["judgement", "run", "waiver"] as const;
export const OUTCOMES_WORST_FIRST = ["fail", "warn", "unknown", "pass"] as const satisfies readonly Outcome[];

export type Kind = (typeof KINDS)[number];

/** What the evidence page shows, as its address says. Every view is a link. */
export interface EvidenceFilters {
  readonly kind?: Kind;
  readonly outcome?: Outcome;
  readonly check?: string;
  readonly text?: string;
  readonly run?: string;
  readonly environment?: string;
  /** Cursor of the page, as the page before it named it. Absent on the newest. */
  readonly before?: number;
}

/**
 * Reads filters from an address. What is not understood is left out rather than refused, so that an
 * old or mistyped link still opens something.
 */
export function readFilters(search: Readonly<Record<string, unknown>>): EvidenceFilters {
  const kind = KINDS.find((each) => each === search["kind"]);
  const outcome = OUTCOMES_WORST_FIRST.find((each) => each === search["outcome"]);
  const check = words(search["check"], 100);
  const text = words(search["text"], 200);
  const run = words(search["run"], 64);
  const environment = words(search["environment"], 64);
  const before = Number(search["before"]);
  return {
    ...(kind ? { kind } : {}),
    ...(outcome ? { outcome } : {}),
    ...(check ? { check } : {}),
    ...(text ? { text } : {}),
    ...(run ? { run } : {}),
    ...(environment ? { environment } : {}),
    ...(Number.isSafeInteger(before) && before >= 1 ? { before } : {}),
  };
}

/** Filters as the query of the API, the empty string when there is none. */
export function filterQuery(filters: EvidenceFilters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query}`;
}

/**
 * Filters after a change. The cursor is dropped, since it belongs to the list before the change, and
 * an outcome with a kind that has none is dropped too.
 */
export function changeFilters(
  filters: EvidenceFilters,
  change: { readonly [K in keyof EvidenceFilters]: EvidenceFilters[K] | undefined },
): EvidenceFilters {
  const { before: _, ...next } = { ...filters, ...change };
  if (change.outcome !== undefined && next.kind !== "judgement") next.kind = undefined;
  if (change.kind !== undefined && change.kind !== "judgement") next.outcome = undefined;
  return readFilters(next);
}

/** Whether the list is cut down at all; where in it one stands does not count. */
export function isFiltered(filters: EvidenceFilters): boolean {
  const { before: _, ...rest } = filters;
  return Object.keys(rest).length > 0;
}

/** The command that lists the same. */
export function filterCommand(filters: EvidenceFilters): string {
  const options = (["kind", "outcome", "check", "run", "environment", "text"] as const).flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [`--${name} ${shellWord(value)}`];
  });
  return ["muster evidence list", ...options].join(" ");
}

/** A word as a POSIX shell reads it back. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function words(value: unknown, longest: number): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).trim();
  return text === "" ? undefined : text.slice(0, longest);
}
