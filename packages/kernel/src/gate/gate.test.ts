import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Outcome } from "../check/check.ts";
import { toInstant } from "../clock/clock.ts";
import { type Control, CONTROL_STATUSES, type Placed } from "../control/control.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { decideGate, type Gate } from "./gate.ts";

const NOW = Date.parse("2026-03-14T12:00:00.000Z");

describe("a gate", () => {
  test("opens when every control is met, and says so", () => {
    const verdict = decideGate(gate("a", "b"), [judged(1, "a", "pass"), judged(2, "b", "pass")], NOW);

    assert.equal(verdict.go, true);
    assert.equal(verdict.sentence, "READY: 2 of 2 controls met");
  });

  test("stays shut with the counts of what is not met, and shows the blockers first", () => {
    const verdict = decideGate(
      gate("met", "missing", "stale", "failed"),
      [judged(1, "met", "pass"), judged(2, "stale", "pass", -1), judged(3, "failed", "fail")],
      NOW,
    );

    assert.equal(verdict.go, false);
    assert.equal(verdict.sentence, "NOT READY: 1 of 4 controls met; 1 failed, 1 missing, 1 stale");
    assert.deepEqual(
      verdict.controls.map(({ status }) => status),
      ["failed", "missing", "stale", "met"],
    );
  });

  test("stays shut when it has no controls, because nothing was shown", () => {
    const verdict = decideGate(gate(), [], NOW);

    assert.equal(verdict.go, false);
    assert.equal(verdict.sentence, "NOT READY: the gate has no controls, so nothing was shown");
  });

  test("counts the newest judgement of a check by its place, not by the order of reading", () => {
    const records = [judged(7, "a", "pass"), judged(3, "a", "fail")];

    assert.equal(decideGate(gate("a"), records, NOW).go, true);
    assert.equal(decideGate(gate("a"), records.toReversed(), NOW).go, true);
  });

  test("opens over a waived control, and the newest waiver counts", () => {
    const failed = judged(1, "a", "fail");

    const waived = decideGate(gate("a"), [failed, waiver(2, "a", NOW + 1)], NOW);
    const revoked = decideGate(gate("a"), [failed, waiver(3, "a", NOW - 1), waiver(2, "a", NOW + 1)], NOW);

    assert.equal(waived.sentence, "READY: 0 of 1 controls met; 1 waived");
    assert.equal(revoked.sentence, "NOT READY: 0 of 1 controls met; 1 failed");
  });

  test("is not swayed by evidence that none of its controls asks for", () => {
    const verdict = decideGate(
      gate("a"),
      [judged(1, "a", "pass"), judged(2, "other", "fail"), waiver(3, "other", NOW + 1)],
      NOW,
    );

    assert.equal(verdict.go, true);
    assert.equal(verdict.controls.length, 1);
  });

  test("adds up: the counts are the controls, and it opens only when all are met or waived", () => {
    const check = fc.constantFrom("a", "b", "c");
    const record = fc.oneof(
      fc.tuple(check, fc.constantFrom<Outcome>("pass", "warn", "fail", "unknown"), fc.integer({ min: -2, max: 2 })).map(
        ([id, outcome, left]) =>
          (seq: number) =>
            judged(seq, id, outcome, left),
      ),
      fc.tuple(check, fc.integer({ min: -2, max: 2 })).map(
        ([id, left]) =>
          (seq: number) =>
            waiver(seq, id, NOW + left),
      ),
    );
    fc.assert(
      fc.property(fc.subarray(["a", "b", "c"]), fc.array(record), (controls, makers) => {
        const records = makers.map((make, index) => make(index + 1));

        const verdict = decideGate(gate(...controls), records, NOW);

        assert.equal(verdict.controls.length, controls.length);
        for (const status of CONTROL_STATUSES) {
          assert.equal(verdict.counts[status], verdict.controls.filter((each) => each.status === status).length);
        }
        assert.equal(
          verdict.go,
          controls.length > 0 && verdict.controls.every(({ status }) => status === "met" || status === "waived"),
        );
      }),
      { numRuns: 500 },
    );
  });
});

function gate(...checks: readonly string[]): Gate {
  const controls = checks.map((id): Control => ({ id, title: id, owner: "team", checks: [id], acceptWarnings: false }));
  return { id: "production", title: "Production", controls };
}

function judged(seq: number, check: string, outcome: Outcome, left = 1): Placed<Evidence> {
  return {
    seq,
    evidence: {
      v: 1,
      kind: "judgement",
      id: `run-${seq}/${check}`,
      at: toInstant(NOW - 10),
      actor: "muster",
      subject: { service: "models", environment: "staging" },
      run: `run-${seq}`,
      check,
      parameters: {},
      outcome,
      summary: outcome,
      findings: [],
      facts: {},
      validUntil: toInstant(NOW + left),
    },
  };
}

function waiver(seq: number, control: string, until: number): Placed<Evidence> {
  return {
    seq,
    evidence: {
      v: 1,
      kind: "waiver",
      id: `waiver/${seq}`,
      at: toInstant(NOW - 5),
      actor: "ada",
      subject: { service: "models", environment: "staging" },
      run: null,
      control,
      reason: "known and accepted",
      until: toInstant(until),
    },
  };
}
