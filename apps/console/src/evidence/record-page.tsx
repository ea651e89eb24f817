import type { EvidenceDetail } from "@muster/contract";
import { evidenceSentence, evidenceTitle, markOfEvidence } from "@muster/report/reading";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, ChevronLeft, ChevronRight } from "lucide-react";
import { asFailure, failureOf } from "../api/failure.ts";
import { ledgerEndQuery, readinessQuery, recordQuery } from "../api/queries.ts";
import { useServices } from "../app/services.ts";
import { useTitle } from "../app/title.ts";
import { useShortcuts } from "../keyboard/use-shortcuts.ts";
import { Age, Instant } from "../parts/age.tsx";
import { CommandLine } from "../parts/command-line.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { JsonTree } from "../parts/json-tree.tsx";
import { ShapeIcon, Status } from "../parts/mark.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Bones, Delayed } from "../states/skeleton.tsx";
import type { EvidenceFilters } from "./filters.ts";
import { ProofPanel } from "./proof-panel.tsx";

/** One record with what it rests on. */
export function RecordPage() {
  const services = useServices();
  const { seq: text } = useParams({ from: "/shell/evidence/$seq" });
  const filters = useSearch({ from: "/shell/evidence/$seq" });
  const seq = Number(text);
  const valid = Number.isSafeInteger(seq) && seq >= 1;
  const record = useQuery({ ...recordQuery(services, seq), enabled: valid });
  const { data: readiness } = useQuery(readinessQuery(services, undefined, false));
  const { data: heard } = useQuery(ledgerEndQuery());
  const last = Math.max(readiness?.head.seq ?? 0, heard?.end ?? 0);
  useTitle(`Record #${text}`, "Evidence");

  return (
    <div className="page">
      <RecordNav seq={valid ? seq : 1} last={last} filters={filters} />
      {record.data ? (
        <RecordView detail={record.data} />
      ) : !valid || record.error ? (
        <>
          <h1 className="hidden-text">Record {text}</h1>
          <ProblemPanel
            failure={valid ? asFailure(record.error) : noSuchRecord(text)}
            onRetry={() => void record.refetch()}
          />
        </>
      ) : (
        <>
          <h1 className="hidden-text">Record {text}</h1>
          <Delayed>
            <div className="panel" aria-busy="true">
              <Bones rows={8} label="Reading the record" />
            </div>
          </Delayed>
        </>
      )}
    </div>
  );
}

function noSuchRecord(text: string) {
  return failureOf(404, {
    code: "not-found",
    title: "There is no such record",
    detail: `"${text}" is not the number of a record`,
    fix: "Records are numbered from 1, without gaps.",
    requestId: "none",
  });
}

function RecordNav({
  seq,
  last,
  filters,
}: {
  readonly seq: number;
  readonly last: number;
  readonly filters: EvidenceFilters;
}) {
  const navigate = useNavigate();
  const go = (to: number): void => {
    if (to >= 1 && (last === 0 || to <= last)) {
      void navigate({ to: "/evidence/$seq", params: { seq: String(to) }, search: filters });
    }
  };
  useShortcuts({ ArrowLeft: () => go(seq - 1), ArrowRight: () => go(seq + 1) });
  return (
    <nav className="record-nav" aria-label="Records">
      <Link to="/evidence" search={filters} className="quiet-link">
        <ArrowLeft size={14} aria-hidden="true" />
        Evidence
      </Link>
      <span className="record-steps">
        <StepLink to={seq - 1} enabled={seq > 1} filters={filters} word="Previous" />
        <StepLink to={seq + 1} enabled={seq < last} filters={filters} word="Next" />
      </span>
    </nav>
  );
}

function StepLink({
  to,
  enabled,
  filters,
  word,
}: {
  readonly to: number;
  readonly enabled: boolean;
  readonly filters: EvidenceFilters;
  readonly word: "Previous" | "Next";
}) {
  const Icon = word === "Previous" ? ChevronLeft : ChevronRight;
  const content = (
    <>
      <Icon size={16} aria-hidden="true" />
      <span className="hidden-text">
        {word} record{enabled ? `, #${to}` : ""}
      </span>
    </>
  );
  if (!enabled) {
    return (
      <span className="icon-button" aria-disabled="true" role="link">
        {content}
      </span>
    );
  }
  return (
    <Link
      to="/evidence/$seq"
      params={{ seq: String(to) }}
      search={filters}
      className="icon-button"
      title={`${word} record`}
    >
      {content}
    </Link>
  );
}

