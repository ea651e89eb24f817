import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Boxes, Database, ListChecks, MessageCircleQuestion, Zap } from "lucide-react";
import { useNow } from "../app/services.ts";
import { useTitle } from "../app/title.ts";
import { useRowShortcuts } from "../keyboard/use-shortcuts.ts";
import { chartNumber } from "../parts/series.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Empty } from "../states/empty.tsx";
import { CacheView } from "./cache-view.tsx";
import { DataView } from "./data-view.tsx";
import { EnvironmentChoice, PlatformFrame } from "./frame.tsx";
import { JobsView } from "./jobs-view.tsx";
import { Loaded } from "./loaded.tsx";
import { activityCharts } from "./activity-series.ts";
import { millisecondsText } from "./figures.ts";
import type { Activity, ModelSummary } from "./platform.ts";
import type { ModelsView } from "./search.ts";
import { Spark } from "./spark.tsx";
import { SqlView } from "./sql-view.tsx";
import { platformQuery, SOMETIMES_MS, usePlatform } from "./use-platform.ts";

const WORDS: Readonly<Record<ModelsView, string>> = {
  models: "Models",
  data: "Data",
  sql: "SQL",
  jobs: "Jobs",
  cache: "Cache",
};
const SPARK_MINUTES = 15;
/** Models beyond these are not asked for what they do: each is a question every few seconds. */
const MOST_SPARKS = 20;
const ICONS = { models: Boxes, data: Database, sql: MessageCircleQuestion, jobs: ListChecks, cache: Zap } as const;

/** A part is the one that is shown only when the whole address says so. */
const EXACTLY = { exact: true, includeSearch: true } as const;

/** What answers, how well, and from which data? */
export function ModelsPage() {
  const { environment } = useSearch({ from: "/shell/models" });
  return (
    <PlatformFrame environment={environment}>
      <ModelsParts />
    </PlatformFrame>
  );
}

function ModelsParts() {
  const search = useSearch({ from: "/shell/models" });
  const { view = "models" } = search;
  const { environment } = usePlatform();
  useTitle(view === "models" ? "Models" : WORDS[view], "Models");
  useRowShortcuts();
  const kept = search.environment === undefined ? {} : { environment: search.environment };
  return (
    <div className="page">
      <header className="page-head">
        <h1>Models</h1>
        <EnvironmentChoice current={environment} />
      </header>
      <nav className="tabs" aria-label="Parts of Models">
        {(Object.keys(WORDS) as ModelsView[]).map((each) => {
          const Icon = ICONS[each];
          return (
            <Link
              key={each}
              to="/models"
              search={each === "models" ? kept : { ...kept, view: each }}
              className="tab"
              aria-current={each === view ? "page" : undefined}
              activeOptions={EXACTLY}
              activeProps={{}}
              resetScroll={false}
            >
              <Icon size={14} aria-hidden="true" />
              {WORDS[each]}
            </Link>
          );
        })}
      </nav>
      {view === "models" && <ModelList />}
      {view === "data" && <DataView dataset={search.dataset} />}
      {view === "sql" && <SqlView asked={search.sql} />}
      {view === "jobs" && <JobsView />}
      {view === "cache" && <CacheView />}
    </div>
  );
}

function ModelList() {
  const platform = usePlatform();
  const search = useSearch({ from: "/shell/models" });
  const models = useQuery(platformQuery<readonly ModelSummary[]>(platform, "/models", SOMETIMES_MS));
  return (
    <Loaded query={models} label="Reading the models" live>
      {(list) =>
        list.length === 0 ? (
          <Empty title="No model yet" command={UPLOAD_COMMAND}>
            Each model that is uploaded stands here with its versions, its traffic and a form to try it.
          </Empty>
        ) : (
          <>
            <table className="grid panel model-list" role="table" aria-label="Models">
              <thead role="rowgroup">
                <tr role="row">
                  <th role="columnheader" scope="col">
                    Model
                  </th>
                  <th role="columnheader" scope="col">
                    Champion
                  </th>
                  <th role="columnheader" scope="col">
                    Challenger
                  </th>
                  <th role="columnheader" scope="col" className="number">
                    Versions
                  </th>
                  <th role="columnheader" scope="col">
                    Predictions a second, last {SPARK_MINUTES} min
                  </th>
                  <th role="columnheader" scope="col" className="number">
                    p95
                  </th>
                </tr>
              </thead>
              <tbody role="rowgroup">
                {list.map(({ name, versions, aliases }, index) => (
                  <tr key={name} role="row" className="list-row">
                    <td role="cell" className="model-name">
                      <Link
                        to="/models/$model"
                        params={{ model: name }}
                        search={search.environment === undefined ? {} : { environment: search.environment }}
                        className="row-link"
                        data-row
                      >
                        {name}
                      </Link>
                    </td>
                    <td role="cell" data-label="Champion">
                      <VersionText version={aliases["champion"]} none="none: nothing answers by name" />
                    </td>
                    <td role="cell" data-label="Challenger">
                      <VersionText version={aliases["challenger"]} none="none" />
                    </td>
                    <td role="cell" data-label="Versions" className="number mono">
                      {versions.length}
                    </td>
                    {index < MOST_SPARKS ? <LiveCells model={name} /> : <NoCells />}
                  </tr>
                ))}
              </tbody>
            </table>
            <CommandLine command='curl -s "$MODELS_URL/v1/models" -H "authorization: Bearer $KEY"' />
          </>
        )
      }
    </Loaded>
  );
}

/** What a model does now, small. */
function LiveCells({ model }: { readonly model: string }) {
  const now = useNow();
  const path = `/models/${encodeURIComponent(model)}/activity?minutes=${SPARK_MINUTES}`;
  const activity = useQuery(platformQuery<Activity>(usePlatform(), path, SOMETIMES_MS));
  if (!activity.data) return <NoCells />;
  const { at, known, throughput, latency } = activityCharts(activity.data, undefined, SPARK_MINUTES, now);
  const total = at.map((_, index) =>
    known[index] === true ? throughput.reduce((sum, { values }) => sum + (values[index] ?? 0), 0) : null,
  );
  const last = total.at(-1);
  const p95 = Math.max(...latency.map(({ values }) => values.findLast((value) => value !== null) ?? 0));
  return (
    <>
      <td role="cell" data-label="Now">
        <span className="spark">
          <Spark values={total} />
          <span className="mono">{last === null || last === undefined ? "not known" : `${chartNumber(last)}/s`}</span>
        </span>
      </td>
      <td role="cell" data-label="p95" className="number mono">
        {p95 === 0 ? <span className="faint">–</span> : millisecondsText(p95)}
      </td>
    </>
  );
}

function NoCells() {
  return (
    <>
      <td role="cell" data-label="Now" className="faint">
        not known
      </td>
      <td role="cell" data-label="p95" className="number faint">
        –
      </td>
    </>
  );
}

const UPLOAD_COMMAND = `curl -s "$MODELS_URL/v1/models/churn/versions" -H "authorization: Bearer $KEY" -F card='{"title":"Churn"}' -F model=@churn.onnx`;

function VersionText({ version, none }: { readonly version: string | undefined; readonly none: string }) {
  return version === undefined ? (
    <span className="faint">{none}</span>
  ) : (
    <span className="mono">version {version}</span>
  );
}
