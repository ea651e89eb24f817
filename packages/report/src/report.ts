import type { CheckDescription, Readiness } from "@muster/contract";
import type { GateVerdict, Head, Instant, JsonObject, LedgerRecord, Run } from "@muster/kernel";

/**
 * Everything that a report says, as plain JSON. Each renderer reads this and nothing else, so that
 * the five forms of a report cannot contradict each other.
 */
export interface RunReport {
  readonly format: "muster-report/1";
  /** Version of Muster that wrote it. */
  readonly muster: string;
  readonly service: { readonly name: string; readonly title: string; readonly owner: string };
  readonly environment: string;
  /** The instant for which the verdict holds. Ages in the report count back from it. */
  readonly at: Instant;
  readonly verdict: GateVerdict;
  /** Descriptions of the checks that the verdict and the records name. */
  readonly checks: readonly CheckDescription[];
  /** The run that the report tells about; absent where evidence was judged without one. */
  readonly run?: Run;
  /** The records that the report shows, in the order of the chain. */
  readonly records: readonly LedgerRecord[];
  /** What was seen, by the digest that the records name. */
  readonly facts: Readonly<Record<string, JsonObject>>;
  /** Where the ledger ended when the report was written. */
  readonly head: Head;
}

/** What a report is made from. */
export interface ReportSources {
  readonly muster: string;
  readonly readiness: Readiness;
  readonly records: readonly LedgerRecord[];
  /** Facts by digest; a digest that is absent was not kept, and the report says so. */
  readonly facts: ReadonlyMap<string, JsonObject>;
  /** The run to tell about, when it is another than the newest one that the readiness names. */
  readonly run?: Run;
}

/** Puts a report together. Records are brought into the order of the chain. */
export function buildReport({ muster, readiness, records, facts, run = readiness.run }: ReportSources): RunReport {
  return {
    format: "muster-report/1",
    muster,
    service: readiness.service,
    environment: readiness.environment,
    at: readiness.at,
    verdict: readiness.verdict,
    checks: readiness.checks,
    ...(run ? { run } : {}),
    records: [...records].sort((a, b) => a.seq - b.seq),
    facts: Object.fromEntries(facts),
    head: readiness.head,
  };
}
