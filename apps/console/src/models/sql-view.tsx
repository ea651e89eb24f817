import { counted } from "@muster/report/reading";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { platformPath } from "../api/client.ts";
import { asFailure, type Failure } from "../api/failure.ts";
import { shellWord } from "../evidence/filters.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { cellText, millisecondsText } from "./figures.ts";
import { Loaded, NeedsRole } from "./loaded.tsx";
import type { DatasetSummary, QueryResult } from "./platform.ts";
import { ResultChart } from "./result-chart.tsx";
import { LONGEST_SQL_IN_ADDRESS } from "./search.ts";
import { tablesIn } from "./sql-tables.ts";
import { platformQuery, usePlatform } from "./use-platform.ts";

const PAGE_ROWS = 100;

/** Asks the data in SQL. The question runs on the platform, bounded, and can be cancelled. */
export function SqlView({ asked }: { readonly asked: string | undefined }) {
  return (
    <NeedsRole role="responder" what="Asking the data">
      <SqlBox asked={asked} />
    </NeedsRole>
  );
}

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly abort: AbortController }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "done"; readonly result: QueryResult };

function SqlBox({ asked }: { readonly asked: string | undefined }) {
  const platform = usePlatform();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/models" });
  const datasets = useQuery(platformQuery<readonly DatasetSummary[]>(platform, "/datasets"));
  const known = usable(datasets.data);
  const [typed, setTyped] = useState<string>();
  const first = known[0];
  const sql = typed ?? asked ?? (first === undefined ? "" : `select *\nfrom ${first}\nlimit 100`);
  const [state, setState] = useState<State>({ kind: "idle" });
  const tables = tablesIn(sql, known);
  const running = useRef<AbortController>(undefined);
  // A question whose page was left is not worth computing on.
  useEffect(() => () => running.current?.abort(), []);

  async function run(): Promise<void> {
    if (sql.trim() === "" || state.kind === "running") return;
    const abort = new AbortController();
    running.current = abort;
    setState({ kind: "running", abort });
    void navigate({
      to: "/models",
      search: { ...search, ...(sql.length <= LONGEST_SQL_IN_ADDRESS ? { sql } : { sql: undefined }) } as typeof search,
      replace: true,
      resetScroll: false,
    });
    try {
      // Whoever types faster than the list comes must not be told that there is no such table.
      const list = datasets.data ?? (await datasets.refetch()).data;
      const { answer } = await platform.ask<QueryResult>("POST", "/queries", {
        body: { sql, datasets: tablesIn(sql, usable(list)).map((dataset) => ({ dataset })), limit: PAGE_ROWS },
        signal: abort.signal,
      });
      setState({ kind: "done", result: answer });
    } catch (error) {
      setState(abort.signal.aborted ? { kind: "cancelled" } : { kind: "failed", failure: asFailure(error) });
    }
  }

  return (
    <>
      <form
        className="panel sql"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <label className="sql-label">
          <span className="hidden-text">Question in SQL</span>
          <textarea
            className="mono sql-text"
            rows={6}
            value={sql}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            placeholder="select … from a data set"
            aria-describedby="sql-note"
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                void run();
              }
            }}
          />
        </label>
        <div className="sql-foot">
          {state.kind === "running" ? (
            // A key, so that the browser does not take the end of this click for one on the button after it.
            <button key="cancel" type="button" className="button" onClick={() => state.abort.abort()}>
              Cancel
            </button>
          ) : (
            <button key="run" type="submit" className="button button-primary" disabled={sql.trim() === ""}>
              Run
            </button>
          )}
          <span className="keycaps">
            <kbd>Ctrl</kbd>
            <kbd>Enter</kbd>
          </span>
          <p id="sql-note" className="small faint">
            {tables.length > 0 ? `Reads ${tables.join(", ")}. ` : ""}One SELECT; it can change nothing.
          </p>
        </div>
      </form>
      <Loaded query={datasets} label="Reading the data sets" rows={1}>
        {(list) => <Tables datasets={list} onChoose={(name) => setTyped(`select *\nfrom ${name}\nlimit 100`)} />}
      </Loaded>
      <div aria-live="polite" className="section">
        {state.kind === "running" && (
          <p className="soft" role="status">
            Asking. Leaving this part cancels it.
          </p>
        )}
        {state.kind === "cancelled" && <p className="soft">Cancelled; nothing was kept of it.</p>}
        {state.kind === "failed" && <ProblemPanel failure={state.failure} />}
        {state.kind === "done" && <Result key={state.result.id} first={state.result} />}
      </div>
      {sql.trim() !== "" && <CommandLine command={queryCommand(sql, tables)} />}
    </>
  );
}

