import {
  CATEGORIES,
  type Evidence,
  EVIDENCE_KINDS,
  type EvidencePage,
  type LedgerRecord,
  OUTCOMES,
  SEVERITIES,
} from "@muster/kernel";
import Type, { type Static } from "typebox";

const Digest = Type.String({ pattern: "^[0-9a-f]{64}$" });
const InstantText = Type.String({ format: "date-time" });
const JsonMembers = Type.Record(Type.String(), Type.Unknown());

export const FindingSchema = Type.Object({ resource: Type.String(), message: Type.String() });

const common = {
  v: Type.Literal(1),
  id: Type.String(),
  at: InstantText,
  actor: Type.String(),
  subject: Type.Object({ service: Type.String(), environment: Type.String(), artefact: Type.Optional(Type.String()) }),
};

export const JudgementEvidenceSchema = Type.Object({
  ...common,
  kind: Type.Literal("judgement"),
  run: Type.Union([Type.String(), Type.Null()]),
  check: Type.String(),
  parameters: JsonMembers,
  outcome: Type.Enum([...OUTCOMES]),
  summary: Type.String(),
  findings: Type.Array(FindingSchema),
  facts: Type.Record(Type.String(), Type.Union([Digest, Type.Null()])),
  validUntil: InstantText,
});

export const RunEvidenceSchema = Type.Object({
  ...common,
  kind: Type.Literal("run"),
  run: Type.String(),
  milestone: Type.Enum(["started", "completed", "aborted"]),
  summary: Type.String(),
});

export const WaiverEvidenceSchema = Type.Object({
  ...common,
  kind: Type.Literal("waiver"),
  run: Type.Union([Type.String(), Type.Null()]),
  control: Type.String(),
  reason: Type.String(),
  until: InstantText,
});

export const LedgerRecordSchema = Type.Object({
  seq: Type.Integer({ minimum: 1 }),
  hash: Digest,
  prev: Digest,
  evidence: Type.Union([JudgementEvidenceSchema, RunEvidenceSchema, WaiverEvidenceSchema]),
});

/** Query of `GET /api/v1/evidence`. */
export const EvidenceQuerySchema = Type.Object(
  {
    kind: Type.Optional(Type.Enum([...EVIDENCE_KINDS])),
    check: Type.Optional(Type.String({ maxLength: 100 })),
    outcome: Type.Optional(Type.Enum([...OUTCOMES])),
    environment: Type.Optional(Type.String({ maxLength: 64 })),
    run: Type.Optional(Type.String({ maxLength: 64 })),
    text: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
    before: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
);

export const EvidencePageSchema = Type.Object({
  records: Type.Array(LedgerRecordSchema),
  total: Type.Integer(),
  next: Type.Optional(Type.Integer()),
});

/** What a check says of itself, for people who read its results. */
export const CheckDescriptionSchema = Type.Object({
  id: Type.String(),
  title: Type.String(),
  failureTitle: Type.String(),
  why: Type.String(),
  fix: Type.String(),
  category: Type.Enum([...CATEGORIES]),
  severity: Type.Enum([...SEVERITIES]),
  requires: Type.Array(Type.String()),
  supports: Type.Array(Type.String()),
  references: Type.Array(Type.String()),
  cwe: Type.Optional(Type.Integer()),
});

/** One record with the facts it rests on and what its check says of itself. */
export const EvidenceDetailSchema = Type.Object({
  record: LedgerRecordSchema,
  /** By kind of facts; a kind that could not be collected is absent. */
  facts: Type.Record(Type.String(), JsonMembers),
  check: Type.Optional(CheckDescriptionSchema),
});

export const VerificationSchema = Type.Object({
  intact: Type.Boolean(),
  seq: Type.Integer(),
  hash: Digest,
  /** Where and how the chain is broken, when it is. */
  break: Type.Optional(Type.Object({ seq: Type.Integer(), kind: Type.String(), reason: Type.String() })),
});

export type CheckDescription = Static<typeof CheckDescriptionSchema>;
export interface EvidenceDetail {
  readonly record: LedgerRecord;
  readonly facts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly check?: CheckDescription;
}
export type Verification = Static<typeof VerificationSchema>;
export type { Evidence, EvidencePage, LedgerRecord };
