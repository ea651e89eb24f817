import type { AssessedControl, JsonObject, JudgementEvidence, Outcome, Placed, Severity } from "@muster/kernel";
import type { CheckDescription } from "@muster/contract";
import { checksById, utcText } from "../reading/index.ts";
import type { RunReport } from "../report.ts";

export interface SarifOptions {
  /**
   * File, relative to the repository, in which the checks are declared. Code-scanning services
   * accept only results that point at a file, so a build passes `muster.config.ts` here.
   */
  readonly configuration?: string;
}

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/**
 * The judgements as SARIF 2.1.0 (OASIS standard, errata 01), one result for each check that the
 * gate or the run judged. Passes are results of kind `pass`, so that the file also says what was
 * looked at; what could not be judged is `open`. A control's waiver suppresses its results.
 */
export function renderSarif(report: RunReport, options: SarifOptions = {}): string {
  const checks = checksById(report.checks);
  const judgements = newestJudgements(report);
  const ids = [...new Set(judgements.map(({ evidence }) => evidence.check))];
  const log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Muster",
            semanticVersion: report.muster,
            rules: ids.map((id) => rule(id, checks.get(id))),
          },
        },
        automationDetails: {
          id: `${report.service.name}/${report.environment}/${report.verdict.gate}`,
          ...(report.run ? { description: { text: `Run ${report.run.id}` } } : {}),
        },
        invocations: [invocation(report)],
        results: judgements.map((placed) => result(placed, ids, checks.get(placed.evidence.check), report, options)),
        columnKind: "utf16CodeUnits",
        properties: {
          verdict: report.verdict.sentence,
          go: report.verdict.go,
          chainHead: { seq: report.head.seq, hash: report.head.hash },
        },
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** Judgements of the report's records and of the verdict's grounds, one for each check, the newest. */
function newestJudgements(report: RunReport): Placed<JudgementEvidence>[] {
  const newest = new Map<string, Placed<JudgementEvidence>>();
  const consider = (placed: Placed<JudgementEvidence>): void => {
    const known = newest.get(placed.evidence.check);
    if (!known || placed.seq > known.seq) newest.set(placed.evidence.check, placed);
  };
  for (const { grounds } of report.verdict.controls) {
    for (const { evidence } of grounds) if (evidence) consider(evidence);
  }
  for (const { seq, evidence } of report.records) if (evidence.kind === "judgement") consider({ seq, evidence });
  return [...newest.values()].sort((a, b) => a.seq - b.seq);
}

function rule(id: string, check: CheckDescription | undefined): JsonObject {
  if (!check) return { id };
  return {
    id,
    name: id.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase()),
    shortDescription: { text: check.title },
    fullDescription: { text: check.why },
    help: { text: check.fix, markdown: `${check.why}\n\n**Fix.** ${check.fix}` },
    ...(check.references[0] === undefined ? {} : { helpUri: check.references[0] }),
    defaultConfiguration: { level: LEVELS[check.severity] },
    properties: {
      tags: [check.category, ...(check.cwe === undefined ? [] : [`external/cwe/cwe-${check.cwe}`]), ...check.supports],
      precision: "high",
      "problem.severity": LEVELS[check.severity] === "note" ? "recommendation" : LEVELS[check.severity],
      // Read by code-scanning services to sort alerts; the middle of each band of CVSS 3.1 §5.
      ...(check.category === "security" ? { "security-severity": SECURITY_SEVERITY[check.severity] } : {}),
    },
  };
}

const LEVELS = { critical: "error", high: "error", medium: "warning", low: "note" } as const satisfies Record<
  Severity,
  string
>;

const SECURITY_SEVERITY = { critical: "9.5", high: "8.0", medium: "5.5", low: "2.0" } as const satisfies Record<
  Severity,
  string
>;

/** SARIF §3.27.9: a level other than `none` goes with kind `fail` only. */
function kindAndLevel(outcome: Outcome, check: CheckDescription | undefined): { kind: string; level: string } {
  switch (outcome) {
    case "pass":
      return { kind: "pass", level: "none" };
    case "unknown":
      return { kind: "open", level: "none" };
    case "warn":
      return { kind: "fail", level: "warning" };
    case "fail":
      return { kind: "fail", level: check ? LEVELS[check.severity] : "error" };
  }
}

function result(
  { seq, evidence }: Placed<JudgementEvidence>,
  ids: readonly string[],
  check: CheckDescription | undefined,
  report: RunReport,
  { configuration }: SarifOptions,
): JsonObject {
  const record = report.records.find((each) => each.seq === seq);
  const findings = evidence.findings.map((finding) => `${finding.resource}: ${finding.message}`);
  const { service, environment } = evidence.subject;
  const name = `${service}/${environment}`;
  const suppressions = waiversOf(evidence.check, report).map((waiver) => ({
    kind: "external",
    status: "accepted",
    justification: `Waived by ${waiver.actor} until ${utcText(waiver.until)}: ${waiver.reason}`,
  }));
  return {
    ruleId: evidence.check,
    ruleIndex: ids.indexOf(evidence.check),
    ...kindAndLevel(evidence.outcome, check),
    message: { text: [evidence.summary, ...findings].join("\n") },
    locations: [
      {
        ...(configuration === undefined
          ? {}
          : {
              physicalLocation: {
                artifactLocation: { uri: configuration, uriBaseId: "%SRCROOT%" },
                region: { startLine: 1 },
              },
            }),
        logicalLocations: [{ name: environment, fullyQualifiedName: name, kind: "resource" }],
      },
    ],
    // The same check on the same environment is the same alert, however often it is judged.
    partialFingerprints: { "muster/v1": `${name}/${evidence.check}` },
    ...(suppressions.length > 0 ? { suppressions } : {}),
    properties: {
      record: seq,
      ...(record ? { hash: record.hash } : {}),
      at: evidence.at,
      validUntil: evidence.validUntil,
      outcome: evidence.outcome,
    },
  };
}

function waiversOf(check: string, { verdict }: RunReport): { actor: string; until: string; reason: string }[] {
  const stands = (control: AssessedControl): boolean =>
    control.status === "waived" && control.grounds.some((ground) => ground.check === check && ground.status !== "met");
  return verdict.controls.filter(stands).flatMap(({ waiver }) => (waiver ? [waiver.evidence] : []));
}

function invocation({ run }: RunReport): JsonObject {
  if (!run) return { executionSuccessful: true };
  return {
    executionSuccessful: run.state !== "aborted",
    startTimeUtc: run.startedAt,
    ...(run.finishedAt === undefined ? {} : { endTimeUtc: run.finishedAt }),
  };
}