function Tables({
  datasets,
  onChoose,
}: {
  readonly datasets: readonly DatasetSummary[];
  readonly onChoose: (name: string) => void;
}) {
  const search = useSearch({ from: "/shell/models" });
  const { sql: _, ...kept } = search;
  if (datasets.length === 0) {
    return (
      <Empty title="There is no data yet">
        Upload a file under{" "}
        <Link to="/models" search={{ ...kept, view: "data" }}>
          Data
        </Link>
        ; it is a table here at once.
      </Empty>
    );
  }
  return (
    <p className="sql-tables">
      <span className="small faint">Tables</span>
      {datasets.map(({ name, current }) => (
        <button
          key={name}
          type="button"
          className="chip chip-quiet"
          disabled={current === null}
          title={current === null ? "No version passed its rules" : `Version ${current}`}
          onClick={() => onChoose(name)}
        >
          <span className="mono">{name}</span>
        </button>
      ))}
    </p>
  );
}

function Result({ first }: { readonly first: QueryResult }) {
  const platform = usePlatform();
  const [offset, setOffset] = useState(0);
  const [chart, setChart] = useState(false);
  const path = `/queries/${first.id}?offset=${offset}&limit=${PAGE_ROWS}`;
  const page = useQuery({
    ...platformQuery<QueryResult>(platform, path),
    ...(offset === 0 ? { initialData: first } : {}),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { columns, rows } = page.data ?? first;
  const { totalRows } = first;
  const download = (format: string): string =>
    platformPath(platform.environment, `/queries/${first.id}/export?format=${format}`);
  const last = Math.min(offset + PAGE_ROWS, totalRows);
  return (
    <section className="section" aria-labelledby="result">
      <div className="section-head section-bar">
        <h2 id="result">
          Result{" "}
          <span className="count">
            {counted(totalRows, "row")} in {millisecondsText(first.elapsedMs)}
          </span>
        </h2>
        <span className="result-acts">
          <button type="button" className="button button-small" aria-pressed={chart} onClick={() => setChart(!chart)}>
            {chart ? "Table" : "Chart"}
          </button>
          {["csv", "parquet"].map((format) => (
            <a key={format} className="button button-small" href={download(format)} download>
              <Download size={12} aria-hidden="true" />
              {format === "csv" ? "CSV" : "Parquet"}
            </a>
          ))}
        </span>
      </div>
      {page.error && <ProblemPanel failure={asFailure(page.error)} onRetry={() => void page.refetch()} />}
      {totalRows === 0 ? (
        <p className="soft">The question was answered, and no row fits it.</p>
      ) : chart ? (
        <ResultChart columns={columns} rows={rows} />
      ) : (
        <div
          className={page.isPlaceholderData ? "panel table-scroll pending" : "panel table-scroll"}
          tabIndex={0}
          role="region"
          aria-labelledby="result"
        >
          <table className="grid">
            <thead>
              <tr>
                {columns.map(({ name, type }, index) => (
                  <th key={index} scope="col" className={isNumber(type) ? "number" : ""} title={type}>
                    {name} <span className="faint small">{type.toLowerCase()}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, place) => (
                <tr key={place}>
                  {row.map((value, index) => (
                    <td
                      key={index}
                      className={`mono ${isNumber(columns[index]?.type ?? "") ? "number" : ""} ${value === null ? "faint" : ""}`}
                    >
                      {cellText(value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {totalRows > PAGE_ROWS && (
        <nav className="pager" aria-label="Pages of the result">
          <span className="soft">
            rows {(offset + 1).toLocaleString("en-GB")} to {last.toLocaleString("en-GB")}
            {chart ? ", which the chart shows" : ""}
          </span>
          <span className="pager-links">
            <button
              type="button"
              className="button"
              disabled={offset === 0}
              onClick={() => setOffset(Math.max(0, offset - PAGE_ROWS))}
            >
              <ChevronLeft size={14} aria-hidden="true" />
              Before
            </button>
            <button
              type="button"
              className="button"
              disabled={last >= totalRows}
              onClick={() => setOffset(offset + PAGE_ROWS)}
            >
              After
              <ChevronRight size={14} aria-hidden="true" />
            </button>
          </span>
        </nav>
      )}
    </section>
  );
}

/** Data sets with a version that passed its rules; the others are no tables. */
function usable(datasets: readonly DatasetSummary[] | undefined): readonly string[] {
  return datasets?.filter(({ current }) => current !== null).map(({ name }) => name) ?? [];
}

/** Types whose values stand under each other by their last digit. */
export function isNumber(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|DECIMAL)/.test(type.toUpperCase());
}

function queryCommand(sql: string, tables: readonly string[]): string {
  const body = JSON.stringify({ sql, datasets: tables.map((dataset) => ({ dataset })) });
  return `curl -s "$MODELS_URL/v1/queries" -H "authorization: Bearer $KEY" -H 'content-type: application/json' -d ${shellWord(body)}`;
}
