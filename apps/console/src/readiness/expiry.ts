import type { Readiness } from "@muster/contract";

/** However quiet it is, the verdict is asked for again after this long. */
const LONGEST_MS = 60_000;
/** The server must be past the instant when it is asked. */
const AFTER_MS = 500;

/**
 * How long a verdict can be shown before it must be asked for again: until the next piece of
 * evidence or waiver under it ends, because that changes the verdict without any event.
 */
export function verdictHoldsForMs({ verdict }: Readiness, now: number): number {
  const ends = verdict.controls.flatMap(({ grounds, waiver }) => [
    ...grounds.flatMap(({ evidence }) => (evidence ? [Date.parse(evidence.evidence.validUntil)] : [])),
    ...(waiver ? [Date.parse(waiver.evidence.until)] : []),
  ]);
  const next = Math.min(...ends.filter((end) => end > now));
  return Math.min(LONGEST_MS, next - now + AFTER_MS);
}
