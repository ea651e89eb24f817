import type { LoadModel } from "./scenario.ts";

/** Loads of usual shapes, for whoever knows how many users or requests are normal and wants the rest done. */
export const PROFILES = ["light", "normal", "heavy", "spike", "soak", "breakpoint"] as const;
export type Profile = (typeof PROFILES)[number];

/** What is normal for a service: users at work at the same time, or arrivals per second. */
export type Normal = { readonly users: number } | { readonly arrivalsPerSecond: number };

interface Shape {
  /** Multiples of what is normal, and how long it takes to get there. */
  readonly stages: readonly (readonly [times: number, over: string])[];
}

const SHAPES: Readonly<Record<Profile, Shape>> = {
  light: {
    stages: [
      [0.1, "10s"],
      [0.1, "1m"],
    ],
  },
  normal: {
    stages: [
      [1, "30s"],
      [1, "3m"],
      [0, "10s"],
    ],
  },
  heavy: {
    stages: [
      [2, "1m"],
      [2, "5m"],
      [0, "30s"],
    ],
  },
  // Ten times what is normal, at once, and then: does it come back?
  spike: {
    stages: [
      [1, "30s"],
      [1, "30s"],
      [10, "5s"],
      [10, "30s"],
      [1, "5s"],
      [1, "1m"],
    ],
  },
  soak: {
    stages: [
      [1, "2m"],
      [1, "4h"],
      [0, "1m"],
    ],
  },
  breakpoint: { stages: [[20, "20m"]] },
};

/** The model of a profile. A broken threshold with `abort` ends a `breakpoint` where the service breaks. */
export function profile(name: Profile, normal: Normal): LoadModel {
  const { stages } = SHAPES[name];
  if ("users" in normal) {
    // Less than one user is no load at all.
    return {
      users: stages.map(([times, over]) => ({
        to: times === 0 ? 0 : Math.max(1, Math.round(times * normal.users)),
        over,
      })),
    };
  }
  return { arrivalsPerSecond: stages.map(([times, over]) => ({ to: times * normal.arrivalsPerSecond, over })) };
}
