import type { AssessedControl, Ground } from "@muster/kernel";
import { checksById, groundFix, groundsWorstFirst, groundTitle } from "../reading/index.ts";
import type { CheckDescription } from "@muster/contract";
import type { RunReport } from "../report.ts";

/**
 * The verdict as a JUnit test suite: one suite for the gate, one test case for each control, so
 * that a build server is green exactly when the gate is open and counts what the verdict counts.
 *
 * A failed control is a `failure`; a missing or stale one is an `error`, since nothing was shown; a
 * waived one is `skipped` with the reason.
 */
export function renderJunit(report: RunReport): string {
  const { verdict } = report;
  const checks = checksById(report.checks);
  const { failed, missing, stale, waived } = verdict.counts;
  const counts = `tests="${verdict.controls.length}" failures="${failed}" errors="${missing + stale}" skipped="${waived}"`;
  const seconds = (report.run?.steps ?? []).reduce((sum, step) => sum + (step.ms ?? 0), 0) / 1_000;
  const suite = `${report.service.name}.${report.environment}.${verdict.gate}`;
  const properties: readonly (readonly [string, string])[] = [
    ["verdict", verdict.sentence],
    ["chain.head", `${report.head.seq} ${report.head.hash}`],
    ...(report.run ? [["run", report.run.id] as const] : []),
  ];
  const timing = `time="${seconds.toFixed(3)}" timestamp="${attribute(report.at)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="Muster" ${counts} time="${seconds.toFixed(3)}">`,
    `  <testsuite name="${attribute(suite)}" ${counts} ${timing}>`,
    "    <properties>",
    ...properties.map(([name, value]) => `      <property name="${attribute(name)}" value="${attribute(value)}"/>`),
    "    </properties>",
    ...verdict.controls.map((control) => testCase(control, suite, checks)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase(assessed: AssessedControl, suite: string, checks: ReadonlyMap<string, CheckDescription>): string {
  const { control } = assessed;
  const open = `    <testcase classname="${attribute(suite)}" name="${attribute(control.title)}"`;
  const result = resultOf(assessed, checks);
  return result === undefined ? `${open}/>` : `${open}>\n      ${result}\n    </testcase>`;
}

function resultOf(assessed: AssessedControl, checks: ReadonlyMap<string, CheckDescription>): string | undefined {
  const { status, waiver } = assessed;
  if (status === "met") return undefined;
  if (status === "waived") {
    const reason = waiver ? `waived until ${waiver.evidence.until}: ${waiver.evidence.reason}` : "waived";
    return `<skipped message="${attribute(reason)}"/>`;
  }
  const worst = groundsWorstFirst(assessed).filter((ground) => ground.status !== "met");
  const message = worst.map((ground) => ground.reason).join("; ");
  const text = worst.flatMap((ground) => groundLines(ground, checks.get(ground.check))).join("\n");
  const name = status === "failed" ? "failure" : "error";
  return `<${name} type="${status}" message="${attribute(message)}">${content(text)}</${name}>`;
}

function groundLines(ground: Ground, check: CheckDescription | undefined): string[] {
  const fix = groundFix(ground, check);
  return [
    `${groundTitle(ground, check)}: ${ground.reason}`,
    ...(ground.evidence?.evidence.findings ?? []).map((finding) => `  ${finding.resource}: ${finding.message}`),
    ...(fix === undefined ? [] : [`  Fix: ${fix}`]),
    ground.evidence ? `  Evidence: record #${ground.evidence.seq}` : "  Evidence: none yet",
  ];
}

/** Characters that XML 1.0 §2.2 does not allow, in any notation; they become U+FFFD. */
const NOT_XML =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

function content(text: string): string {
  return text.replace(NOT_XML, "\uFFFD").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function attribute(text: string): string {
  // A parser turns a bare line break in an attribute into a space; the reference keeps it.
  return content(text)
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\t", "&#9;");
}
