import { ERRORS } from "@muster/kernel";
import type { Paint } from "../output/io.ts";
import { annotation } from "../output/annotation.ts";
import { OUTCOME_MARKS } from "../output/marks.ts";
import { counted, paragraph } from "../output/text.ts";
import { sentenceLine } from "../output/verdict-text.ts";
import { EXIT } from "../program/command.ts";
import { type Assessment, type Result, troubles } from "./assessment.ts";

const INDENT = " ".repeat(11);
const WIDEST = 110;
/** Findings shown of one check; the rest is counted, since the evidence has them all. */
const SHOWN_FINDINGS = 5;

/** An assessment as a person reads it. */
export function assessmentText(assessment: Assessment, paint: Paint, columns: number): string {
  const { counts, exit, subject } = assessment;
  const room = Math.min(columns, WIDEST);
  const verdict = sentenceLine({ go: exit === EXIT.good, sentence: assessment.sentence }, paint);
  const lines = [`${verdict} ${paint("quiet", `(${subject.service}, ${subject.environment})`)}`, ""];
  const [judged, unknown] = partition(troubles(assessment));
  for (const result of judged) lines.push(...resultLines(result, paint, room));
  for (const results of sameReason(unknown)) lines.push(...unknownLines(results, paint, room));
  if (counts.pass > 0) lines.push(`${paint("good", "●")} ${counted(counts.pass, "check passes", "checks pass")}`);
  if (exit === EXIT.unjudged) lines.push(paragraph(ERRORS["nothing-judged"].fix, room, "fix: ", "     "));
  return `${lines.join("\n").trimEnd()}\n`;
}

/** The verdict and one line for each trouble, for logs that nobody scrolls. */
export function assessmentLines(assessment: Assessment): string {
  const lines = troubles(assessment).map(
    ({ evidence }) => `${evidence.outcome} ${evidence.check}: ${evidence.summary}`,
  );
  return `${[assessment.sentence, ...lines].join("\n")}\n`;
}

/** Workflow commands of GitHub Actions, which show each trouble as an annotation. */
export function assessmentAnnotations(assessment: Assessment): string {
  const lines = troubles(assessment).map(({ evidence, check }) => {
    const level = evidence.outcome === "fail" ? "error" : "warning";
    return annotation(level, title({ evidence, check }), `${evidence.summary}. ${check?.fix ?? ""}`.trim());
  });
  return `${[...lines, assessment.sentence].join("\n")}\n`;
}

function resultLines({ evidence, check }: Result, paint: Paint, room: number): string[] {
  const { shape, tone } = OUTCOME_MARKS[evidence.outcome];
  const severity = check && evidence.outcome === "fail" ? `, ${check.severity}` : "";
  const lines = [
    `${paint(tone, `${shape} ${evidence.outcome.padEnd(8)}`)} ${paint("strong", title({ evidence, check }))} ${paint("quiet", `(${evidence.check}${severity})`)}`,
    paragraph(evidence.summary, room, INDENT),
  ];
  for (const finding of evidence.findings.slice(0, SHOWN_FINDINGS)) {
    lines.push(paragraph(`${finding.resource}: ${finding.message}`, room, `${INDENT}- `, `${INDENT}  `));
  }
  const more = evidence.findings.length - SHOWN_FINDINGS;
  if (more > 0) lines.push(`${INDENT}- and ${more} more`);
  if (check) {
    lines.push(
      paragraph(check.why, room, `${INDENT}why: `, `${INDENT}     `),
      paragraph(check.fix, room, `${INDENT}fix: `, `${INDENT}     `),
    );
  }
  return [...lines, ""];
}

function partition(results: readonly Result[]): readonly [judged: Result[], unknown: Result[]] {
  const isUnknown = ({ evidence }: Result): boolean => evidence.outcome === "unknown";
  return [results.filter((each) => !isUnknown(each)), results.filter(isUnknown)];
}

/** Results grouped by their sentence: one unreachable host makes many checks unknown for one reason. */
function sameReason(results: readonly Result[]): readonly (readonly [Result, ...Result[]])[] {
  const groups = new Map<string, [Result, ...Result[]]>();
  for (const result of results) {
    const group = groups.get(result.evidence.summary);
    if (group) group.push(result);
    else groups.set(result.evidence.summary, [result]);
  }
  return [...groups.values()];
}

function unknownLines(results: readonly [Result, ...Result[]], paint: Paint, room: number): string[] {
  const { shape, tone } = OUTCOME_MARKS.unknown;
  const ids = results.map(({ evidence }) => evidence.check).join(", ");
  const [first] = results;
  const heading = results.length === 1 ? title(first) : `${counted(results.length, "check")} could not be judged`;
  return [
    `${paint(tone, `${shape} unknown `)} ${paint("strong", heading)}`,
    paragraph(first.evidence.summary, room, INDENT),
    paint("quiet", paragraph(ids, room, INDENT)),
    "",
  ];
}

function title({ evidence, check }: Result): string {
  if (!check) return evidence.check;
  return evidence.outcome === "pass" || evidence.outcome === "unknown" ? check.title : check.failureTitle;
}
