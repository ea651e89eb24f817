/** Share of the scheduled requests that may be missed before a run says nothing about the asked rate. */
const MAX_MISSED_SHARE = 0.001;
/** Share by which the offered rate may fall short of the asked one. */
const MAX_RATE_SHORTFALL = 0.01;
/** Milliseconds by which the last send may be late without counting as a shortfall: what one timer may be late. */
const LATE_SEND_MS = 50;
/** Share of the time that the generator's event loop may be busy; beyond it, answers wait to be noticed. */
const MAX_LOOP_UTILISATION = 0.97;
/** Milliseconds by which the generator itself may start one request in a hundred late. */
const MAX_GENERATOR_LAG_P99_MS = 25;

/** What a generator did, in the terms that decide whether its figures can be believed. */
export interface GeneratorRecord {
  readonly askedPerSecond: number;
  readonly durationMs: number;
  readonly scheduled: number;
  readonly sent: number;
  readonly missed: number;
  /** From the first intended start to the last send. */
  readonly offeredWithinMs: number;
  /** How late the generator noticed that requests were due, whatever connections were free: p99 in ms. */
  readonly lagP99Ms: number;
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
      `${record.missed} of ${record.scheduled} requests were never sent, because every connection was busy; ` +
      "the asked rate was not offered: allow more connections or ask for less"
    );
  }
  const late = record.offeredWithinMs - record.durationMs;
  if (late > Math.max(record.durationMs * MAX_RATE_SHORTFALL, LATE_SEND_MS)) {
    return `the asked rate was not offered: the last request went out ${Math.round(late)} ms late`;
  }
  if (record.loopUtilisation > MAX_LOOP_UTILISATION) {
    const percent = Math.round(record.loopUtilisation * 100);
    return `the generator was the bottleneck: its event loop was busy ${percent} % of the time; ask for less`;
  }
  if (record.lagP99Ms > MAX_GENERATOR_LAG_P99_MS) {
    return (
      `the generator was late: it started one request in a hundred ${Math.round(record.lagP99Ms)} ms or more ` +
      "after its time; leave the machine more processor time"
    );
  }
  return undefined;
}
