/** Tells the time. Passed in wherever time matters, so that tests and replays decide what "now" is. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now(): number;
}

/** An instant as ISO 8601 in UTC with milliseconds, the form in which evidence records time. */
export type Instant = string;

export function toInstant(milliseconds: number): Instant {
  return new Date(milliseconds).toISOString();
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The form of a {@link Duration}, for schemas and for error messages. */
export const DURATION_PATTERN = "^[1-9][0-9]{0,8}(ms|s|m|h|d)$";

/** A length of time as people write it: a whole number and a unit, such as `500ms`, `30s`, `15m`, `24h` or `90d`. */
export type Duration = string;

/**
 * Milliseconds of a duration.
 * @throws {RangeError} when the text is not a duration.
 */
export function durationMs(text: Duration): number {
  const parts = /^([1-9][0-9]{0,8})(ms|s|m|h|d)$/.exec(text);
  if (!parts) throw new RangeError(`"${text}" is not a duration such as 500ms, 30s, 15m, 24h or 90d`);
  return Number(parts[1]) * UNIT_MS[parts[2] as keyof typeof UNIT_MS];
}

/** How long ago or how long, for people: `4 s`, `12 min`, `3 h`, `5 days`. */
export function humanDuration(milliseconds: number): string {
  const ms = Math.abs(milliseconds);
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${ms < 10_000 ? (ms / 1_000).toFixed(1) : Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}
