import type { LiveEvent, Readiness } from "@muster/contract";
import type { QueryClient } from "@tanstack/react-query";
import { KEYS } from "../api/keys.ts";
import type { HeardOfLedger } from "../evidence/arrivals.ts";

/**
 * Brings what the page knows up to date after an event. News of a run is put in place at once; new
 * evidence can change a verdict, which only the server computes, so that is asked for again.
 *
 * @param refresh asks for the readiness again, soon and not too often.
 */
export function applyLiveEvent(event: LiveEvent, queries: QueryClient, refresh: () => void): void {
  switch (event.type) {
    case "run.changed": {
      const { run } = event;
      queries.setQueriesData<Readiness>({ queryKey: KEYS.everyReadiness }, (known) =>
        known && known.environment === run.environment && known.service.name === run.service
          ? { ...known, run }
          : known,
      );
      if (run.state !== "running") refresh();
      return;
    }
    case "evidence.appended":
      queries.setQueryData<HeardOfLedger>(KEYS.ledgerEnd, (known) => ({
        before: known?.before ?? event.from - 1,
        end: Math.max(known?.end ?? 0, event.to),
      }));
      refresh();
      return;
    case "load.changed":
      void queries.invalidateQueries({ queryKey: KEYS.loadTest(event.test) }, { cancelRefetch: false });
      void queries.invalidateQueries({ queryKey: KEYS.everyLoadTests }, { cancelRefetch: false });
  }
}
