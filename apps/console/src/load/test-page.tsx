import type { Headroom, LoadReport, LoadTest, LoadTestDetail } from "@muster/contract";
import {
  courseOf,
  FEWEST_SLICES,
  heatmapHtml,
  millisecondsText,
  shareText,
  sinceStartText,
  tickText,
} from "@muster/report/load-reading";
import { tookText } from "@muster/report/reading";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { asFailure } from "../api/failure.ts";
import { loadTestQuery } from "../api/queries.ts";
import { useLive, useServices } from "../app/services.ts";
import { useTitle } from "../app/title.ts";
import { Age, Instant } from "../parts/age.tsx";
import { ShapeIcon, Status } from "../parts/mark.tsx";
import { TimeSeries } from "../parts/time-series.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Bones, Delayed } from "../states/skeleton.tsx";
import { StaleNote } from "../states/stale-note.tsx";
import { CapacitySteps } from "./capacity-steps.tsx";
import { courseSeries } from "./course-series.ts";
import { usedOf } from "./headroom.ts";
import { markOfTest, markOfThreshold, spoken } from "./marks.ts";

/** One load test: live while it goes on, and as it was. */
export function LoadTestPage() {
  const services = useServices();
  const { id } = useParams({ from: "/shell/load/$id" });
  const live = useLive();
  const polling = live.kind === "behind" || live.kind === "offline";
  const found = useQuery(loadTestQuery(services, id, polling));
  useTitle(found.data?.test.name ?? "Load test", "Load & Drills");
  return (
    <div className="page">
      <nav className="record-nav" aria-label="Load tests">
        <Link to="/load" search={{}} className="quiet-link">
          <ArrowLeft size={14} aria-hidden="true" />
          Load &amp; Drills
        </Link>
      </nav>
      <StaleNote readAt={found.dataUpdatedAt} />
      {found.data ? (
        <TestView detail={found.data} />
      ) : found.error ? (
        <>
          <h1 className="hidden-text">Load test</h1>
          <ProblemPanel failure={asFailure(found.error)} onRetry={() => void found.refetch()} />
        </>
      ) : (
        <>
          <h1 className="hidden-text">Load test</h1>
          <Delayed>
            <div className="panel" aria-busy="true">
              <Bones rows={8} label="Reading the load test" />
            </div>
          </Delayed>
        </>
      )}
    </div>
  );
}

function TestView({ detail: { test, report, capacity, headroom } }: { readonly detail: LoadTestDetail }) {
  const mark = markOfTest(test);
  return (
    <>
      <section className="verdict" aria-label="Verdict">
        <h1 className="verdict-sentence" data-tone={mark.tone}>
          <ShapeIcon shape={mark.shape} />
          <span>
            <span className="verdict-word">{mark.word.toUpperCase()}</span>: {spoken(test)}
          </span>
        </h1>
        <p className="soft">
          {test.name} on <span className="mono">{test.target}</span>, by {test.actor}, begun{" "}
          <Instant at={test.startedAt} />
          {test.state === "lost" && (
            <>
              ; last heard of <Age at={test.updatedAt} />, and it never said that it ended
            </>
          )}
        </p>
        {report && <KeyFigures report={report} />}
      </section>
      {headroom && test.kind === "run" && <HeadroomPanel test={test} headroom={headroom} />}
      {report ? (
        <ReportView report={report} test={test} />
      ) : capacity ? (
        <CapacitySteps finding={capacity} />
      ) : (
        <p className="panel load-note soft">Nothing was counted yet.</p>
      )}
    </>
  );
}

function KeyFigures({ report: { total, durationMs } }: { readonly report: LoadReport }) {
  const { requests, failed, perSecond, response } = total;
  return (
    <dl className="key-figures">
      <KeyFigure name="throughput" value={`${tickText(perSecond)}/s`}>
        {requests.toLocaleString("en-GB")} requests in {tookText(durationMs)}
      </KeyFigure>
      <KeyFigure name="p50" value={millisecondsText(response?.p50)}>
        half of the requests
      </KeyFigure>
      <KeyFigure name="p95" value={millisecondsText(response?.p95)}>
        95 of 100
      </KeyFigure>
      <KeyFigure name="p99" value={millisecondsText(response?.p99)}>
        the slowest {millisecondsText(response?.max)}
      </KeyFigure>
      <KeyFigure name="errors" value={requests === 0 ? "–" : shareText(failed / requests)}>
        {failed.toLocaleString("en-GB")} requests
      </KeyFigure>
    </dl>
  );
}

