import type { LoadReport } from "@muster/contract";

interface Case {
  readonly group: string;
  readonly name: string;
  /** Why it failed; absent when it did not. */
  readonly failure?: string;
}

/** A report as JUnit XML: thresholds, checks, and the run itself as test cases, so that any CI shows them. */
export function loadReportJunit(report: LoadReport): string {
  const cases = casesOf(report);
  const failures = cases.filter((each) => each.failure !== undefined && report.verdict !== "invalid").length;
  const errors = report.verdict === "invalid" ? 1 : 0;
  const seconds = (report.durationMs / 1_000).toFixed(3);
  const body = cases.map((each) => caseXml(each, report));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="muster load" tests="${cases.length}" failures="${failures}" errors="${errors}" time="${seconds}">`,
    `  <testsuite name="${escaped(report.target)}" tests="${cases.length}" failures="${failures}" errors="${errors}" time="${seconds}" timestamp="${report.startedAt}">`,
    ...body,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function casesOf(report: LoadReport): Case[] {
  const ended = report.verdict !== "passed" && report.reasons.length > 0;
  return [
    { group: "run", name: "the run", ...(ended ? { failure: report.reasons.join("; ") } : {}) },
    ...report.thresholds.map(({ text, ok, summary }) => ({
      group: "thresholds",
      name: text,
      ...(ok ? {} : { failure: summary }),
    })),
    ...report.scenarios.flatMap(({ name: scenario, checks }) =>
      checks.map(({ name, passed, failed }) => ({
        group: `checks of ${scenario}`,
        name,
        // A single failed check is a figure, not a verdict; thresholds decide how many are too many.
        ...(passed === 0 ? { failure: `failed all of ${failed} times` } : {}),
      })),
    ),
  ];
}

function caseXml({ group, name, failure }: Case, report: LoadReport): string {
  const open = `    <testcase classname="${escaped(group)}" name="${escaped(name)}"`;
  if (failure === undefined) return `${open}/>`;
  if (report.verdict !== "invalid") return `${open}><failure message="${escaped(failure)}"/></testcase>`;
  // What a run that is not valid measured proves nothing, in either direction.
  const element = group === "run" ? "error" : "skipped";
  return `${open}><${element} message="${escaped(failure)}"/></testcase>`;
}

function escaped(text: string): string {
  return text
    .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
