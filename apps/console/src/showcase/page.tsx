import type { EvidenceDetail, LedgerRecord, Readiness, Verification } from "@muster/contract";
import { OUTCOMES, RUN_STEPS, type Run, waitingSteps } from "@muster/kernel";
import { markOfControl, markOfEvidence, markOfGate, markOfOutcome, markOfStep } from "@muster/report/reading";
import { SAMPLE_CHECKS, SAMPLE_CONTROLS, sampleReport, sampleRun, sampleSteps } from "@muster/report/sample";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure, unreachable } from "../api/failure.ts";
import { LiveContext } from "../app/services.ts";
import { SessionContext } from "../app/session.ts";
import { useTitle } from "../app/title.ts";
import { FilterBar } from "../evidence/filter-bar.tsx";
import { ChainPanel } from "../evidence/proof-panel.tsx";
import { RecordTable } from "../evidence/record-table.tsx";
import { VerificationResult } from "../evidence/verify-chain.tsx";
import { Keys } from "../keyboard/help-dialog.tsx";
import type { LiveState } from "../live/connection.ts";
import { LiveBadgeFor } from "../live/live-badge.tsx";
import { DriftTable } from "../models/drift-table.tsx";
import type { ColumnDrift } from "../models/platform.ts";
import { CommandLine } from "../parts/command-line.tsx";
import "../models/models.css";
import { JsonTree } from "../parts/json-tree.tsx";
import { Status } from "../parts/mark.tsx";
import { TimeSeries } from "../parts/time-series.tsx";
import { ControlRow } from "../readiness/control-row.tsx";
import { RunPanel } from "../readiness/run-panel.tsx";
import { VerdictHead } from "../readiness/verdict-head.tsx";
import { SignInBox } from "../session/sign-in-page.tsx";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Bones } from "../states/skeleton.tsx";
import { StaleNote } from "../states/stale-note.tsx";
import { ThemeSwitch } from "../theme/theme-switch.tsx";

const HOUR = 3_600_000;
/** One client for components that ask; nothing is answered here. */
const queries = new QueryClient({ defaultOptions: { queries: { enabled: false } } });

/** Every component in every state, in both themes, for eyes and for the accessibility tests. */
export function ShowcasePage() {
  useTitle("Components");
  return (
    <QueryClientProvider client={queries}>
      <SessionContext value={{ user: "admin", role: "admin", expiresAt: "2026-11-22T09:00:00.000Z" }}>
        <main className="showcase" id="main">
          <h1>Components</h1>
          {SECTIONS.map(({ title, wide, content }) => (
            <section key={title} className="section" aria-label={title}>
              <h2>{title}</h2>
              <div className={wide ? "showcase-pair showcase-wide" : "showcase-pair"}>
                {(["light", "dark"] as const).map((theme) => (
                  <div
                    key={theme}
                    className={`showcase-theme theme-${theme}`}
                    role="group"
                    aria-label={`${title}, ${theme}`}
                  >
                    {content(theme)}
                  </div>
                ))}
              </div>
            </section>
          ))}
        </main>
      </SessionContext>
    </QueryClientProvider>
  );
}