function KeyFigure({
  name,
  value,
  children,
}: {
  readonly name: string;
  readonly value: string;
  readonly children: ReactNode;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd className="said">{children}</dd>
    </div>
  );
}

function HeadroomPanel({ test, headroom }: { readonly test: LoadTest; readonly headroom: Headroom }) {
  const { share, sentence } = usedOf(test, headroom);
  return (
    <section className="section" aria-labelledby="headroom">
      <h2 id="headroom">What it can take</h2>
      <div className="panel load-note">
        <meter className="load-meter" min={0} max={1} value={Math.min(1, share)} aria-label="Share of the capacity" />
        <p>
          {sentence}. <span className="faint">Found </span>
          <Age at={headroom.at} />{" "}
          <Link to="/load/$id" params={{ id: headroom.test }}>
            by this search
          </Link>
          .
        </p>
      </div>
    </section>
  );
}

function ReportView({ report, test }: { readonly report: LoadReport; readonly test: LoadTest }) {
  return (
    <>
      {report.thresholds.length > 0 && (
        <section className="section" aria-labelledby="thresholds">
          <h2 id="thresholds">
            Thresholds <span className="count">{report.thresholds.length}</span>
          </h2>
          <ul className="panel thresholds">
            {report.thresholds.map((threshold) => (
              <li key={threshold.text}>
                <Status mark={markOfThreshold(threshold, test)} />
                <code className="threshold-text">{threshold.text}</code>
                <span className="soft">{threshold.summary}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="section" aria-labelledby="course">
        <h2 id="course">Course of the run</h2>
        <Course report={report} />
      </section>
      {report.messages.length > 0 && (
        <section className="section" aria-labelledby="errors">
          <h2 id="errors">What went wrong</h2>
          <ul className="panel load-messages">
            {report.messages.slice(0, 20).map(({ message, count }) => (
              <li key={message}>
                <span className="mono">{count.toLocaleString("en-GB")} ×</span> <code>{message}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Steps report={report} />
    </>
  );
}

function Course({ report }: { readonly report: LoadReport }) {
  const charts = useMemo(() => courseSeries(report), [report]);
  const heatmap = useMemo(() => heatmapHtml(report), [report]);
  const answered = courseOf(report).filter(({ slice }) => slice.requests > 0).length;
  if (answered < FEWEST_SLICES) {
    return (
      <p className="panel load-note soft">
        Too short to draw: answers came in fewer than {FEWEST_SLICES} slices of {sinceStartText(report.sliceMs)}.
      </p>
    );
  }
  return (
    <div className="load-charts">
      {charts.map((chart) => (
        <TimeSeries key={chart.title} {...chart} axis="number" axisLabel="Second" />
      ))}
      {heatmap !== undefined && (
        // The same drawing as in the report that is sent around, which escapes every text in it.
        <div className="load-heatmap" dangerouslySetInnerHTML={{ __html: heatmap }} />
      )}
    </div>
  );
}

function Steps({ report }: { readonly report: LoadReport }) {
  const rows = [{ ...report.total, name: "all requests" }, ...report.scenarios.flatMap(({ steps }) => steps)];
  return (
    <section className="section" aria-labelledby="steps">
      <h2 id="steps">Steps</h2>
      <div className="panel scroll" role="region" aria-label="Table of steps" tabIndex={0}>
        <table className="figures">
          <thead>
            <tr>
              {["step", "requests", "per second", "failed", "p50", "p95", "p99", "max"].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, 50).map(({ name, requests, perSecond, failed, response }, index) => (
              <tr key={`${index} ${name}`}>
                <th scope="row">{name}</th>
                <td>{requests.toLocaleString("en-GB")}</td>
                <td>{tickText(perSecond)}</td>
                <td>{failed.toLocaleString("en-GB")}</td>
                <td>{millisecondsText(response?.p50)}</td>
                <td>{millisecondsText(response?.p95)}</td>
                <td>{millisecondsText(response?.p99)}</td>
                <td>{millisecondsText(response?.max)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
