import type { Instant } from "@muster/kernel";
import Type, { type Static } from "typebox";
import type { Capacity } from "../load/load-findings.ts";
import { type LoadReport, LoadReportSchema } from "../load/load-report.ts";

const Count = Type.Integer({ minimum: 0 });

/** A load test in a list: what it came to, without its course. */
export const LoadTestSchema = Type.Object({
  id: Type.String(),
  kind: Type.Enum(["run", "capacity"]),
  /** What was run: the name of the plan's file, or the address. */
  name: Type.String(),
  target: Type.String(),
  /** Who ran it. */
  actor: Type.String(),
  /** `lost`: whoever ran it said nothing for a while, and never that it ended. */
  state: Type.Enum(["running", "finished", "lost"]),
  startedAt: Type.String({ format: "date-time" }),
  /** When something was last heard of it. */
  updatedAt: Type.String({ format: "date-time" }),
  /** The verdict in one sentence, so far or for good. */
  sentence: Type.String(),
  verdict: Type.Enum(["passed", "failed", "invalid"]),
  requests: Count,
  /** Requests per second; of a capacity search the rate at which the objective holds. */
  perSecond: Type.Number({ minimum: 0 }),
  failed: Count,
  /** In ms; absent when nothing was answered. */
  p95: Type.Optional(Type.Number({ minimum: 0 })),
});

export const LoadTestPageSchema = Type.Object({
  tests: Type.Array(LoadTestSchema),
  total: Count,
  /** Name it as `before` to read on; absent at the end. */
  next: Type.Optional(Type.String()),
});

export const LoadTestQuerySchema = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    before: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);

const StepSchema = Type.Object({
  ratePerSecond: Type.Number(),
  purpose: Type.Enum(["grow", "narrow", "confirm"]),
  holds: Type.Boolean(),
  goodPerSecond: Type.Number(),
  summary: Type.String(),
  p95: Type.Optional(Type.Number()),
});

/** What the search for the highest rate came to, and what it asked for. */
export const CapacityFindingSchema = Type.Object({
  objective: Type.Array(Type.String()),
  holdsAt: Type.Optional(Type.Number()),
  breaksAt: Type.Optional(Type.Number()),
  tries: Type.Object({ holds: Count, breaks: Count }),
  steps: Type.Array(StepSchema),
  settled: Type.Boolean(),
});

/** How much more a service can take than it was last offered. */
export const HeadroomSchema = Type.Object({
  /** Highest rate at which the objective held, per second. */
  holdsAt: Type.Number(),
  objective: Type.Array(Type.String()),
  /** The capacity search that found it. */
  test: Type.String(),
  at: Type.String({ format: "date-time" }),
});

export const LoadTestDetailSchema = Type.Object({
  test: LoadTestSchema,
  /** What a run has found so far; absent for a capacity search. */
  report: Type.Optional(LoadReportSchema),
  capacity: Type.Optional(CapacityFindingSchema),
  /** From the newest settled capacity search of the same origin; absent where there is none. */
  headroom: Type.Optional(HeadroomSchema),
});

export type LoadTest = Static<typeof LoadTestSchema>;
export type LoadTestPage = Static<typeof LoadTestPageSchema>;
export type CapacityFinding = Static<typeof CapacityFindingSchema>;
export type Headroom = Static<typeof HeadroomSchema>;
export type LoadTestDetail = Static<typeof LoadTestDetailSchema>;

/** What is known of a load test when it begins. */
export type NewLoadTest = Pick<LoadTest, "id" | "kind" | "name" | "target" | "actor">;

/** What a load test has found: the report of a run, or of a capacity search. */
export type LoadFinding =
  | { readonly kind: "run"; readonly report: LoadReport }
  | {
      readonly kind: "capacity";
      readonly target: string;
      readonly capacity: Capacity;
      readonly objective: readonly string[];
      readonly sentence: string;
    };

/** Load tests that people look at later, and while they go on. */
export interface LoadTestStore {
  /** Notes that a test began; the oldest beyond a bound go. */
  begin(test: NewLoadTest, at: Instant): Promise<void>;
  /** Notes what it has found so far, or for good. News of a test that has ended changes nothing. */
  note(id: string, finding: LoadFinding, ended: boolean, at: Instant): Promise<void>;
  /** Newest first, from the one after `before`. */
  page(limit: number, before: string | undefined, now: number): Promise<LoadTestPage>;
  find(id: string, now: number): Promise<LoadTestDetail | undefined>;
}
