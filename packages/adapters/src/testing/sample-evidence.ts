import { createHash } from "node:crypto";
import {
  canonicalJson,
  type FactsToKeep,
  type JsonObject,
  type JudgementEvidence,
  type RunEvidence,
  type WaiverEvidence,
} from "@muster/kernel";

/** A judgement like any other, but for the parts that a test cares about. */
export function sampleJudgement(id: string, parts: Partial<JudgementEvidence> = {}): JudgementEvidence {
  return {
    v: 1,
    kind: "judgement",
    id,
    at: "2026-03-14T09:26:53.589Z",
    actor: "muster",
    subject: { service: "models", environment: "staging" },
    run: "run-1",
    check: "http-status",
    parameters: { allowed: [200] },
    outcome: "pass",
    summary: "status 200",
    findings: [],
    facts: {},
    validUntil: "2026-03-15T09:26:53.589Z",
    ...parts,
  };
}

export function sampleRunEvidence(id: string, parts: Partial<RunEvidence> = {}): RunEvidence {
  return {
    v: 1,
    kind: "run",
    id,
    at: "2026-03-14T09:26:00.000Z",
    actor: "muster",
    subject: { service: "models", environment: "staging" },
    run: "run-1",
    milestone: "started",
    summary: "run started",
    ...parts,
  };
}

export function sampleWaiver(id: string, parts: Partial<WaiverEvidence> = {}): WaiverEvidence {
  return {
    v: 1,
    kind: "waiver",
    id,
    at: "2026-03-14T10:00:00.000Z",
    actor: "ada",
    subject: { service: "models", environment: "staging" },
    run: null,
    control: "transport",
    reason: "accepted until the new certificate arrives",
    until: "2026-04-01T00:00:00.000Z",
    ...parts,
  };
}

/** Facts with the digest that their canonical JSON has. */
export function sampleFacts(value: JsonObject): FactsToKeep {
  return { digest: createHash("sha256").update(canonicalJson(value)).digest("hex"), value };
}