/** The record itself. */
export function RecordView({ detail }: { readonly detail: EvidenceDetail }) {
  const { record, check } = detail;
  const { evidence, seq } = record;
  const mark = markOfEvidence(evidence);
  return (
    <article className="record-page" data-tone={mark.tone}>
      <header className="record-head">
        <p className="eyebrow">
          <span className="mono">#{seq}</span>
          <span>{evidence.kind}</span>
          <Status mark={mark} />
        </p>
        <h1>{evidenceTitle(evidence, check)}</h1>
        <p className="seen seen-large">{evidenceSentence(evidence)}</p>
      </header>
      <div className="record-columns">
        <div className="record-main">
          {evidence.kind === "judgement" && evidence.findings.length > 0 && (
            <section className="section">
              <h2>
                Found <span className="count">{evidence.findings.length}</span>
              </h2>
              <ul className="panel finding-rows">
                {evidence.findings.map(({ resource, message }) => (
                  <li key={`${resource} ${message}`}>
                    <code>{resource}</code>
                    <span>{message}</span>
                  </li>
                ))}
              </ul>
            </section>
          )}
          {check && (
            <section className="section">
              <h2>The check</h2>
              <dl className="points">
                {evidenceTitle(evidence, check) !== check.title && (
                  <div>
                    <dt>Asks</dt>
                    <dd>{check.title}</dd>
                  </div>
                )}
                <div>
                  <dt>Why</dt>
                  <dd>{check.why}</dd>
                </div>
                {evidence.kind === "judgement" && (evidence.outcome === "fail" || evidence.outcome === "warn") && (
                  <div>
                    <dt>Fix</dt>
                    <dd>{check.fix}</dd>
                  </div>
                )}
                {check.references.length > 0 && (
                  <div>
                    <dt>Source</dt>
                    <dd>
                      {check.references.map((reference) => (
                        <Reference key={reference} address={reference} />
                      ))}
                    </dd>
                  </div>
                )}
                {evidence.kind === "judgement" && Object.keys(evidence.parameters).length > 0 && (
                  <div>
                    <dt>With</dt>
                    <dd>
                      <JsonTree value={evidence.parameters} />
                    </dd>
                  </div>
                )}
              </dl>
            </section>
          )}
          {evidence.kind === "judgement" && <Facts detail={detail} facts={evidence.facts} />}
        </div>
        <aside className="record-aside">
          <ProofPanel detail={detail} />
          <section className="section">
            <h2>Record</h2>
            <RecordIdentity detail={detail} />
          </section>
          <CommandLine command={`muster evidence show ${seq}`} />
        </aside>
      </div>
    </article>
  );
}

function RecordIdentity({ detail: { record, check } }: { readonly detail: EvidenceDetail }) {
  const { evidence } = record;
  return (
    <dl className="identity">
      <dt>Seen</dt>
      <dd>
        <Instant at={evidence.at} />
        <br />
        <span className="faint">
          <Age at={evidence.at} />
        </span>
      </dd>
      {evidence.kind === "judgement" && (
        <>
          <dt>Good until</dt>
          <dd>
            <Instant at={evidence.validUntil} />
          </dd>
        </>
      )}
      {evidence.kind === "waiver" && (
        <>
          <dt>Until</dt>
          <dd>
            <Instant at={evidence.until} />
          </dd>
        </>
      )}
      <dt>By</dt>
      <dd>{evidence.actor}</dd>
      <dt>Subject</dt>
      <dd>
        {evidence.subject.service} in {evidence.subject.environment}
      </dd>
      {evidence.subject.artefact !== undefined && (
        <>
          <dt>Artefact</dt>
          <dd className="mono">{evidence.subject.artefact}</dd>
        </>
      )}
      {evidence.run !== null && (
        <>
          <dt>Run</dt>
          <dd>
            <Link to="/evidence" search={{ run: evidence.run }} className="mono">
              {evidence.run}
            </Link>
          </dd>
        </>
      )}
      {evidence.kind === "judgement" && (
        <>
          <dt>Check</dt>
          <dd>
            <Link to="/evidence" search={{ check: evidence.check }} className="mono">
              {evidence.check}
            </Link>
          </dd>
        </>
      )}
      {check && (
        <>
          <dt>Matters</dt>
          <dd>
            {check.severity}, {check.category}
            {check.cwe !== undefined && `, CWE-${check.cwe}`}
          </dd>
        </>
      )}
      <dt>Id</dt>
      <dd className="mono">{evidence.id}</dd>
    </dl>
  );
}

function Facts({
  detail,
  facts,
}: {
  readonly detail: EvidenceDetail;
  readonly facts: Readonly<Record<string, string | null>>;
}) {
  const kinds = Object.entries(facts);
  if (kinds.length === 0) return null;
  return (
    <section className="section">
      <h2>
        Facts <span className="count">{kinds.length}</span>
      </h2>
      {kinds.map(([kind, digest]) => {
        const value = detail.facts[kind];
        if (digest === null || value === undefined) {
          return (
            <p key={kind} className="fact-missing soft" data-tone="unknown">
              <ShapeIcon shape="ring" />
              <span>
                <span className="mono">{kind}</span>{" "}
                {digest === null ? "could not be collected" : "is not kept any more"}
              </span>
            </p>
          );
        }
        return (
          <details key={kind} className="fold panel fact-panel" open>
            <summary>
              <h3 className="mono">{kind}</h3>
              <span className="mono faint small fact-digest">{digest.slice(0, 12)}</span>
            </summary>
            <div className="fact-content">
              <JsonTree value={value} />
              <p className="fact-copy">
                <CopyButton text={JSON.stringify(value, null, 2)} what={`${kind} as JSON`} />
              </p>
            </div>
          </details>
        );
      })}
    </section>
  );
}

function Reference({ address }: { readonly address: string }) {
  // A reference can also be the name of a standard.
  if (!/^https?:\/\//.test(address)) return <span className="reference">{address}</span>;
  return (
    <a className="reference" href={address} target="_blank" rel="noreferrer">
      {address.replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "")}
    </a>
  );
}
