import type { ControlStatus, Evidence, Outcome, StepState } from "@muster/kernel";

/** The shapes that stand for states. They differ in outline, so that they read without colour. */
export type Shape = "disc" | "triangle" | "square" | "ring" | "diamond" | "tick" | "dot" | "turning" | "bar";

/** Which colours apply: status colours are used for status and for nothing else. */
export type Tone = "pass" | "warn" | "fail" | "unknown" | "waived" | "neutral";

/** How a state is shown everywhere: a shape, a colour and a word, always together. */
export interface Mark {
  readonly shape: Shape;
  readonly tone: Tone;
  readonly word: string;
}

/** Outline of a shape in a box of 16 × 16. Filled, or drawn as a line 1.75 wide. */
export interface Outline {
  readonly path: string;
  readonly drawn: "filled" | "line" | "dashes";
}

export const OUTLINES: Readonly<Record<Shape, Outline>> = {
  disc: { path: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z", drawn: "filled" },
  triangle: {
    path: "M7.1 2.6a1.05 1.05 0 0 1 1.8 0l5.6 9.7a1.05 1.05 0 0 1-.9 1.6H2.4a1.05 1.05 0 0 1-.9-1.6z",
    drawn: "filled",
  },
  square: {
    path: "M4 2.75h8A1.25 1.25 0 0 1 13.25 4v8A1.25 1.25 0 0 1 12 13.25H4A1.25 1.25 0 0 1 2.75 12V4A1.25 1.25 0 0 1 4 2.75z",
    drawn: "filled",
  },
  ring: { path: "M8 2.75a5.25 5.25 0 1 1 0 10.5a5.25 5.25 0 1 1 0-10.5z", drawn: "dashes" },
  diamond: { path: "M8 1.9l6.1 6.1L8 14.1L1.9 8z", drawn: "line" },
  tick: { path: "M3 8.6l3.2 3.2L13 4.6", drawn: "line" },
  dot: { path: "M8 6.25a1.75 1.75 0 1 1 0 3.5a1.75 1.75 0 1 1 0-3.5z", drawn: "filled" },
  turning: { path: "M8 2.75a5.25 5.25 0 1 1-5.25 5.25", drawn: "line" },
  bar: { path: "M3 8h10", drawn: "line" },
};

const OUTCOME_MARKS: Readonly<Record<Outcome, Mark>> = {
  pass: { shape: "disc", tone: "pass", word: "pass" },
  warn: { shape: "triangle", tone: "warn", word: "warn" },
  fail: { shape: "square", tone: "fail", word: "fail" },
  unknown: { shape: "ring", tone: "unknown", word: "unknown" },
};

const CONTROL_MARKS: Readonly<Record<ControlStatus, Mark>> = {
  met: { shape: "disc", tone: "pass", word: "met" },
  stale: { shape: "triangle", tone: "warn", word: "stale" },
  failed: { shape: "square", tone: "fail", word: "failed" },
  missing: { shape: "ring", tone: "unknown", word: "missing" },
  waived: { shape: "diamond", tone: "waived", word: "waived" },
};

const STEP_MARKS: Readonly<Record<StepState, Mark>> = {
  waiting: { shape: "dot", tone: "neutral", word: "waiting" },
  running: { shape: "turning", tone: "neutral", word: "running" },
  done: { shape: "tick", tone: "neutral", word: "done" },
  failed: { shape: "square", tone: "fail", word: "failed" },
};

const MILESTONE_MARKS = {
  started: { shape: "dot", tone: "neutral", word: "started" },
  completed: { shape: "tick", tone: "neutral", word: "completed" },
  aborted: { shape: "bar", tone: "warn", word: "aborted" },
} as const satisfies Record<string, Mark>;

export function markOfOutcome(outcome: Outcome): Mark {
  return OUTCOME_MARKS[outcome];
}

export function markOfControl(status: ControlStatus): Mark {
  return CONTROL_MARKS[status];
}

export function markOfStep(state: StepState): Mark {
  return STEP_MARKS[state];
}

/** The mark of a record, whatever its kind. */
export function markOfEvidence(evidence: Evidence): Mark {
  switch (evidence.kind) {
    case "judgement":
      return OUTCOME_MARKS[evidence.outcome];
    case "run":
      return MILESTONE_MARKS[evidence.milestone];
    case "waiver":
      return CONTROL_MARKS.waived;
  }
}

/** The mark of a whole gate: open, or closed. */
export function markOfGate(go: boolean): Mark {
  return go ? { ...OUTCOME_MARKS.pass, word: "ready" } : { ...OUTCOME_MARKS.fail, word: "not ready" };
}
