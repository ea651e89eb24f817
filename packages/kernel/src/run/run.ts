import type { Instant } from "../clock/clock.ts";

/** The steps of a run, in order. */
export const RUN_STEPS = [
  { id: "database", title: "PostgreSQL" },
  { id: "migrations", title: "Migrations" },
  { id: "service", title: "Service started" },
  { id: "health", title: "Health" },
  { id: "security", title: "Security" },
  { id: "load", title: "Load" },
  { id: "gate", title: "Gate" },
  { id: "report", title: "Report" },
] as const;

export type RunStepId = (typeof RUN_STEPS)[number]["id"];

export type StepState = "waiting" | "running" | "done" | "failed";

/** Where one step stands. */
export interface RunStep {
  readonly id: RunStepId;
  readonly title: string;
  readonly state: StepState;
  /** How long it took, once it ended. */
  readonly ms?: number;
  /** What it came to, in a few words: `7 checks: 6 pass, 1 warn`. */
  readonly note?: string;
}

/** News of one step. */
export interface StepChange {
  readonly step: RunStepId;
  readonly state: StepState;
  readonly ms?: number;
  readonly note?: string;
}

export type RunState = "running" | "completed" | "aborted";

/** One pass over a service's environment: from its start to a verdict. */
export interface Run {
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  readonly state: RunState;
  readonly startedAt: Instant;
  readonly finishedAt?: Instant;
  readonly steps: readonly RunStep[];
  /** The gate's sentence, or why the run was aborted. */
  readonly summary?: string;
}

/** The steps of a run before anything happened. */
export function waitingSteps(): readonly RunStep[] {
  return RUN_STEPS.map((step) => ({ ...step, state: "waiting" as const }));
}

/** Steps after a piece of news. */
export function applyStepChange(steps: readonly RunStep[], change: StepChange): readonly RunStep[] {
  const { step: id, ...news } = change;
  return steps.map((step) => (step.id === id ? { ...step, ...news } : step));
}