const report = sampleReport(pretendDigest, Date.now() - 4 * 60_000);
const { controls } = report.verdict;
const readiness: Readiness = {
  service: report.service,
  environment: report.environment,
  at: report.at,
  verdict: report.verdict,
  gates: ["production"],
  checks: SAMPLE_CHECKS,
  head: report.head,
  ...(report.run ? { run: report.run } : {}),
};
const ready: Readiness = {
  ...readiness,
  gates: ["production", "staging"],
  verdict: {
    ...report.verdict,
    go: true,
    sentence: "READY: 11 of 12 controls met; 1 waived",
    controls: controls.map((each) => (each.status === "waived" ? each : { ...each, status: "met" })),
  },
};
const nothingYet: Readiness = {
  ...readiness,
  verdict: {
    ...report.verdict,
    sentence: "NOT READY: 0 of 12 controls met; 12 missing",
    controls: SAMPLE_CONTROLS.map((control) => ({
      control,
      status: "missing",
      grounds: control.checks.map((check) => ({ check, status: "missing", reason: "no evidence yet" })),
    })),
  },
  head: { seq: 0, hash: "0".repeat(64) },
};
const checks = new Map(SAMPLE_CHECKS.map((check) => [check.id, check]));
const running: Run = { ...sampleRun("run-2026-11-21-2", Date.now() - 9_000), state: "running", steps: sampleSteps(4) };
const aborted: Run = {
  ...sampleRun("run-2026-11-21-3", Date.now() - HOUR),
  state: "aborted",
  summary: "the service did not become ready within 30 s",
  steps: waitingSteps().map((step, index) => {
    if (index < 2) return { ...step, state: "done", ms: 400 * (index + 1) };
    return index === 2 ? { ...step, state: "failed", ms: 30_000, note: "not ready within 30 s" } : step;
  }),
};
const failed = controls.find(({ status }) => status === "failed");
const stale = failed && {
  ...failed,
  status: "stale" as const,
  grounds: failed.grounds.map((ground) => ({
    ...ground,
    status: "stale" as const,
    reason: "evidence was good until 2026-11-20T21:04:12.000Z",
  })),
};
const shownControls = [
  failed,
  controls.find(({ status }) => status === "missing"),
  stale,
  controls.find(({ status }) => status === "waived"),
  controls.find(({ grounds }) => grounds.length > 1),
].filter((control) => control !== undefined);
const detail: EvidenceDetail = {
  record: report.records[14] as LedgerRecord,
  facts: {},
};
const intact: Verification = { intact: true, ...report.head };
const broken: Verification = {
  intact: false,
  seq: 56,
  hash: report.head.hash,
  break: { seq: 57, kind: "altered", reason: "record 57 was altered: its content does not give its hash" },
};
const LIVE_STATES: readonly LiveState[] = [
  { kind: "connecting" },
  { kind: "live" },
  { kind: "behind", since: Date.now() - 12_000 },
  { kind: "offline", since: Date.now() - 90_000 },
];
const forbidden = new Failure({
  code: "forbidden",
  status: 403,
  title: "Your role does not allow this",
  detail: "this needs the role approver; you have viewer",
  fix: "Ask an admin for the role that the message names.",
  requestId: "0b0e6c1e-8a0f-4a53-9d8e-0f6f3b0a7c11",
});
const refused = new Failure({
  code: "invalid-request",
  status: 400,
  title: "The request does not hold",
  detail: "the waiver does not hold",
  fix: "Correct the places that are listed.",
  requestId: "7d7f7a52-4d5b-4a1e-b1c7-5bb7b2a0e0aa",
  problems: [
    { path: "until", message: "must be at most 90d ahead" },
    { path: "reason", message: "must not have fewer than 10 characters" },
  ],
});
const COLOURS = [
  "sunken",
  "paper",
  "surface",
  "raised",
  "line",
  "edge",
  "ink",
  "ink-soft",
  "ink-faint",
  "accent",
  "pass",
  "warn",
  "fail",
  "unknown",
  "waived",
] as const;

