import type { EvidencePage as Page } from "@muster/contract";
import { counted } from "@muster/report/reading";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { evidenceQuery, ledgerEndQuery, readinessQuery } from "../api/queries.ts";
import { useLive, useServices } from "../app/services.ts";
import { useTitle } from "../app/title.ts";
import { useRowShortcuts, useShortcuts } from "../keyboard/use-shortcuts.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Bones, Delayed } from "../states/skeleton.tsx";
import { StaleNote } from "../states/stale-note.tsx";
import { arrivalsSince, mayRefresh } from "./arrivals.ts";
import { FilterBar } from "./filter-bar.tsx";
import { changeFilters, type EvidenceFilters, filterCommand, isFiltered } from "./filters.ts";
import { RecordTable } from "./record-table.tsx";
import { VerifyChain } from "./verify-chain.tsx";

/** Can we prove it? */
export function EvidencePage() {
  const services = useServices();
  const filters = useSearch({ from: "/shell/evidence" });
  const navigate = useNavigate();
  const live = useLive();
  const polling = live.kind === "behind" || live.kind === "offline";
  const list = useQuery(evidenceQuery(services, filters, polling));
  const { data: readiness } = useQuery(readinessQuery(services, undefined, false));
  const filterBox = useRef<HTMLInputElement>(null);
  const { hash } = useLocation();
  useTitle("Evidence", readiness?.service.title);
  useRowShortcuts();
  useShortcuts({ "/": () => filterBox.current?.focus() });

  function change(next: Parameters<typeof changeFilters>[1]): void {
    void navigate({ to: "/evidence", search: changeFilters(filters, next), replace: true, resetScroll: false });
  }

  return (
    <div className="page">
      <header className="page-head">
        <h1>Evidence</h1>
        <p className="soft">
          {list.data ? (
            <>
              {counted(list.data.total, "record")}
              {isFiltered(filters) ? " match" : " in the ledger"}
            </>
          ) : (
            " "
          )}
        </p>
        <VerifyChain key={hash === "verify" ? "asked" : "idle"} startNow={hash === "verify"} />
      </header>
      <FilterBar filters={filters} checks={readiness?.checks ?? []} onChange={change} textBox={filterBox} />
      <StaleNote readAt={list.dataUpdatedAt} />
      {list.error && <ProblemPanel failure={asFailure(list.error)} onRetry={() => void list.refetch()} />}
      {list.data ? (
        <EvidenceList page={list.data} readAt={list.dataUpdatedAt} filters={filters} pending={list.isPlaceholderData} />
      ) : (
        !list.error && (
          <Delayed>
            <div className="panel" aria-busy="true">
              <Bones rows={12} label="Reading the ledger" />
            </div>
          </Delayed>
        )
      )}
    </div>
  );
}

function EvidenceList({
  page,
  readAt,
  filters,
  pending,
}: {
  readonly page: Page;
  readonly readAt: number;
  readonly filters: EvidenceFilters;
  readonly pending: boolean;
}) {
  const { holding, held } = useHold();
  const refresh = useArrivals(page, readAt, filters, held);
  const older = page.next === undefined ? undefined : { ...filters, before: page.next };
  const { before, ...newest } = filters;

  if (page.records.length === 0) {
    return isFiltered(filters) || before !== undefined ? (
      <Empty title="No record matches" command={filterCommand(newest)}>
        Every record that fits the filters would stand here.{" "}
        <Link to="/evidence" search={{}}>
          Show all
        </Link>
      </Empty>
    ) : (
      <Empty title="No evidence yet" command="muster up">
        Each judgement, run and waiver becomes a record here, linked to the one before it. The first run writes the
        first ones.
      </Empty>
    );
  }
  return (
    <>
      <div className="records-frame">
        {refresh.waiting > 0 && (
          <button type="button" className="arrivals" onClick={refresh.show}>
            {counted(refresh.waiting, "new record")}, show
          </button>
        )}
        <div className={pending ? "pending" : ""} {...holding}>
          <RecordTable records={page.records} search={filters} />
        </div>
      </div>
      <nav className="pager" aria-label="Pages of the ledger">
        <CommandLine command={filterCommand(newest)} />
        <span className="pager-links">
          {before !== undefined && (
            <Link to="/evidence" search={newest} className="button">
              Newest
            </Link>
          )}
          {older ? (
            <Link to="/evidence" search={older} className="button">
              Older
              <ChevronRight size={14} aria-hidden="true" />
            </Link>
          ) : (
            <span className="faint">{isFiltered(filters) ? "nothing older matches" : "the ledger begins here"}</span>
          )}
        </span>
      </nav>
    </>
  );
}

/** Whether the reader's pointer or focus is on the rows, so that they must not move. */
function useHold() {
  const [pointer, setPointer] = useState(false);
  const [focus, setFocus] = useState(false);
  return {
    held: pointer || focus,
    holding: {
      onPointerEnter: () => setPointer(true),
      onPointerLeave: () => setPointer(false),
      onFocus: () => setFocus(true),
      onBlur: () => setFocus(false),
    },
  };
}

/**
 * Shows new records at once where nothing is disturbed by it, and counts them otherwise. Once counted
 * they wait to be asked for, so that nothing moves while the pointer is on its way to the count.
 */
function useArrivals(
  page: Page,
  readAt: number,
  filters: EvidenceFilters,
  held: boolean,
): { waiting: number; show: () => void } {
  const queries = useQueryClient();
  const { data: ledger } = useQuery(ledgerEndQuery());
  // Where the ledger ended, as far as this page knew, when the list was read.
  const [readEnd, setReadEnd] = useState({ readAt, end: ledger?.end });
  if (readEnd.readAt !== readAt) setReadEnd({ readAt, end: ledger?.end });
  const [counting, setCounting] = useState(false);
  const waiting = arrivalsSince(page, filters, ledger, readEnd.end);
  const atOnce = waiting > 0 && !counting && mayRefresh(filters, held);
  const show = useCallback((): void => {
    setReadEnd((before) => ({ ...before, end: ledger?.end }));
    setCounting(false);
    void queries.invalidateQueries({ queryKey: KEYS.everyEvidence });
  }, [ledger, queries]);
  useEffect(() => {
    if (atOnce) show();
    else if (waiting > 0) setCounting(true);
  }, [atOnce, show, waiting]);
  return { waiting: atOnce ? 0 : waiting, show };
}
