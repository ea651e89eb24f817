import type { Run, RunStep } from "@muster/kernel";

/** A step with its place on the run's line of time, as fractions of the whole. */
export interface TimedStep {
  readonly step: RunStep;
  readonly from: number;
  readonly length: number;
}

/** Lays the steps of a run one after the other. Steps that have not ended take no room yet. */
export function timeline(steps: Run["steps"]): { readonly steps: readonly TimedStep[]; readonly totalMs: number } {
  const totalMs = steps.reduce((sum, step) => sum + (step.ms ?? 0), 0);
  let before = 0;
  const timed = steps.map((step) => {
    const from = totalMs === 0 ? 0 : before / totalMs;
    const length = totalMs === 0 ? 0 : (step.ms ?? 0) / totalMs;
    before += step.ms ?? 0;
    return { step, from, length };
  });
  return { steps: timed, totalMs };
}
