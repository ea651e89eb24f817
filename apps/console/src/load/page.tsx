import type { LoadTest, LoadTestPage as Page } from "@muster/contract";
import { millisecondsText, shareText, tickText } from "@muster/report/load-reading";
import { counted } from "@muster/report/reading";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { asFailure } from "../api/failure.ts";
import { loadTestsQuery } from "../api/queries.ts";
import { useLive, useServices } from "../app/services.ts";
import { useTitle } from "../app/title.ts";
import { useRowShortcuts } from "../keyboard/use-shortcuts.ts";
import { Age } from "../parts/age.tsx";
import { CommandLine } from "../parts/command-line.tsx";
import { Status } from "../parts/mark.tsx";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Bones, Delayed } from "../states/skeleton.tsx";
import { StaleNote } from "../states/stale-note.tsx";
import { markOfTest, spoken } from "./marks.ts";
import type { LoadSearch } from "./search.ts";

const RECORD_COMMAND = "muster load run checkout.load.ts --record";

/** What will break? */
export function LoadPage() {
  const services = useServices();
  const search = useSearch({ from: "/shell/load" });
  const live = useLive();
  const polling = live.kind === "behind" || live.kind === "offline";
  const list = useQuery(loadTestsQuery(services, search.before, polling));
  useTitle("Load & Drills");
  useRowShortcuts();
  return (
    <div className="page">
      <header className="page-head">
        <h1>Load &amp; Drills</h1>
        <p className="soft">{list.data ? `${counted(list.data.total, "load test")} kept` : " "}</p>
      </header>
      <StaleNote readAt={list.dataUpdatedAt} />
      {list.error && <ProblemPanel failure={asFailure(list.error)} onRetry={() => void list.refetch()} />}
      {list.data ? (
        <LoadList page={list.data} search={search} pending={list.isPlaceholderData} />
      ) : (
        !list.error && (
          <Delayed>
            <div className="panel" aria-busy="true">
              <Bones rows={8} label="Reading the load tests" />
            </div>
          </Delayed>
        )
      )}
    </div>
  );
}

function LoadList({
  page,
  search,
  pending,
}: {
  readonly page: Page;
  readonly search: LoadSearch;
  readonly pending: boolean;
}) {
  if (page.tests.length === 0) {
    return (
      <Empty title={search.before === undefined ? "No load test yet" : "Nothing older"} command={RECORD_COMMAND}>
        A load test that is run with --record stands here: live while it goes on, and with its charts afterwards.{" "}
        {search.before !== undefined && (
          <Link to="/load" search={{}}>
            Show the newest
          </Link>
        )}
      </Empty>
    );
  }
  return (
    <>
      <div className={pending ? "pending" : ""}>
        <table className="records panel" role="table" aria-label="Load tests">
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col" className="load-name">
                Test
              </th>
              <th role="columnheader" scope="col" className="records-mark">
                Result
              </th>
              <th role="columnheader" scope="col">
                Said
              </th>
              <th role="columnheader" scope="col" className="load-figure">
                Per second
              </th>
              <th role="columnheader" scope="col" className="load-figure">
                p95
              </th>
              <th role="columnheader" scope="col" className="load-figure">
                Failed
              </th>
              <th role="columnheader" scope="col" className="records-age">
                Age
              </th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {page.tests.map((test) => (
              <LoadRow key={test.id} test={test} />
            ))}
          </tbody>
        </table>
      </div>
      <nav className="pager" aria-label="Pages of load tests">
        <CommandLine command={RECORD_COMMAND} />
        <span className="pager-links">
          {search.before !== undefined && (
            <Link to="/load" search={{}} className="button">
              Newest
            </Link>
          )}
          {page.next === undefined ? (
            <span className="faint">the list begins here</span>
          ) : (
            <Link to="/load" search={{ before: page.next }} className="button">
              Older
              <ChevronRight size={14} aria-hidden="true" />
            </Link>
          )}
        </span>
      </nav>
    </>
  );
}

function LoadRow({ test }: { readonly test: LoadTest }) {
  const { id, name, target, perSecond, p95, requests, failed, startedAt } = test;
  return (
    <tr role="row" className="record-row load-row">
      <td role="cell" className="load-name">
        <Link to="/load/$id" params={{ id }} className="row-link" data-row preload="intent">
          {name}
        </Link>{" "}
        <span className="faint small">{target}</span>
      </td>
      <td role="cell" className="records-mark">
        <Status mark={markOfTest(test)} />
      </td>
      <td role="cell" className="records-said" title={spoken(test)}>
        {spoken(test)}
      </td>
      <td role="cell" className="load-figure mono">
        {tickText(perSecond)}
      </td>
      <td role="cell" className="load-figure mono">
        {millisecondsText(p95)}
      </td>
      <td role="cell" className="load-figure mono">
        {requests === 0 ? "–" : shareText(failed / requests)}
      </td>
      <td role="cell" className="records-age faint">
        <Age at={startedAt} />
      </td>
    </tr>
  );
}
