import { keepPreviousData, queryOptions, skipToken } from "@tanstack/react-query";
import type { EvidenceFilters } from "../evidence/filters.ts";
import { verdictHoldsForMs } from "../readiness/expiry.ts";
import type { Services } from "../app/services.ts";
import type { HeardOfLedger } from "../evidence/arrivals.ts";
import { KEYS } from "./keys.ts";

const FIVE_MINUTES_MS = 300_000;
/** Without a stream of changes, how often to look. */
const POLL_MS = 10_000;

export function sessionQuery({ api }: Services) {
  return queryOptions({
    queryKey: KEYS.session,
    queryFn: ({ signal }) => api.session(signal),
    staleTime: FIVE_MINUTES_MS,
    refetchOnWindowFocus: "always",
  });
}

export function readinessQuery({ api, clock }: Services, gate: string | undefined, polling: boolean) {
  return queryOptions({
    queryKey: KEYS.readiness(gate),
    queryFn: ({ signal }) => api.readiness(gate, signal),
    refetchInterval: ({ state: { data } }) => {
      const holds = data ? verdictHoldsForMs(data, clock.now()) : POLL_MS;
      return polling ? Math.min(POLL_MS, holds) : holds;
    },
  });
}

export function evidenceQuery({ api }: Services, filters: EvidenceFilters, polling: boolean) {
  return queryOptions({
    queryKey: KEYS.evidence(filters),
    queryFn: ({ signal }) => api.evidence(filters, signal),
    placeholderData: keepPreviousData,
    refetchInterval: polling ? POLL_MS : false,
  });
}

export function loadTestsQuery({ api }: Services, before: string | undefined, polling: boolean) {
  return queryOptions({
    queryKey: KEYS.loadTests(before),
    queryFn: ({ signal }) => api.loadTests(before, signal),
    placeholderData: keepPreviousData,
    // That a test was lost shows by nothing coming, so it is looked for as long as one goes on.
    refetchInterval: ({ state: { data } }) =>
      polling || data?.tests.some(({ state }) => state === "running") === true ? POLL_MS : false,
  });
}

export function loadTestQuery({ api }: Services, id: string, polling: boolean) {
  return queryOptions({
    queryKey: KEYS.loadTest(id),
    queryFn: ({ signal }) => api.loadTest(id, signal),
    refetchInterval: ({ state: { data } }) => (polling || data?.test.state === "running" ? POLL_MS : false),
  });
}

/** A record never changes, so it is read once. */
export function recordQuery({ api }: Services, seq: number) {
  return queryOptions({
    queryKey: KEYS.record(seq),
    queryFn: ({ signal }) => api.record(seq, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What events told of the ledger, once one did. */
export function ledgerEndQuery() {
  return queryOptions<HeardOfLedger>({ queryKey: KEYS.ledgerEnd, queryFn: skipToken });
}

/** The configuration is read once by the server, so this changes only when Muster is started anew. */
export function platformsQuery({ api }: Services) {
  return queryOptions({
    queryKey: KEYS.platforms,
    queryFn: ({ signal }) => api.platforms(signal),
    staleTime: FIVE_MINUTES_MS,
  });
}
