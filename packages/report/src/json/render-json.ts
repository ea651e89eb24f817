import type { RunReport } from "../report.ts";

/** The report as it is, indented, with a final line break. Members are only ever added to the format. */
export function renderJson(report: RunReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
