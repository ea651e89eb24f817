import { useQuery } from "@tanstack/react-query";
import { TimeSeries } from "../parts/time-series.tsx";
import { Loaded } from "./loaded.tsx";
import type { AccuracyWindow } from "./platform.ts";
import { platformQuery, SOMETIMES_MS, usePlatform } from "./use-platform.ts";

/** How good predictions turned out to be, once somebody told the truth of them. */
export function AccuracyPanel({ base }: { readonly base: string }) {
  const accuracy = useQuery(
    platformQuery<{ windows: readonly AccuracyWindow[] }>(usePlatform(), `${base}/accuracy?limit=60`, SOMETIMES_MS),
  );
  return (
    <section className="section" aria-labelledby="accuracy">
      <h2 id="accuracy">How it turned out</h2>
      <Loaded query={accuracy} label="Reading how good predictions turned out" rows={1}>
        {({ windows }) => <Figures windows={windows.filter(({ told }) => told > 0).toReversed()} />}
      </Loaded>
    </section>
  );
}

function Figures({ windows }: { readonly windows: readonly AccuracyWindow[] }) {
  const kind = windows.at(-1)?.figures?.kind;
  if (kind === undefined) {
    return (
      <p className="soft prose">
        Nobody told the truth of a recorded prediction yet. Each recorded answer carries Muster-Prediction-Id; send the
        ids with what turned out to be true to POST /v1/models/…/truth, and the accuracy of each window stands here.
      </p>
    );
  }
  const versions = [...new Set(windows.map(({ version }) => version))].toSorted();
  const begins = [...new Set(windows.map(({ from }) => from))];
  const valueOf = (window: AccuracyWindow | undefined): number | null => {
    const figures = window?.figures;
    if (!figures) return null;
    return figures.kind === "number" ? figures.mae : figures.accuracy.share;
  };
  const told = windows.reduce((sum, window) => sum + window.told, 0);
  return (
    <div className="panel chart-panel">
      <TimeSeries
        title={kind === "number" ? "Mean absolute error" : "Accuracy"}
        unit={`of ${told.toLocaleString("en-GB")} rows whose truth is known`}
        at={begins.map((begin) => Date.parse(begin))}
        series={versions.map((version) => ({
          label: `version ${version}`,
          values: begins.map((begin) =>
            valueOf(windows.find((each) => each.from === begin && each.version === version)),
          ),
        }))}
      />
    </div>
  );
}
