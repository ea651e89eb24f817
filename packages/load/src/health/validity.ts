import { countUpTo, type Histogram } from "@muster/kernel";

/** Share of the scheduled requests that may be missed before a run says nothing about the asked rate. */
const MAX_MISSED_SHARE = 0.001;
/** Share by which the offered rate may fall short of the asked one. */
const MAX_RATE_SHORTFALL = 0.01;
/** Milliseconds by which the last send may be late without counting as a shortfall: what one timer may be late. */
const LATE_SEND_MS = 50;
/** Share of the time that the generator's event loop may be busy; beyond it, answers wait to be noticed. */
const MAX_LOOP_UTILISATION = 0.97;
/** Milliseconds by which the generator itself may be late, */
const MAX_GENERATOR_LAG_MS = 25;
/** for this share of what it has to notice, */
const MAX_LATE_SHARE = 0.01;
/** and for so many in any case: a short run must not be lost to one hiccup of the machine. */
const MAX_LATE_COUNT = 10;

/**
 * Whether the last request of a schedule of `durationMs` went out so late that the rate was not offered, and how late.
 * @param offeredWithinMs from the first intended start to the last send.
 */
export function lateSend(durationMs: number, offeredWithinMs: number): string | undefined {
  const late = offeredWithinMs - durationMs;
  if (late <= Math.max(durationMs * MAX_RATE_SHORTFALL, LATE_SEND_MS)) return undefined;
  return `the last request went out ${Math.round(late)} ms late`;
}

/** Whether so many of all arrivals had not begun when their schedule ended that the rate was not offered. */
export function lateArrivals(late: number, scheduled: number): string | undefined {
  if (late <= scheduled * MAX_RATE_SHORTFALL) return undefined;
  return `${late} of ${scheduled} arrivals still waited for a free user when their time was up`;
}

/** What a generator did, in the terms that decide whether its figures can be believed. */
export interface GeneratorRecord {
  /** What the schedule called for; 0 in a closed model, which has none. */
  readonly scheduled: number;
  /** Of these, what was never begun. */
  readonly missed: number;
  /** How the rate fell short, if it did: {@link lateSend} or {@link lateArrivals}. */
  readonly shortfall: string | undefined;
  /** How late the generator noticed what was due, whatever connections were free, in ms. */
  readonly lag: Histogram;
  /** Share of the run that the event loop was busy, 0 to 1. */
  readonly loopUtilisation: number;
  /** Connections that this machine refused for want of file descriptors or ports. */
  readonly refusedLocally: number;
}

/**
 * Why a run says nothing about the service, because the generator did not do what was asked; `undefined`
 * when it did.
 */
export function invalidReason(record: GeneratorRecord): string | undefined {
  if (record.refusedLocally > 0) {
    return (
      `the generator could not open ${record.refusedLocally} connections, because this machine allows no more; ` +
      "raise the limit of open files with `ulimit -n`"
    );
  }
  if (record.missed > record.scheduled * MAX_MISSED_SHARE) {
    return (
      `the asked rate was not offered: ${record.missed} of ${record.scheduled} were never sent, because every ` +
      "connection or user was busy; allow more of them or ask for less"
    );
  }
  if (record.shortfall !== undefined) return `the asked rate was not offered: ${record.shortfall}`;
  if (record.loopUtilisation > MAX_LOOP_UTILISATION) {
    const percent = Math.round(record.loopUtilisation * 100);
    return `the generator was the bottleneck: its event loop was busy ${percent} % of the time; ask for less`;
  }
  const late = record.lag.count - countUpTo(record.lag, MAX_GENERATOR_LAG_MS);
  if (late > Math.max(MAX_LATE_COUNT, record.lag.count * MAX_LATE_SHARE)) {
    return (
      `the generator was late by more than ${MAX_GENERATOR_LAG_MS} ms for ${late} of ${record.lag.count} things that ` +
      "were due; leave the machine more processor time"
    );
  }
  return undefined;
}
