import type { ControlStatus, Outcome, StepState } from "@muster/kernel";
import type { Tone } from "./io.ts";

/** How a state is shown: a shape that reads without colour, and a tone. The word always stands beside it. */
export interface Mark {
  readonly shape: string;
  readonly tone: Tone;
}

export const OUTCOME_MARKS: Readonly<Record<Outcome, Mark>> = {
  pass: { shape: "●", tone: "good" },
  warn: { shape: "▲", tone: "caution" },
  fail: { shape: "■", tone: "bad" },
  unknown: { shape: "◌", tone: "caution" },
};

export const CONTROL_MARKS: Readonly<Record<ControlStatus, Mark>> = {
  met: { shape: "●", tone: "good" },
  stale: { shape: "▲", tone: "caution" },
  failed: { shape: "■", tone: "bad" },
  missing: { shape: "◌", tone: "caution" },
  waived: { shape: "◇", tone: "accent" },
};

export const STEP_MARKS: Readonly<Record<StepState, Mark>> = {
  waiting: { shape: "·", tone: "quiet" },
  running: { shape: "▸", tone: "accent" },
  done: { shape: "✓", tone: "good" },
  failed: { shape: "■", tone: "bad" },
};
