import type { Instant } from "@muster/kernel";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

/**
 * A length of time in whole units, for ages that are read at a glance: `34 s`, `12 min`, `3 h`,
 * `5 days`. Negative lengths count as their absolute value.
 */
export function lengthText(milliseconds: number): string {
  const ms = Math.abs(milliseconds);
  if (ms < 100_000) return `${Math.floor(ms / 1_000)} s`;
  if (ms < 2 * HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} days`;
}

/** How long before or after `now` an instant lies: `34 s ago`, `in 23 h`, `now`. */
export function relativeText(at: Instant, now: number): string {
  const ms = now - Date.parse(at);
  if (Number.isNaN(ms)) return at;
  if (Math.abs(ms) < 1_000) return "now";
  return ms > 0 ? `${lengthText(ms)} ago` : `in ${lengthText(ms)}`;
}

/** How long a piece of work took: `412 ms`, `4.2 s`, `1 min 12 s`. */
export function tookText(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < MINUTE) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** An instant in UTC for a document that is read anywhere: `2026-11-21 21:04:33 UTC`. */
export function utcText(at: Instant): string {
  const [date, time] = at.split("T");
  return time === undefined ? at : `${date} ${time.slice(0, 8)} UTC`;
}

/** The first characters of a digest, enough to tell two apart at a glance. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

/** `1 record`, `2 records`, `1,284 records`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length <= 1) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
