import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CheckDescription } from "@muster/contract";
import { decideGate, type Evidence, type Gate, type Outcome } from "@muster/kernel";
import { verdictText } from "./verdict-text.ts";

const NOW = Date.UTC(2026, 10, 21);
const plain = (_tone: unknown, text: string): string => text;

function control(id: string, ...checks: string[]): Gate["controls"][number] {
  return { id, title: `Title of ${id}`, owner: "team", checks, acceptWarnings: false };
}

function judgement(check: string, outcome: Outcome, summary: string): Evidence {
  return {
    v: 1,
    kind: "judgement",
    id: `run/${check}`,
    at: "2026-11-20T23:00:00.000Z",
    actor: "test",
    subject: { service: "s", environment: "e" },
    run: "run",
    check,
    parameters: {},
    outcome,
    summary,
    findings: [],
    facts: {},
    validUntil: "2026-11-22T00:00:00.000Z",
  };
}

const waiver: Evidence = {
  v: 1,
  kind: "waiver",
  id: "waiver",
  at: "2026-11-20T23:00:00.000Z",
  actor: "ann",
  subject: { service: "s", environment: "e" },
  run: null,
  control: "accepted",
  reason: "reached over the VPN only",
  until: "2026-12-01T00:00:00.000Z",
};

const description = { id: "slow", fix: "Make it faster." } as CheckDescription;

describe("a verdict in text", () => {
  const gate: Gate = {
    id: "g",
    title: "Gate",
    controls: [
      control("fast", "slow"),
      control("seen", "a", "b"),
      control("new", "c"),
      control("accepted", "d"),
      control("fine", "e"),
    ],
  };
  const records = [
    judgement("slow", "fail", "p95 612 ms, allowed 500 ms"),
    judgement("a", "unknown", "no TLS"),
    judgement("b", "unknown", "no TLS"),
    judgement("d", "fail", "answers over http"),
    judgement("e", "pass", "ok"),
    waiver,
  ].map((evidence, index) => ({ seq: index + 1, evidence }));

  const text = verdictText(decideGate(gate, records, NOW), [description], plain, 100);

  it("begins with the verdict", () => {
    assert.ok(text.startsWith("NOT READY: 1 of 5 controls met; 1 failed, 2 missing, 1 waived\n"), text);
  });

  it("shows a failure with the resolved value and the check's fix", () => {
    assert.ok(
      text.includes(
        "■ failed   Title of fast (fast, team)\n           slow: p95 612 ms, allowed 500 ms\n           fix: Make it faster.\n",
      ),
    );
  });

  it("says once what several checks could not see for one reason", () => {
    assert.ok(
      text.includes(
        "           a, b: could not be judged: no TLS\n           fix: Remove what kept it from being seen",
      ),
    );
  });

  it("says of what was never judged how to judge it", () => {
    assert.ok(text.includes("c: no evidence yet\n           fix: Judge it: run `muster up`."));
  });

  it("names who waived what, until when and why, and counts what holds", () => {
    assert.ok(
      text.includes(
        "◇ waived   Title of accepted (accepted, team)\n           by ann until 2026-12-01T00:00:00.000Z: reached over the VPN only",
      ),
    );
    assert.ok(text.endsWith("● 1 control met\n"));
  });
});
