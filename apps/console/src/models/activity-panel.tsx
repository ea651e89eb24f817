import { useQuery } from "@tanstack/react-query";
import { useNow } from "../app/services.ts";
import { ShapeIcon } from "../parts/mark.tsx";
import { TimeSeries } from "../parts/time-series.tsx";
import { activityCharts } from "./activity-series.ts";
import { Loaded } from "./loaded.tsx";
import type { Activity } from "./platform.ts";
import { OFTEN_MS, platformQuery, usePlatform } from "./use-platform.ts";

const MINUTES = 15;

/** What a model does, as it does it: predictions a second, and how long they take. */
export function ActivityPanel({ model, champion }: { readonly model: string; readonly champion: string | undefined }) {
  const platform = usePlatform();
  const path = `/models/${encodeURIComponent(model)}/activity?minutes=${MINUTES}`;
  const activity = useQuery(platformQuery<Activity>(platform, path, OFTEN_MS));
  return (
    <section className="section" aria-labelledby="activity">
      <h2 id="activity">The last {MINUTES} minutes</h2>
      <Loaded query={activity} label="Reading what the model did" live>
        {(data) => <Charts activity={data} champion={champion} limitMs={platform.latencyLimitMs} />}
      </Loaded>
    </section>
  );
}

function Charts({
  activity,
  champion,
  limitMs,
}: {
  readonly activity: Activity;
  readonly champion: string | undefined;
  readonly limitMs: number | undefined;
}) {
  const now = useNow();
  const { at, known, throughput, latency, totals } = activityCharts(activity, champion, MINUTES, now);
  return (
    <>
      <div className="charts">
        <div className="panel chart-panel">
          <TimeSeries title="Throughput" unit="predictions a second" at={at} known={known} series={throughput} />
        </div>
        <div className="panel chart-panel">
          <TimeSeries
            title="Latency, 95th percentile"
            unit="ms"
            at={at}
            known={known}
            series={latency}
            {...(limitMs === undefined ? {} : { threshold: { value: limitMs, label: `limit ${limitMs} ms` } })}
          />
        </div>
      </div>
      <p className="small faint chart-note">
        {totals.answered.toLocaleString("en-GB")} answered, {totals.refused.toLocaleString("en-GB")} refused because the
        inputs did not fit,{" "}
        {totals.failed === 0 ? (
          "0 failed"
        ) : (
          <span className="status" data-tone="fail">
            <ShapeIcon shape="square" />
            {totals.failed.toLocaleString("en-GB")} failed
          </span>
        )}
        ; each point is {activity.windowMs / 1_000} s. Hatched is not known: the platform was not running, or does not
        answer. Counted by one replica, since it started.
      </p>
    </>
  );
}
