import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTitle } from "../app/title.ts";
import { useRowShortcuts } from "../keyboard/use-shortcuts.ts";
import { Status } from "../parts/mark.tsx";
import { ActivityPanel } from "./activity-panel.tsx";
import { CardPanel } from "./card-panel.tsx";
import { DriftPanel } from "./drift-panel.tsx";
import { PlatformFrame } from "./frame.tsx";
import { Loaded } from "./loaded.tsx";
import type { Alias, AliasRecord, ModelSummary, ModelVersion } from "./platform.ts";
import type { ModelTab } from "./search.ts";
import { TrafficPanel } from "./traffic-panel.tsx";
import { TryPanel } from "./try-panel.tsx";
import { optionalPlatformQuery, platformQuery, SOMETIMES_MS, usePlatform } from "./use-platform.ts";
import { VersionsPanel } from "./versions-panel.tsx";

const WORDS: Readonly<Record<ModelTab, string>> = {
  overview: "Overview",
  try: "Try it",
  versions: "Versions",
  traffic: "Traffic",
  drift: "Drift",
};

/** A part is the one that is shown only when the whole address says so. */
const EXACTLY = { exact: true, includeSearch: true } as const;

/** One model: what it does now, and what can be done with it. */
export function ModelPage() {
  const { environment } = useSearch({ from: "/shell/models/$model" });
  return (
    <PlatformFrame environment={environment}>
      <Model />
    </PlatformFrame>
  );
}

/** A model's versions and what its aliases name. */
export interface ModelState {
  readonly model: string;
  readonly versions: readonly ModelVersion[];
  readonly champion: AliasRecord | null;
  readonly challenger: AliasRecord | null;
}

function Model() {
  const { model } = useParams({ from: "/shell/models/$model" });
  const platform = usePlatform();
  const base = `/models/${encodeURIComponent(model)}`;
  const versions = useQuery(platformQuery<readonly ModelVersion[]>(platform, `${base}/versions`, SOMETIMES_MS));
  // The list says which aliases there are, so that none is asked for in vain.
  const models = useQuery(platformQuery<readonly ModelSummary[]>(platform, "/models", SOMETIMES_MS));
  const aliases = models.data?.find(({ name }) => name === model)?.aliases;
  const champion = useAlias(base, "champion", aliases);
  const challenger = useAlias(base, "challenger", aliases);
  useTitle(versions.data?.[0]?.card.title ?? model, "Models");
  useRowShortcuts();
  const state =
    versions.data && champion.data !== undefined && challenger.data !== undefined
      ? { model, versions: versions.data, champion: champion.data, challenger: challenger.data }
      : undefined;
  const failed = [versions, models, champion, challenger].find(({ error }) => error !== null);
  return (
    <div className="page">
      <ModelHead model={model} state={state} />
      {state && !failed ? (
        <Tabs state={state} />
      ) : (
        <Loaded
          query={{ ...versions, data: state, error: failed?.error ?? null } as UseQueryResult<ModelState>}
          label="Reading the model"
          rows={6}
        >
          {(known) => <Tabs state={known} />}
        </Loaded>
      )}
    </div>
  );
}

/** What an alias names; `null` where the model has none. */
function useAlias(
  base: string,
  alias: Alias,
  aliases: ModelSummary["aliases"] | undefined,
): Pick<UseQueryResult<AliasRecord | null>, "data" | "error"> {
  const exists = aliases?.[alias] !== undefined;
  const record = useQuery({
    ...optionalPlatformQuery<AliasRecord>(usePlatform(), `${base}/aliases/${alias}`, SOMETIMES_MS),
    enabled: exists,
  });
  const data = aliases === undefined || exists ? record.data : null;
  // An alias that was just made is read in a moment; until then the page stays as it was.
  const [before, setBefore] = useState(data);
  if (data !== undefined && data !== before) setBefore(data);
  return { data: data === undefined ? before : data, error: exists ? record.error : null };
}

function ModelHead({ model, state }: { readonly model: string; readonly state: ModelState | undefined }) {
  const search = useSearch({ from: "/shell/models/$model" });
  const served = state?.versions.find(({ version }) => version === state.champion?.version) ?? state?.versions[0];
  return (
    <header className="verdict verdict-page">
      <p className="eyebrow">
        <Link
          to="/models"
          search={search.environment === undefined ? {} : { environment: search.environment }}
          className="quiet-link"
        >
          Models
        </Link>
        <span className="mono">{model}</span>
        {state && (
          <>
            {state.champion ? (
              <Status mark={{ shape: "disc", tone: "pass", word: `champion is version ${state.champion.version}` }} />
            ) : (
              <Status mark={{ shape: "ring", tone: "unknown", word: "no champion" }} />
            )}
            {state.challenger && (
              <Status
                mark={{ shape: "diamond", tone: "waived", word: `challenger is version ${state.challenger.version}` }}
              />
            )}
          </>
        )}
      </p>
      <h1>{served?.card.title ?? model}</h1>
      {served?.card.description !== undefined && <p className="soft prose">{served.card.description}</p>}
    </header>
  );
}

/** Columns of data sets that the model would take in, by its card. */
function columnsOf(version: ModelVersion | undefined): readonly string[] {
  return version?.card.inputs?.flatMap(({ columns }) => columns.map(({ name }) => name)) ?? [];
}

function Tabs({ state }: { readonly state: ModelState }) {
  const { tab = "overview", ...search } = useSearch({ from: "/shell/models/$model" });
  const { model, versions, champion } = state;
  const wanted = search.version ?? champion?.version;
  const chosen = versions.find(({ version }) => version === wanted) ?? versions[0];
  return (
    <>
      <nav className="tabs" aria-label={`Parts of ${model}`}>
        {(Object.keys(WORDS) as ModelTab[]).map((each) => (
          <Link
            key={each}
            to="/models/$model"
            params={{ model }}
            search={each === "overview" ? search : { ...search, tab: each }}
            className="tab"
            aria-current={each === tab ? "page" : undefined}
            activeOptions={EXACTLY}
            activeProps={{}}
            resetScroll={false}
          >
            {WORDS[each]}
          </Link>
        ))}
      </nav>
      {tab === "overview" && (
        <>
          <ActivityPanel model={model} champion={champion?.version} />
          {chosen && <CardPanel version={chosen} />}
        </>
      )}
      {tab === "try" && chosen && <TryPanel key={chosen.version} version={chosen} state={state} />}
      {tab === "versions" && <VersionsPanel state={state} />}
      {tab === "traffic" && <TrafficPanel state={state} />}
      {tab === "drift" && <DriftPanel model={model} columns={columnsOf(chosen)} />}
    </>
  );
}
