import { includesRole } from "@muster/kernel";
import type { Readiness } from "@muster/contract";
import { checksById, readVerdict } from "@muster/report/reading";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { useContext, useEffect, useRef, useState } from "react";
import { asFailure } from "../api/failure.ts";
import { readinessQuery } from "../api/queries.ts";
import { useLive, useServices } from "../app/services.ts";
import { SessionContext } from "../app/session.ts";
import { useTitle } from "../app/title.ts";
import { shellWord } from "../evidence/filters.ts";
import { useRowShortcuts } from "../keyboard/use-shortcuts.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Bones, Delayed } from "../states/skeleton.tsx";
import { StaleNote } from "../states/stale-note.tsx";
import { Empty } from "../states/empty.tsx";
import { ControlRow } from "./control-row.tsx";
import { reveal } from "./reveal.ts";
import { RunDialog } from "./run-dialog.tsx";
import { RunPanel } from "./run-panel.tsx";
import { VerdictHead } from "./verdict-head.tsx";
import { WaiveDialog } from "./waive-dialog.tsx";

/** Can we ship? */
export function ReadinessPage() {
  const { gate } = useSearch({ from: "/shell/readiness" });
  const live = useLive();
  const polling = live.kind === "behind" || live.kind === "offline";
  const { data, error, refetch, dataUpdatedAt } = useQuery(readinessQuery(useServices(), gate, polling));
  useTitle(data && (data.verdict.go ? "Ready" : "Not ready"), data?.service.title ?? "Readiness");
  useRowShortcuts();

  if (!data) {
    return error ? (
      <div className="page">
        <h1 className="hidden-text">Readiness</h1>
        <ProblemPanel failure={asFailure(error)} onRetry={() => void refetch()} />
      </div>
    ) : (
      <ReadinessSkeleton />
    );
  }
  return (
    <>
      {error && (
        <div className="page page-note">
          <ProblemPanel failure={asFailure(error)} onRetry={() => void refetch()} />
        </div>
      )}
      <ReadinessView readiness={data} readAt={dataUpdatedAt} />
    </>
  );
}

/** The page once there is something to show. */
export function ReadinessView({ readiness, readAt }: { readonly readiness: Readiness; readonly readAt: number }) {
  const { verdict, run, environment } = readiness;
  const session = useContext(SessionContext);
  const [waiving, setWaiving] = useState<string>();
  const [starting, setStarting] = useState(false);
  const checks = checksById(readiness.checks);
  const { blockers, waived, met } = readVerdict(verdict);
  const mayWaive = session !== undefined && includesRole(session.role, "approver");
  const mayRun = session !== undefined && includesRole(session.role, "operator");
  useAddressedPart(() => mayRun && setStarting(true));
  const navigate = useNavigate();
  const stopStarting = (): void => {
    setStarting(false);
    // Loading the page again must not ask again.
    if (location.hash === "#run-again") void navigate({ to: "/readiness", search: true, replace: true });
  };
  const onWaive = mayWaive ? setWaiving : undefined;
  const controlToWaive = verdict.controls.find(({ control }) => control.id === waiving)?.control;

  return (
    <div className="page">
      <VerdictHead readiness={readiness} mayRun={mayRun} onRun={() => setStarting(true)} />
      <StaleNote readAt={readAt} />
      {run && <RunPanel run={run} />}
      {blockers.length > 0 && (
        <section className="section" aria-labelledby="blockers">
          <h2 id="blockers">
            What blocks <span className="count">{blockers.length}</span>
          </h2>
          <div className="panel">
            {blockers.map((control) => (
              <ControlRow
                key={control.control.id}
                assessed={control}
                checks={checks}
                onWaive={onWaive}
                open={opens(control)}
              />
            ))}
          </div>
        </section>
      )}
      {waived.length > 0 && (
        <section className="section" aria-labelledby="waived">
          <h2 id="waived">
            What is waived <span className="count">{waived.length}</span>
          </h2>
          <div className="panel">
            {waived.map((control) => (
              <ControlRow key={control.control.id} assessed={control} checks={checks} open={false} />
            ))}
          </div>
        </section>
      )}
      {met.length > 0 && (
        <section className="section" aria-labelledby="holds">
          <details className="fold holds" open={verdict.go}>
            <summary data-row>
              <h2 id="holds">
                What holds <span className="count">{met.length}</span>
              </h2>
            </summary>
            <div className="panel">
              {met.map((control) => (
                <ControlRow key={control.control.id} assessed={control} checks={checks} open={false} />
              ))}
            </div>
          </details>
        </section>
      )}
      {verdict.controls.length === 0 && (
        <Empty title="The gate has no controls">
          A gate opens when every one of its controls is met. Declare controls in muster.config.ts; what they ask for
          shows here.
        </Empty>
      )}
      <CommandLine command={`muster readiness --gate ${shellWord(verdict.gate)}`} />
      {controlToWaive && (
        <WaiveDialog control={controlToWaive} environment={environment} onClose={() => setWaiving(undefined)} />
      )}
      {starting && <RunDialog readiness={readiness} onClose={stopStarting} />}
    </div>
  );
}

/** Blockers stand open, but one that nobody has looked at yet has nothing to show. */
function opens({ grounds }: Readiness["verdict"]["controls"][number]): boolean {
  return grounds.some((ground) => ground.evidence !== undefined && ground.status !== "met");
}

/** Opens what the fragment of the address names: a control, or the dialog that starts a run. */
function useAddressedPart(onRun: () => void): void {
  const location = useLocation();
  const latest = useRef(onRun);
  useEffect(() => {
    latest.current = onRun;
  });
  // The same address can be chosen twice, and acts each time.
  useEffect(() => {
    if (location.hash === "run-again") latest.current();
    else if (location.hash !== "") reveal(location.hash);
  }, [location]);
}

function ReadinessSkeleton() {
  return (
    <div className="page" aria-busy="true">
      <h1 className="hidden-text">Readiness</h1>
      <Delayed>
        <div className="verdict" aria-hidden="true">
          <span className="bone bone-eyebrow" />
          <span className="bone bone-verdict" />
          <span className="bone bone-strip" />
        </div>
        <div className="panel">
          <Bones rows={6} label="Reading the verdict" />
        </div>
      </Delayed>
    </div>
  );
}
