import { CONTROL_STATUSES, type GateVerdict, type Head, type Instant, type Run, RUN_STEPS } from "@muster/kernel";
import Type, { type Static } from "typebox";
import {
  JudgementEvidenceSchema,
  WaiverEvidenceSchema,
  type CheckDescription,
  CheckDescriptionSchema,
} from "./evidence.ts";

const Count = Type.Integer({ minimum: 0 });

export const RunSchema = Type.Object({
  id: Type.String(),
  service: Type.String(),
  environment: Type.String(),
  state: Type.Enum(["running", "completed", "aborted"]),
  startedAt: Type.String({ format: "date-time" }),
  finishedAt: Type.Optional(Type.String({ format: "date-time" })),
  steps: Type.Array(
    Type.Object({
      id: Type.Enum(RUN_STEPS.map((step) => step.id)),
      title: Type.String(),
      state: Type.Enum(["waiting", "running", "done", "failed"]),
      ms: Type.Optional(Type.Number()),
      note: Type.Optional(Type.String()),
    }),
  ),
  summary: Type.Optional(Type.String()),
});

const PlacedJudgement = Type.Object({ seq: Type.Integer(), evidence: JudgementEvidenceSchema });
const PlacedWaiver = Type.Object({ seq: Type.Integer(), evidence: WaiverEvidenceSchema });

export const AssessedControlSchema = Type.Object({
  control: Type.Object({
    id: Type.String(),
    title: Type.String(),
    owner: Type.String(),
    checks: Type.Array(Type.String()),
    acceptWarnings: Type.Boolean(),
  }),
  status: Type.Enum([...CONTROL_STATUSES]),
  grounds: Type.Array(
    Type.Object({
      check: Type.String(),
      status: Type.Enum(["met", "failed", "stale", "missing"]),
      reason: Type.String(),
      evidence: Type.Optional(PlacedJudgement),
    }),
  ),
  waiver: Type.Optional(PlacedWaiver),
});

export const GateVerdictSchema = Type.Object({
  gate: Type.String(),
  title: Type.String(),
  go: Type.Boolean(),
  sentence: Type.String(),
  counts: Type.Object({ met: Count, failed: Count, stale: Count, missing: Count, waived: Count }),
  controls: Type.Array(AssessedControlSchema),
});

/** Answer of `GET /api/v1/readiness`: can we ship? */
export const ReadinessSchema = Type.Object({
  service: Type.Object({ name: Type.String(), title: Type.String(), owner: Type.String() }),
  environment: Type.String(),
  /** The instant for which the verdict holds. */
  at: Type.String({ format: "date-time" }),
  verdict: GateVerdictSchema,
  /** Other gates that can be asked for with `?gate=`. */
  gates: Type.Array(Type.String()),
  /** Descriptions of every check that the verdict names. */
  checks: Type.Array(CheckDescriptionSchema),
  /** The newest run, going on or ended. */
  run: Type.Optional(RunSchema),
  /** Where the ledger ended when this was computed. */
  head: Type.Object({ seq: Type.Integer(), hash: Type.String() }),
});

export interface Readiness {
  readonly service: { readonly name: string; readonly title: string; readonly owner: string };
  readonly environment: string;
  readonly at: Instant;
  readonly verdict: GateVerdict;
  readonly gates: readonly string[];
  readonly checks: readonly CheckDescription[];
  readonly run?: Run;
  readonly head: Head;
}

/** Body of `POST /api/v1/waivers`. */
export const WaiverRequestSchema = Type.Object(
  {
    control: Type.String({ minLength: 1, maxLength: 64 }),
    environment: Type.String({ minLength: 1, maxLength: 64 }),
    reason: Type.String({
      minLength: 10,
      maxLength: 2_000,
      description: "Why this is acceptable, for whoever reads it in a year",
    }),
    until: Type.String({ format: "date-time", description: "When the waiver ends; at most 90 days ahead" }),
  },
  { additionalProperties: false },
);
export type WaiverRequest = Static<typeof WaiverRequestSchema>;
