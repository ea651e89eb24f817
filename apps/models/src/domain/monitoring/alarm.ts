import type { Instant } from "@muster/kernel";
import type { Side } from "./recorded-columns.ts";
import type { Verdict } from "./verdict.ts";

/** A column that has moved too far, until it is back. */
export interface Alarm {
  readonly id: string;
  readonly model: string;
  readonly side: Side;
  readonly column: string;
  /** `raised` in the window that it came with, `continuing` after that, `cleared` when it is over. */
  readonly state: AlarmState;
  /** What the last window said that kept it; for a cleared one, why it was cleared. */
  readonly reason: string;
  readonly raisedAt: Instant;
  readonly changedAt: Instant;
  readonly clearedAt: Instant | null;
  readonly acknowledgedAt: Instant | null;
  readonly acknowledgedBy: string | null;
  readonly note: string | null;
}

export const ALARM_STATES = ["raised", "continuing", "cleared"] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

/** What of an open alarm decides about it. */
export interface OpenAlarm {
  /** Good windows since the last that was not. */
  readonly calm: number;
}

/** What a window does to an alarm; nothing for `none`. */
export type AlarmChange =
  | { readonly change: "raise" | "continue" | "clear"; readonly reason: string }
  | { readonly change: "calm"; readonly calm: number }
  | { readonly change: "none" };

/** Good windows that clear an alarm: one alone may be luck, and an alarm that flutters is not believed. */
const CALM_WINDOWS = 2;

/**
 * Raised by the bound for alarms, kept by the lower one for warnings, cleared by two good windows in a row. A window
 * that says nothing changes nothing.
 */
export function nextAlarm(
  open: OpenAlarm | undefined,
  { verdict, reason }: { readonly verdict: Verdict; readonly reason: string },
): AlarmChange {
  if (verdict === "unknown") return { change: "none" };
  if (open === undefined) return verdict === "alarm" ? { change: "raise", reason } : { change: "none" };
  if (verdict !== "good") return { change: "continue", reason };
  const calm = open.calm + 1;
  return calm < CALM_WINDOWS ? { change: "calm", calm } : { change: "clear", reason };
}
