import type { Interval } from "@muster/kernel";

/** What a short open load at one rate showed. */
export interface StepOutcome {
  /** Whether the objective held. */
  readonly holds: boolean;
  /** Answers per second that were as the objective wants them. */
  readonly goodPerSecond: number;
  /** What was seen, for people: `p95 12 ms, errors 0 %`. */
  readonly summary: string;
  /** Response time that 95 of 100 requests stayed within, in ms; absent when nothing was answered. */
  readonly p95?: number | undefined;
}

/** One load that was put on the service in the search for its capacity. */
export interface CapacityStep extends StepOutcome {
  readonly ratePerSecond: number;
  readonly purpose: "grow" | "narrow" | "confirm";
}

/** What the search for the highest rate came to. */
export interface Capacity {
  /** The highest rate at which the objective held whenever it was tried; undefined when it never did. */
  readonly holdsAt: number | undefined;
  /** The lowest rate at which it was broken in most tries; undefined when it never was. */
  readonly breaksAt: number | undefined;
  /** How often each end was tried. */
  readonly tries: { readonly holds: number; readonly breaks: number };
  readonly steps: readonly CapacityStep[];
  /** Whether both ends were found, near enough, and confirmed. */
  readonly settled: boolean;
}

/** How one figure differs between two sides. */
export interface Difference {
  readonly figure: "p50" | "p95" | "errors";
  /** In ms, or as a share of 1 for errors. */
  readonly a: number | undefined;
  readonly b: number | undefined;
  /** By how much b is above a: 0.1 for 10 %. Absent for errors, and where a side has no figure. */
  readonly effect?: number;
  /** Where the effect lies with 95 % confidence. */
  readonly interval?: Interval;
  readonly pValue: number;
  /** Whether chance is out of the question, with all figures that are looked at taken into account. */
  readonly different: boolean;
}

/** One stretch of load on one side. */
export interface Turn {
  readonly requests: number;
  readonly failed: number;
  /** Response times in ms; absent when nothing was answered. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

/** Whether two sides differ. */
export interface TurnsVerdict {
  readonly differences: readonly Difference[];
  /** `worse` when b has more errors or is slower, `better` when it is the other way round, `mixed` for both. */
  readonly verdict: "same" | "better" | "worse" | "mixed";
  /** The smallest change of the median response time that so many turns would have shown nine times in ten. */
  readonly detectable: number | undefined;
  readonly sentence: string;
  /** What was judged: the turns, or the slices of time, of each side. */
  readonly sides: { readonly a: readonly Turn[]; readonly b: readonly Turn[] };
}
