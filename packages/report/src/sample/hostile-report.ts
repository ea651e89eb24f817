/** Members whose values the program itself chooses from a fixed set, and instants and digests. */
const FIXED: ReadonlySet<string> = new Set([
  "format",
  "at",
  "validUntil",
  "until",
  "startedAt",
  "finishedAt",
  "kind",
  "milestone",
  "outcome",
  "status",
  "state",
  "category",
  "severity",
  "hash",
  "prev",
  "verdict",
  "figure",
]);

/**
 * A report in which every text that could come from a configuration, a person or a service under
 * audit ends with the given text. Names stay equal where they were equal, so that a check is still found.
 */
export function withText<R extends object>(report: R, text: string): R {
  return change(report, "") as R;

  function change(value: unknown, name: string): unknown {
    if (typeof value === "string") return FIXED.has(name) || isDigest(value) ? value : `${value}${text}`;
    if (Array.isArray(value)) return value.map((each) => change(each, ""));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each, key)]));
  }
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
