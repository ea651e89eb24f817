import {
  type AssessedControl,
  assessControl,
  type Control,
  type ControlStatus,
  CONTROL_STATUSES,
  type Placed,
} from "../control/control.ts";
import type { Evidence, JudgementEvidence, WaiverEvidence } from "../evidence/evidence.ts";

/** A set of controls between two states of the world. */
export interface Gate {
  readonly id: string;
  readonly title: string;
  readonly controls: readonly Control[];
}

/** Whether the gate opens, and every control with its grounds, blockers first. */
export interface GateVerdict {
  readonly gate: string;
  readonly title: string;
  readonly go: boolean;
  /** One sentence: `NOT READY: 9 of 12 controls met; 2 failed, 1 missing`. */
  readonly sentence: string;
  readonly counts: Readonly<Record<ControlStatus, number>>;
  readonly controls: readonly AssessedControl[];
}

/**
 * Decides a gate from evidence at an instant (milliseconds since the epoch). It opens when every
 * control is met or waived. A gate without controls does not open: nothing was shown.
 */
export function decideGate(gate: Gate, records: readonly Placed<Evidence>[], now: number): GateVerdict {
  const newest = newestByCheck(records);
  const waivers = newestWaivers(records);
  const controls = gate.controls
    .map((control) => assessControl(control, newest, waivers.get(control.id), now))
    .sort((a, b) => CONTROL_STATUSES.indexOf(a.status) - CONTROL_STATUSES.indexOf(b.status));
  const counts = { met: 0, failed: 0, stale: 0, missing: 0, waived: 0 };
  for (const each of controls) counts[each.status] += 1;
  const go = controls.length > 0 && counts.met + counts.waived === controls.length;
  return { gate: gate.id, title: gate.title, go, sentence: sentence(go, counts, controls.length), counts, controls };
}

function newestByCheck(records: readonly Placed<Evidence>[]): Map<string, Placed<JudgementEvidence>> {
  const newest = new Map<string, Placed<JudgementEvidence>>();
  for (const { seq, evidence } of records) {
    if (evidence.kind !== "judgement") continue;
    const known = newest.get(evidence.check);
    if (!known || seq > known.seq) newest.set(evidence.check, { seq, evidence });
  }
  return newest;
}

function newestWaivers(records: readonly Placed<Evidence>[]): Map<string, Placed<WaiverEvidence>> {
  const newest = new Map<string, Placed<WaiverEvidence>>();
  for (const { seq, evidence } of records) {
    if (evidence.kind !== "waiver") continue;
    const known = newest.get(evidence.control);
    if (!known || seq > known.seq) newest.set(evidence.control, { seq, evidence });
  }
  return newest;
}

function sentence(go: boolean, counts: Readonly<Record<ControlStatus, number>>, total: number): string {
  if (total === 0) return "NOT READY: the gate has no controls, so nothing was shown";
  const rest = CONTROL_STATUSES.filter((status) => status !== "met" && counts[status] > 0)
    .map((status) => `${counts[status]} ${status}`)
    .join(", ");
  const met = `${counts.met} of ${total} controls met`;
  return `${go ? "READY" : "NOT READY"}: ${met}${rest === "" ? "" : `; ${rest}`}`;
}
