import type { LoadReport } from "@muster/contract";

const COLUMNS = ["at_s", "requests", "failed", "users", "p50_ms", "p95_ms", "p99_ms"] as const;

/** The course of a run as CSV (RFC 4180): one row for each slice of time. Empty cells are slices without answers. */
export function loadReportCsv(report: LoadReport): string {
  const rows = report.timeline.map((slice) =>
    [
      slice.atMs / 1_000,
      slice.requests,
      slice.failed,
      slice.users,
      slice.p50 ?? "",
      slice.p95 ?? "",
      slice.p99 ?? "",
    ].join(","),
  );
  return [COLUMNS.join(","), ...rows, ""].join("\r\n");
}
