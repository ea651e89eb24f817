import type { Readiness } from "@muster/contract";
import { appendLink, decideGate, EMPTY_HEAD, type Gate, type Head, type Json, type LedgerRecord } from "@muster/kernel";
import { buildReport, type RunReport } from "@muster/report";
import { EXIT } from "../program/command.ts";
import { type Assessment, sha256 } from "./assessment.ts";

/**
 * The report of an assessment that stands in no ledger: its records form a chain of their own, and
 * every check is a control, so that the renderers of a run's report serve it too.
 */
export function assessmentReport(assessment: Assessment, muster: string): RunReport {
  const { records, head } = chainOf(assessment);
  const gate: Gate = {
    id: "check",
    title: "external check",
    controls: assessment.results.map(({ evidence, check }) => ({
      id: evidence.check,
      title: check?.title ?? evidence.check,
      owner: assessment.subject.service,
      checks: [evidence.check],
      acceptWarnings: true,
    })),
  };
  const { service, environment } = assessment.subject;
  const readiness: Readiness = {
    service: { name: service, title: service, owner: service },
    environment,
    at: assessment.at,
    verdict: {
      ...decideGate(gate, records, Date.parse(assessment.at)),
      // The command's own verdict: what could not be judged is shown, and does not shut a gate that is none.
      go: assessment.exit === EXIT.good,
      sentence: assessment.sentence,
    },
    gates: [gate.id],
    checks: assessment.results.flatMap(({ check }) => (check ? [check] : [])),
    head,
  };
  return buildReport({ muster, readiness, records, facts: assessment.facts });
}

function chainOf({ results }: Assessment): { readonly records: LedgerRecord[]; readonly head: Head } {
  const records: LedgerRecord[] = [];
  let head: Head = EMPTY_HEAD;
  for (const { evidence } of results) {
    const { seq, prev, hash } = appendLink(head, evidence as unknown as Json, sha256);
    records.push({ seq, prev, hash, evidence });
    head = { seq, hash };
  }
  return { records, head };
}
