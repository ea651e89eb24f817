import type { JudgementEvidence, WaiverEvidence } from "../evidence/evidence.ts";

/** A requirement, and the checks whose evidence meets it. */
export interface Control {
  readonly id: string;
  readonly title: string;
  /** Who answers for it. */
  readonly owner: string;
  /** All of these checks must hold. */
  readonly checks: readonly string[];
  /** Whether a `warn` meets the control; otherwise a warning fails it. */
  readonly acceptWarnings: boolean;
}

/** Computed from evidence, never set by hand. */
export type ControlStatus = "met" | "failed" | "stale" | "missing" | "waived";

export const CONTROL_STATUSES = [
  "failed",
  "missing",
  "stale",
  "waived",
  "met",
] as const satisfies readonly ControlStatus[];

/** A piece of evidence by its place in the ledger. */
export interface Placed<E> {
  readonly seq: number;
  readonly evidence: E;
}

/** Why one check of a control does or does not hold. */
export interface Ground {
  readonly check: string;
  readonly status: Exclude<ControlStatus, "waived">;
  readonly reason: string;
  /** The record that says so; absent when there is none. */
  readonly evidence?: Placed<JudgementEvidence>;
}

/** A control with its status, and everything that the status rests on. */
export interface AssessedControl {
  readonly control: Control;
  readonly status: ControlStatus;
  readonly grounds: readonly Ground[];
  /** The waiver in force, when that is why the control does not block. */
  readonly waiver?: Placed<WaiverEvidence>;
}

/**
 * Computes a control's status at an instant (milliseconds since the epoch).
 *
 * The newest judgement of each check counts. The worst ground decides, in the order failed,
 * missing, stale, met. `unknown` is missing evidence: somebody looked and could not tell. A waiver
 * in force turns anything but `met` into `waived`.
 */
export function assessControl(
  control: Control,
  newest: ReadonlyMap<string, Placed<JudgementEvidence>>,
  waiver: Placed<WaiverEvidence> | undefined,
  now: number,
): AssessedControl {
  const grounds = control.checks.map((check) => ground(check, newest.get(check), control.acceptWarnings, now));
  const worst = (["failed", "missing", "stale"] as const).find((status) =>
    grounds.some((each) => each.status === status),
  );
  if (worst === undefined) return { control, status: "met", grounds };
  if (waiver && Date.parse(waiver.evidence.until) > now) return { control, status: "waived", grounds, waiver };
  return { control, status: worst, grounds };
}

function ground(
  check: string,
  placed: Placed<JudgementEvidence> | undefined,
  acceptWarnings: boolean,
  now: number,
): Ground {
  if (!placed) return { check, status: "missing", reason: "no evidence yet" };
  const { outcome, summary, validUntil } = placed.evidence;
  if (outcome === "unknown")
    return { check, status: "missing", reason: `could not be judged: ${summary}`, evidence: placed };
  if (outcome === "fail" || (outcome === "warn" && !acceptWarnings)) {
    return { check, status: "failed", reason: summary, evidence: placed };
  }
  if (Date.parse(validUntil) <= now) {
    return { check, status: "stale", reason: `evidence was good until ${validUntil}`, evidence: placed };
  }
  return { check, status: "met", reason: summary, evidence: placed };
}
