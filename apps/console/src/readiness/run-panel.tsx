import type { Run } from "@muster/kernel";
import { markOfStep, timeline, type TimedStep, tookText } from "@muster/report/reading";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useNow } from "../app/services.ts";
import { Age } from "../parts/age.tsx";
import { ShapeIcon } from "../parts/mark.tsx";

/** The newest run: step by step while it goes on, one line afterwards. */
export function RunPanel({ run }: { readonly run: Run }) {
  const running = run.state === "running";
  const [wanted, setWanted] = useState<boolean>();
  const { steps, totalMs } = timeline(run.steps);
  const open = wanted ?? running;
  return (
    <section className="panel run-panel" aria-label="Newest run">
      <details
        className="fold"
        open={open}
        onToggle={(event) => {
          // Only what the reader did, not what the state of the run did.
          if (event.currentTarget.open !== open) setWanted(event.currentTarget.open);
        }}
      >
        <summary data-row>
          <RunSummary run={run} totalMs={totalMs} />
        </summary>
        <div className="run-body">
          <ol className="steps">
            {steps.map((timed) => (
              <StepRow key={timed.step.id} timed={timed} />
            ))}
          </ol>
          <p className="small soft run-foot">
            {run.state === "aborted" && run.summary !== undefined && <span>{run.summary}</span>}
            <Link to="/evidence" search={{ run: run.id }}>
              evidence of this run
            </Link>
            <span className="mono faint">{run.id}</span>
          </p>
        </div>
      </details>
    </section>
  );
}

function RunSummary({ run, totalMs }: { readonly run: Run; readonly totalMs: number }) {
  if (run.state === "running") {
    const current = run.steps.find((step) => step.state === "running");
    return (
      <span className="run-summary" role="status">
        <ShapeIcon shape="turning" />
        <strong>Run going on</strong>
        <span className="soft">
          {current ? current.title : "starting"}, <Elapsed since={run.startedAt} />
        </span>
      </span>
    );
  }
  const aborted = run.state === "aborted";
  return (
    <span className="run-summary">
      <span data-tone={aborted ? "warn" : "neutral"} className="status">
        <ShapeIcon shape={aborted ? "bar" : "tick"} />
      </span>
      <strong>Last run {run.state}</strong>
      <span className="soft">
        {tookText(totalMs)} of work, <Age at={run.finishedAt ?? run.startedAt} />
      </span>
    </span>
  );
}

function Elapsed({ since }: { readonly since: string }) {
  const now = useNow();
  return <>{Math.max(0, Math.floor((now - Date.parse(since)) / 1_000))} s</>;
}

function StepRow({ timed: { step, from, length } }: { readonly timed: TimedStep }) {
  const { shape, tone, word } = markOfStep(step.state);
  return (
    <li className="step" data-state={step.state}>
      <span className="status" data-tone={tone}>
        <ShapeIcon shape={shape} />
        <span className="hidden-text">{word}</span>
      </span>
      <span className="step-title">{step.title}</span>
      <span className="step-note">{step.note}</span>
      {step.ms !== undefined && (
        <svg className="step-bar" viewBox="0 0 1000 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          <rect x={Math.round(from * 1_000)} y="0" width={Math.max(4, Math.round(length * 1_000))} height="4" />
        </svg>
      )}
      <span className="step-took">{step.ms === undefined ? "" : tookText(step.ms)}</span>
    </li>
  );
}