const SECTIONS: readonly {
  readonly title: string;
  readonly wide?: true;
  readonly content: (theme: string) => ReactNode;
}[] = [
  {
    title: "Colours",
    content: () => (
      <div className="swatches">
        {COLOURS.map((name) => (
          <span key={name} className="swatch">
            <i style={{ background: `var(--${name})` }} />
            {name}
          </span>
        ))}
      </div>
    ),
  },
  {
    title: "States",
    content: () => (
      <>
        <Row>
          {OUTCOMES.map((outcome) => (
            <Status key={outcome} mark={markOfOutcome(outcome)} />
          ))}
        </Row>
        <Row>
          {(["met", "failed", "stale", "missing", "waived"] as const).map((status) => (
            <Status key={status} mark={markOfControl(status)} />
          ))}
        </Row>
        <Row>
          {(["waiting", "running", "done", "failed"] as const).map((state) => (
            <Status key={state} mark={markOfStep(state)} />
          ))}
          <Status mark={markOfGate(true)} />
          <Status mark={markOfGate(false)} />
          {report.records.slice(0, 2).map((record) => (
            <Status key={record.seq} mark={markOfEvidence(record.evidence)} />
          ))}
        </Row>
        <Row>
          {LIVE_STATES.map((live) => (
            <LiveBadgeFor key={live.kind} live={live} now={Date.now()} />
          ))}
        </Row>
      </>
    ),
  },
  {
    title: "Verdict",
    content: () => (
      <>
        <VerdictHead readiness={readiness} mayRun onRun={nothing} />
        <VerdictHead readiness={ready} mayRun={false} onRun={nothing} />
        <VerdictHead readiness={{ ...nothingYet, run: running }} mayRun onRun={nothing} />
      </>
    ),
  },
  {
    title: "Controls",
    content: () => (
      <div className="panel">
        {shownControls.map((control) => (
          <ControlRow
            key={`${control.control.id} ${control.status}`}
            assessed={control}
            checks={checks}
            open={control.status !== "waived"}
            onWaive={nothing}
          />
        ))}
      </div>
    ),
  },
  {
    title: "Runs",
    content: () => (
      <>
        <RunPanel run={running} />
        <RunPanel
          run={{ ...sampleRun("run-2026-11-21-1", Date.now() - 240_000), steps: sampleSteps(RUN_STEPS.length) }}
        />
        <RunPanel run={aborted} />
      </>
    ),
  },
  {
    title: "Evidence",
    wide: true,
    content: () => (
      <>
        <FilterBar
          filters={{ outcome: "fail", kind: "judgement", run: "run-2026-11-21-1" }}
          checks={SAMPLE_CHECKS}
          onChange={nothing}
        />
        <RecordTable records={report.records.slice(0, 9).toReversed()} search={{}} />
        <p className="verify-result">
          <VerificationResult verification={intact} />
        </p>
        <p className="verify-result">
          <VerificationResult verification={broken} />
        </p>
      </>
    ),
  },
  {
    title: "Proof",
    content: () => (
      <>
        <ChainPanel
          detail={detail}
          previous={14}
          proof={{ hash: "holds", link: "holds", facts: { "load-result": "holds" } }}
        />
        <ChainPanel
          detail={detail}
          previous={14}
          proof={{ hash: "differs", link: "differs", facts: { "load-result": "differs" } }}
        />
        <ChainPanel detail={detail} previous={undefined} proof="impossible" />
        <JsonTree
          value={{ status: 200, headers: { "content-type": "text/html" }, redirects: [], body: "", proxy: null }}
        />
      </>
    ),
  },
  {
    title: "Loading, empty, old",
    content: () => (
      <>
        <div className="panel">
          <Bones rows={3} label="Reading" />
        </div>
        <Empty title="No evidence yet" command="muster up">
          Each judgement, run and waiver becomes a record here, linked to the one before it. The first run writes the
          first ones.
        </Empty>
        <LiveContext value={{ kind: "behind", since: Date.now() - 12_000 }}>
          <StaleNote readAt={Date.now() - 12_000} />
        </LiveContext>
        <LiveContext value={{ kind: "offline", since: Date.now() - 90_000 }}>
          <StaleNote readAt={Date.now() - 90_000} />
        </LiveContext>
      </>
    ),
  },
  {
    title: "Problems",
    content: () => (
      <>
        <ProblemPanel failure={unreachable()} onRetry={nothing} />
        <ProblemPanel failure={refused} />
        <ProblemPanel failure={forbidden} />
      </>
    ),
  },
  {
    title: "Acting",
    content: () => (
      <>
        <Row>
          <button type="button" className="button button-primary">
            Run again
          </button>
          <button type="button" className="button">
            Cancel
          </button>
          <button type="button" className="button button-small">
            Waive…
          </button>
          <button type="button" className="button" disabled>
            Verifying
          </button>
          <button type="button" className="arrivals">
            3 new records, show
          </button>
        </Row>
        <Row>
          <ThemeSwitch />
          <CommandLine command="muster evidence verify" />
          <Keys keys={["Ctrl", "K"]} />
        </Row>
        <SignInBox busy={false} onToken={nothing} />
      </>
    ),
  },
  {
    title: "Charts",
    wide: true,
    content: () => (
      <>
        <div className="panel chart-panel">
          <TimeSeries {...chart} title="With a limit and a gap" threshold={{ value: 9, label: "limit 9 ms" }} />
        </div>
        <div className="panel chart-panel">
          <TimeSeries {...chart} title="Far below its limit" threshold={{ value: 500, label: "limit 500 ms" }} />
        </div>
        <div className="panel chart-panel">
          <TimeSeries
            title="Before there is anything"
            unit="ms"
            at={[]}
            series={[{ label: "version 1", values: [] }]}
          />
        </div>
      </>
    ),
  },
  {
    title: "Drift",
    wide: true,
    content: () => <DriftTable columns={drifted} />,
  },
];

const places = Array.from({ length: 40 }, (_, index) => index);
const chart = {
  unit: "ms",
  at: places.map((place) => place * 10_000),
  known: places.map((place) => place > 8 && (place < 20 || place > 24)),
  series: [
    {
      label: "version 1",
      values: places.map((place) => (place > 8 && (place < 20 || place > 24) ? 3 + (place % 7) : null)),
    },
    { label: "version 2", values: places.map((place) => (place > 28 ? 2 + (place % 3) : null)) },
  ],
};
const drifted = (["none", "moderate", "strong", "unknown"] as const).map((verdict, index): ColumnDrift => ({
  column: `column_${index}`,
  kind: "numeric",
  verdict,
  psi: verdict === "unknown" ? null : index * 0.14,
  jensenShannon: verdict === "unknown" ? null : index * 0.1,
  nullShareChange: index === 1 ? 0.02 : 0,
  ks: null,
  reference: { rows: 100, nulls: 0 },
  current: { rows: verdict === "unknown" ? 0 : 100, nulls: 0 },
  bins: [20, 50, 30].map((reference, bin) => ({ label: `${bin * 10}`, reference, current: bin === index ? 60 : 20 })),
}));

function Row({ children }: { readonly children: ReactNode }) {
  return <div className="showcase-row">{children}</div>;
}

function nothing(): void {
  // What is pressed here leads nowhere.
}

/** Something that looks like a digest. The page shows how things look; it proves nothing. */
function pretendDigest(text: string): string {
  let state = 0x811c9dc5;
  let digest = "";
  for (let round = 0; round < 8; round += 1) {
    for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
    digest += (state >>> 0).toString(16).padStart(8, "0");
  }
  return digest;
}
