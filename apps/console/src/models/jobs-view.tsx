import { counted, type Mark } from "@muster/report/reading";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { platformPath } from "../api/client.ts";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { useMay } from "../app/session.ts";
import { Age } from "../parts/age.tsx";
import { Status } from "../parts/mark.tsx";
import { chartNumber } from "../parts/series.ts";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { JobDialog } from "./job-dialog.tsx";
import { Loaded } from "./loaded.tsx";
import type { Job } from "./platform.ts";
import { OFTEN_MS, platformQuery, usePlatform } from "./use-platform.ts";

const MARKS: Readonly<Record<string, Mark>> = {
  queued: { shape: "ring", tone: "neutral", word: "waits" },
  running: { shape: "turning", tone: "neutral", word: "goes on" },
  finished: { shape: "disc", tone: "pass", word: "finished" },
  failed: { shape: "square", tone: "fail", word: "failed" },
  cancelled: { shape: "bar", tone: "neutral", word: "cancelled" },
};

/** Predictions for whole data sets, done while nobody waits. */
export function JobsView() {
  const platform = usePlatform();
  const queries = useQueryClient();
  const mayOperate = useMay("operator");
  const [adding, setAdding] = useState(false);
  const jobs = useQuery(platformQuery<{ total: number; jobs: readonly Job[] }>(platform, "/jobs?limit=50", OFTEN_MS));
  const act = useMutation({
    mutationFn: ({ method, path }: { method: "POST" | "DELETE"; path: string }) => platform.ask(method, path),
    onSettled: () => queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) }),
  });
  return (
    <section className="section" aria-labelledby="jobs">
      <div className="section-head section-bar">
        <h2 id="jobs">Jobs</h2>
        {mayOperate && (
          <button type="button" className="button" onClick={() => setAdding(true)}>
            Predict a data set…
          </button>
        )}
      </div>
      {act.error && <ProblemPanel failure={asFailure(act.error)} />}
      <Loaded query={jobs} label="Reading the jobs" live>
        {(page) =>
          page.jobs.length === 0 ? (
            <Empty title="No job yet">
              A job predicts every row of a data set while nobody waits. How far it is and its result stand here; a
              platform that was stopped goes on where it was.
            </Empty>
          ) : (
            <>
              <ul className="panel jobs">
                {page.jobs.map((job) => (
                  <JobRow key={job.id} job={job} mayChange={mayOperate && !act.isPending} onAct={act.mutate} />
                ))}
              </ul>
              {page.total > page.jobs.length && (
                <p className="small faint">
                  The newest {page.jobs.length} of {page.total}.
                </p>
              )}
            </>
          )
        }
      </Loaded>
      {adding && <JobDialog onClose={() => setAdding(false)} />}
    </section>
  );
}

function JobRow({
  job,
  mayChange,
  onAct,
}: {
  readonly job: Job;
  readonly mayChange: boolean;
  readonly onAct: (act: { method: "POST" | "DELETE"; path: string }) => void;
}) {
  const platform = usePlatform();
  const { id, state, rowsDone, rowsTotal, rowsFailed, rate } = job;
  const ended = job.endedAt !== null;
  const path = `/jobs/${id}`;
  return (
    <li className="job">
      <div className="job-head">
        <Status mark={MARKS[state] ?? { shape: "ring", tone: "unknown", word: state }} />
        <span>
          <strong className="mono">{job.model}</strong> version {job.version} on{" "}
          <span className="mono">{job.dataset}</span> version {job.datasetVersion}
        </span>
        <span className="small faint">
          asked <Age at={job.createdAt} />
        </span>
        <span className="job-acts">
          {state === "finished" && (
            <a className="button button-small" href={platformPath(platform.environment, `${path}/result`)} download>
              <Download size={12} aria-hidden="true" />
              {job.format === "csv" ? "CSV" : "Parquet"}
            </a>
          )}
          {mayChange && !ended && (
            <button
              type="button"
              className="button button-small"
              onClick={() => onAct({ method: "POST", path: `${path}/cancel` })}
            >
              Cancel
            </button>
          )}
          {mayChange && ended && (
            <button type="button" className="button button-small" onClick={() => onAct({ method: "DELETE", path })}>
              Delete
            </button>
          )}
        </span>
      </div>
      <div className="job-progress">
        {!ended && (
          <progress
            value={rowsTotal === 0 ? 1 : rowsDone / rowsTotal}
            max={1}
            aria-label={`Progress of ${job.model} on ${job.dataset}`}
          />
        )}
        <span className="small soft">
          {rowsDone.toLocaleString("en-GB")} of {counted(rowsTotal, "row")}
          {rowsFailed === 0 ? "" : `, ${rowsFailed.toLocaleString("en-GB")} without a prediction`}
          {rate === null ? "" : `, ${chartNumber(rate)} a second`}
          {job.expectedEnd !== null && !ended && (
            <>
              , done <Age at={job.expectedEnd} />
            </>
          )}
          {job.reason === null ? "" : `: ${job.reason}`}
        </span>
      </div>
    </li>
  );
}
