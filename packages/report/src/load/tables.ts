import type { LoadReport, RequestFigures } from "@muster/contract";
import { html, type Markup, type Part } from "../html/markup.ts";
import { mark } from "../html/page.ts";
import { millisecondsText, shareText, sinceStartText, tickText } from "./chart/scale.ts";
import { courseOf } from "./course.ts";

/** Rows of a table at most; a report that nobody can scroll through shows nothing. The JSON has them all. */
const MOST_ROWS = 100;
/** Rows of the course in numbers. */
const COURSE_ROWS = 60;

/** A column of figures: the first is a name, the rest stand at the right. */
interface Column<Row> {
  readonly title: string;
  /** Words stand at the left, figures at the right. */
  readonly words?: boolean;
  readonly cell: (row: Row) => Part;
}

/** A table that scrolls by itself where it is wider than the page. */
export function table<Row>(label: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  const shown = rows.slice(0, MOST_ROWS);
  return html`<div class="panel scroll" role="region" aria-label="Table: ${label}" tabindex="0">
      <table class="figures">
        <thead>
          <tr>
            ${columns.map(({ title, words }) => html`<th scope="col" class="${words === true ? "words" : "figure"}">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (row) =>
              html`<tr>
                ${columns.map(({ cell, words }, index) => (index === 0 ? html`<th scope="row">${cell(row)}</th>` : html`<td class="${words === true ? "words" : "figure"}">${cell(row)}</td>`))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${rows.length > shown.length && html`<p class="soft">and ${rows.length - shown.length} more, which the JSON of the run has</p>`}`;
}

/** Thresholds, the broken ones first. */
export function thresholdList({ thresholds, verdict }: LoadReport): Markup {
  if (thresholds.length === 0) {
    return html`<p class="soft">The plan has no thresholds: nothing about the figures was demanded.</p>`;
  }
  const sorted = [...thresholds.filter((each) => !each.ok), ...thresholds.filter((each) => each.ok)];
  return html`<ul class="panel thresholds">
    ${sorted.map(({ ok, text, summary }) => {
      const tone = verdict === "invalid" ? "unknown" : ok ? "pass" : "fail";
      const word = verdict === "invalid" ? "not judged" : ok ? "met" : "broken";
      return html`<li data-tone="${tone}">
        <span class="status">${mark(tone === "pass" ? "disc" : tone === "fail" ? "square" : "ring")}${word}</span>
        <code class="threshold-text">${text}</code>
        <span class="soft">${summary}</span>
      </li>`;
    })}
  </ul>`;
}

const TIMES = [
  { key: "response", title: "response", says: "from the intended start to the last byte: what a user waits" },
  { key: "service", title: "service", says: "from the send to the last byte" },
  { key: "firstByte", title: "first byte", says: "from the send to the first byte" },
  { key: "sendLag", title: "waiting to be sent", says: "for a connection, or for the generator" },
] as const;
const STATISTICS = ["min", "mean", "p50", "p90", "p95", "p99", "p999", "max"] as const;

/** Where the time went: every kind of time with its percentiles. */
export function timesTable({ total, generator }: LoadReport): Markup {
  const { connect, tls } = generator.connections;
  const rows = [
    ...TIMES.map(({ key, title, says }) => ({ title, says, values: total[key] })),
    { title: "connect", says: "until TCP connected", values: connect },
    { title: "TLS", says: "from there until the handshake was done", values: tls },
  ].filter((row) => row.values !== undefined);
  if (rows.length === 0) return html`<p class="soft">No request was answered, so there are no times.</p>`;
  return table(
    "Where the time went",
    [
      { title: "time", cell: (row) => html`${row.title} <span class="said">${row.says}</span>` },
      ...STATISTICS.map((key) => ({
        title: key === "p999" ? "p99.9" : key,
        cell: (row: (typeof rows)[number]) => millisecondsText(row.values?.[key]),
      })),
    ],
    rows,
  );
}

/** Figures of scenarios with their steps, or of tags. */
export function figuresTable(label: string, rows: readonly (RequestFigures & { readonly indent?: boolean })[]): Markup {
  return table(
    label,
    [
      { title: label, cell: (row) => (row.indent === true ? html`<span class="indent">${row.name}</span>` : row.name) },
      { title: "requests", cell: (row) => row.requests.toLocaleString("en-GB") },
      { title: "per second", cell: (row) => tickText(row.perSecond) },
      { title: "failed", cell: failedCell },
      ...(["p50", "p90", "p95", "p99", "p999", "max"] as const).map((key) => ({
        title: key === "p999" ? "p99.9" : key,
        cell: (row: RequestFigures) => millisecondsText(row.response?.[key]),
      })),
      { title: "Apdex", cell: (row) => row.apdex?.toFixed(2) ?? "–" },
    ],
    rows,
  );
}

function failedCell({ requests, failed }: RequestFigures): Part {
  if (requests === 0) return "–";
  return failed === 0
    ? "0"
    : html`<strong class="bad">${failed.toLocaleString("en-GB")}</strong> (${shareText(failed / requests)})`;
}

/** The course of the run as numbers, for who cannot see charts and for who needs one second exactly. */
export function courseTable(report: LoadReport): Markup {
  const course = courseOf(report);
  const every = Math.max(1, Math.ceil(course.length / COURSE_ROWS));
  const rows = course.filter((_point, index) => index % every === 0);
  return html`${every > 1 && html`<p class="soft">One slice of ${every} is shown; <code>--csv</code> writes all of them.</p>`}
  ${table(
    "Course of the run",
    [
      { title: "from", cell: ({ slice }) => sinceStartText(slice.atMs) },
      { title: "per second", cell: ({ perSecond }) => tickText(perSecond) },
      { title: "failed", cell: ({ slice }) => slice.failed },
      { title: "users", cell: ({ slice }) => slice.users },
      ...(["p50", "p95", "p99"] as const).map((key) => ({
        title: key,
        cell: ({ slice }: (typeof rows)[number]) => millisecondsText(slice[key]),
      })),
    ],
    rows,
  )}`;
}
