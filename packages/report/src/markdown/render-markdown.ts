import type { AssessedControl, Ground, Run } from "@muster/kernel";
import type { CheckDescription } from "@muster/contract";
import {
  checksById,
  groundsWorstFirst,
  groundFix,
  groundTitle,
  markOfControl,
  markOfEvidence,
  evidenceSentence,
  evidenceTitle,
  readVerdict,
  relativeText,
  tookText,
  utcText,
} from "../reading/index.ts";
import type { RunReport } from "../report.ts";
import { code, plain } from "./escape.ts";

type Checks = ReadonlyMap<string, CheckDescription>;

/**
 * The report as Markdown for a pull request or a chat: the verdict, what blocks with its fix, and
 * the rest folded. Values that came from outside cannot become markup.
 */
export function renderMarkdown(report: RunReport): string {
  const checks = checksById(report.checks);
  const now = Date.parse(report.at);
  const { blockers, waived, met } = readVerdict(report.verdict);
  const parts: string[] = [
    `# ${plain(report.verdict.sentence)}`,
    `**${plain(report.service.title)}**, ${plain(report.environment)}, gate ${plain(report.verdict.title)}, judged ${utcText(report.at)}`,
  ];
  if (blockers.length > 0) {
    parts.push(`## What blocks (${blockers.length})`);
    parts.push(...blockers.map((control) => controlInFull(control, checks, now)));
  }
  if (waived.length > 0) {
    parts.push(`## What is waived (${waived.length})`);
    parts.push(waived.map((control) => waiverLine(control)).join("\n"));
  }
  if (met.length > 0) {
    const rows = met.flatMap((control) => control.grounds.map((ground) => metRow(control, ground, now)));
    parts.push(folded(`What holds (${met.length})`, table(["Control", "Seen", "Age", "Record"], rows)));
  }
  if (report.run) parts.push(folded("The run", runTable(report.run)));
  if (report.records.length > 0) {
    const rows = report.records.map(({ seq, evidence }) => {
      const check = evidence.kind === "judgement" ? checks.get(evidence.check) : undefined;
      const { word } = markOfEvidence(evidence);
      return [String(seq), word, plain(evidenceTitle(evidence, check)), plain(evidenceSentence(evidence))];
    });
    parts.push(folded(`Evidence (${report.records.length})`, table(["Record", "Result", "What", "Said"], rows)));
  }
  parts.push(
    `Chain head: record ${report.head.seq}, ${code(report.head.hash)}. Verify with ${code("muster evidence verify")}.`,
  );
  return `${parts.join("\n\n")}\n`;
}

function controlInFull(assessed: AssessedControl, checks: Checks, now: number): string {
  const { control } = assessed;
  const { word } = markOfControl(assessed.status);
  const grounds = groundsWorstFirst(assessed).map((ground) => groundInFull(ground, checks.get(ground.check), now));
  return [`### ${word}: ${plain(control.title)}`, `Owner: ${plain(control.owner)}`, ...grounds].join("\n\n");
}

function groundInFull(ground: Ground, check: CheckDescription | undefined, now: number): string {
  const lines = [`**${plain(groundTitle(ground, check))}**: ${code(ground.reason)}`, ""];
  for (const finding of ground.evidence?.evidence.findings ?? []) {
    lines.push(`- ${code(finding.resource)} ${plain(finding.message)}`);
  }
  const fix = groundFix(ground, check);
  if (check && ground.status !== "met") lines.push(`- Why: ${plain(check.why)}`);
  if (fix !== undefined) lines.push(`- Fix: ${plain(fix)}`);
  const { evidence } = ground;
  lines.push(
    evidence
      ? `- Evidence: record ${evidence.seq}, ${relativeText(evidence.evidence.at, now)}, good until ${utcText(evidence.evidence.validUntil)}`
      : `- Evidence: none yet; the check is ${code(ground.check)}`,
  );
  return lines.join("\n");
}

function waiverLine({ control, waiver }: AssessedControl): string {
  if (!waiver) return `- ${plain(control.title)}`;
  const { actor, until, reason } = waiver.evidence;
  return `- ${plain(control.title)}: by ${plain(actor)} until ${utcText(until)}, record ${waiver.seq}. ${plain(reason)}`;
}

function metRow({ control }: AssessedControl, ground: Ground, now: number): string[] {
  const { evidence } = ground;
  const age = evidence ? relativeText(evidence.evidence.at, now) : "";
  return [plain(control.title), plain(ground.reason), age, evidence ? String(evidence.seq) : ""];
}

function runTable(run: Run): string {
  const rows = run.steps.map((step) => [
    plain(step.title),
    step.state,
    step.ms === undefined ? "" : tookText(step.ms),
    plain(step.note ?? ""),
  ]);
  return table(["Step", "State", "Took", "Note"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function folded(summary: string, body: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
