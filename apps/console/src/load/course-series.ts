import type { LoadReport, ThresholdResult } from "@muster/contract";
import { courseOf, type CoursePoint } from "@muster/report/load-reading";
import type { TimeSeriesProps } from "../parts/time-series.tsx";

type Chart = Pick<TimeSeriesProps, "title" | "unit" | "at" | "series" | "known" | "threshold">;

/** The charts of a run over its seconds. A slice without an answer is not known, and never nothing. */
export function courseSeries(report: LoadReport): readonly Chart[] {
  const course = courseOf(report);
  const at = course.map(({ atMs }) => Math.round(atMs / 100) / 10);
  const values = (of: (point: CoursePoint) => number | undefined): (number | null)[] =>
    course.map((point) => of(point) ?? null);
  const answered = course.map(({ slice }) => slice.p50 !== undefined);
  const asked = course.map(({ failedShare }) => failedShare !== undefined);
  const charts: Chart[] = [
    {
      title: "Throughput",
      unit: "requests per second",
      at,
      series: [
        { label: "all", values: values(({ perSecond }) => perSecond) },
        { label: "failed", values: values(({ perSecond, failedShare }) => perSecond * (failedShare ?? 0)) },
      ],
      ...limit(report, (figure) => figure === "rate", 1),
    },
    {
      title: "Response time",
      unit: "ms",
      at,
      known: answered,
      series: [
        { label: "p95", values: values(({ slice }) => slice.p95) },
        { label: "p50", values: values(({ slice }) => slice.p50) },
        { label: "p99", values: values(({ slice }) => slice.p99) },
      ],
      ...limit(report, (figure) => figure.startsWith("response "), 1),
    },
    {
      title: "Errors",
      unit: "per cent of the requests",
      at,
      known: asked,
      series: [
        {
          label: "failed",
          values: values(({ failedShare }) => (failedShare === undefined ? undefined : failedShare * 100)),
        },
      ],
      ...limit(report, (figure) => figure === "errors", 100),
    },
  ];
  if (!course.some(({ slice }) => slice.users > 0)) return charts;
  return [
    ...charts,
    {
      title: "Users at work",
      unit: "users",
      at,
      series: [{ label: "users", values: values(({ slice }) => slice.users) }],
    },
  ];
}

/** The first threshold about the whole run; a chart has room for one line. */
function limit(
  { thresholds }: LoadReport,
  concerns: (figure: string) => boolean,
  times: number,
): Pick<Chart, "threshold"> {
  const found = thresholds.find((each) => concerns(each.figure) && isGlobal(each));
  return found === undefined ? {} : { threshold: { value: found.limit * times, label: found.text } };
}

function isGlobal({ text }: ThresholdResult): boolean {
  return !/ for (scenario|step|tag) /.test(text);
}
