/** The option of a page with charts, which several commands have. */
export const HTML_OPTION = {
  kind: "text",
  value: "FILE",
  hint: "file",
  summary: "Write one page with charts, which needs nothing else to be read",
} as const;

/** Options of every command that ends with a load report. */
export const REPORT_OPTIONS = {
  save: {
    kind: "text",
    value: "FILE",
    hint: "file",
    summary: "Keep the whole report as JSON, for muster load compare",
  },
  html: HTML_OPTION,
  csv: { kind: "text", value: "FILE", hint: "file", summary: "Write the course of the run, second by second" },
  junit: { kind: "text", value: "FILE", hint: "file", summary: "Write thresholds and checks as JUnit XML" },
  prometheus: { kind: "text", value: "FILE", hint: "file", summary: "Write the figures in Prometheus' text format" },
  "remote-write": {
    kind: "text",
    value: "URL",
    summary: "Send the figures to a Prometheus while the run goes on and at its end, such as http://…/api/v1/write",
  },
  json: { kind: "flag", summary: "Print one JSON envelope instead of text" },
} as const;

/** What {@link REPORT_OPTIONS} came to. */
export interface ReportChoices {
  readonly save: string | undefined;
  readonly html: string | undefined;
  readonly csv: string | undefined;
  readonly junit: string | undefined;
  readonly prometheus: string | undefined;
  readonly "remote-write": string | undefined;
  readonly json: boolean;
}

/** How a command that finds something out, and has no load report, gives it. */
export interface FindingChoices {
  readonly json: boolean;
  /** File for a page with charts. */
  readonly html: string | undefined;
}
