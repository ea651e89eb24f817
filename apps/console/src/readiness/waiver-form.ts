import type { WaiverRequest } from "@muster/contract";
import { shellWord } from "../evidence/filters.ts";

/** What somebody filled in. */
export interface WaiverForm {
  readonly reason: string;
  /** Length in days. */
  readonly days: number;
}

/** Lengths that are offered. The longest is the longest that the server grants. */
export const WAIVER_DAYS = [1, 7, 30, 90] as const;

const SHORTEST_REASON = 10;
const LONGEST_REASON = 2_000;
const DAY_MS = 86_400_000;
/** A margin for the way to the server, so that 90 days asked for are not 90 days and a second. */
const MARGIN_MS = 60_000;

/** What is wrong with a form, by member; empty when it can be sent. */
export function waiverProblems(form: WaiverForm): Readonly<Partial<Record<keyof WaiverForm, string>>> {
  const length = form.reason.trim().length;
  if (length < SHORTEST_REASON)
    return { reason: `Say in at least ${SHORTEST_REASON} characters why this is acceptable` };
  if (length > LONGEST_REASON) return { reason: `Keep it to ${LONGEST_REASON} characters` };
  return {};
}

/** The instant at which a waiver that is granted now ends, in milliseconds. */
export function waiverEnd(days: number, now: number): number {
  return now + days * DAY_MS - MARGIN_MS;
}

export function waiverRequest(form: WaiverForm, control: string, environment: string, now: number): WaiverRequest {
  return { control, environment, reason: form.reason.trim(), until: new Date(waiverEnd(form.days, now)).toISOString() };
}

/** The command that grants the same waiver. */
export function waiverCommand(form: WaiverForm, control: string, environment: string): string {
  const reason = form.reason.trim() === "" ? "…" : form.reason.trim();
  return `muster waive ${control} --environment ${shellWord(environment)} --until ${form.days}d --reason ${shellWord(reason)}`;
}
