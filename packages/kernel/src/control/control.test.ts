import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Outcome } from "../check/check.ts";
import { toInstant } from "../clock/clock.ts";
import type { JudgementEvidence, WaiverEvidence } from "../evidence/evidence.ts";
import { assessControl, type Control, type ControlStatus, type Placed } from "./control.ts";

const NOW = Date.parse("2026-03-14T12:00:00.000Z");
const HOUR = 3_600_000;

/** One check's evidence: outcome and how long it is still good; undefined for none. */
type Shown = readonly [Outcome, number] | undefined;

describe("a control", () => {
  for (const [what, shown, status, reason] of [
    ["passing evidence meets it", ["pass", HOUR], "met", "as it should be"],
    ["a failure fails it", ["fail", HOUR], "failed", "as it should be"],
    ["a failure fails it even when it is old", ["fail", -HOUR], "failed", "as it should be"],
    ["a warning fails it", ["warn", HOUR], "failed", "as it should be"],
    ["evidence past its time is stale", ["pass", -1], "stale", "evidence was good until 2026-03-14T11:59:59.999Z"],
    [
      "evidence is stale at the instant of its end",
      ["pass", 0],
      "stale",
      "evidence was good until 2026-03-14T12:00:00.000Z",
    ],
    ["evidence is good until just before its end", ["pass", 1], "met", "as it should be"],
    ["what could not be judged is missing", ["unknown", HOUR], "missing", "could not be judged: as it should be"],
    ["no evidence is missing", undefined, "missing", "no evidence yet"],
  ] as const satisfies readonly (readonly [string, Shown, ControlStatus, string])[]) {
    test(what, () => {
      const assessed = assessControl(control(["a"]), newest({ a: shown }), undefined, NOW);

      assert.equal(assessed.status, status);
      assert.equal(assessed.grounds[0]?.status, status);
      assert.equal(assessed.grounds[0]?.reason, reason);
    });
  }

  test("may accept warnings", () => {
    const lenient = { ...control(["a"]), acceptWarnings: true };

    assert.equal(assessControl(lenient, newest({ a: ["warn", HOUR] }), undefined, NOW).status, "met");
    assert.equal(assessControl(lenient, newest({ a: ["warn", -HOUR] }), undefined, NOW).status, "stale");
    assert.equal(assessControl(lenient, newest({ a: ["fail", HOUR] }), undefined, NOW).status, "failed");
  });

  test("is as bad as the worst of its checks: failed, then missing, then stale", () => {
    const pass: Shown = ["pass", HOUR];
    const stale: Shown = ["pass", -HOUR];
    const statusOf = (shown: Record<string, Shown>) =>
      assessControl(control(Object.keys(shown)), newest(shown), undefined, NOW).status;

    assert.equal(statusOf({ a: pass, b: stale }), "stale");
    assert.equal(statusOf({ a: stale, b: undefined }), "missing");
    assert.equal(statusOf({ a: undefined, b: ["fail", HOUR], c: stale }), "failed");
  });

  test("is waived while a waiver is in force, and keeps its grounds", () => {
    const assessed = assessControl(control(["a"]), newest({ a: ["fail", HOUR] }), waiver(NOW + 1), NOW);

    assert.equal(assessed.status, "waived");
    assert.equal(assessed.grounds[0]?.status, "failed");
    assert.equal(assessed.waiver?.evidence.reason, "known and accepted");
  });

  test("is not waived once the waiver has ended", () => {
    const assessed = assessControl(control(["a"]), newest({ a: ["fail", HOUR] }), waiver(NOW), NOW);

    assert.equal(assessed.status, "failed");
    assert.equal(assessed.waiver, undefined);
  });

  test("that is met needs no waiver", () => {
    assert.equal(assessControl(control(["a"]), newest({ a: ["pass", HOUR] }), waiver(NOW + 1), NOW).status, "met");
  });

  test("is met only when every check passed and is fresh", () => {
    const shown: fc.Arbitrary<Shown> = fc.option(
      fc.tuple(fc.constantFrom<Outcome>("pass", "warn", "fail", "unknown"), fc.integer({ min: -5, max: 5 })),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), shown, { minKeys: 1 }),
        fc.boolean(),
        (all, acceptWarnings) => {
          const assessed = assessControl({ ...control(Object.keys(all)), acceptWarnings }, newest(all), undefined, NOW);

          const good = (each: Shown) =>
            each !== undefined && (each[0] === "pass" || (acceptWarnings && each[0] === "warn")) && each[1] > 0;
          assert.equal(assessed.status === "met", Object.values(all).every(good));
          assert.equal(assessed.grounds.length, Object.keys(all).length);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function control(checks: readonly string[]): Control {
  return { id: "c", title: "C", owner: "team", checks, acceptWarnings: false };
}

function newest(shown: Readonly<Record<string, Shown>>): ReadonlyMap<string, Placed<JudgementEvidence>> {
  const placed = new Map<string, Placed<JudgementEvidence>>();
  for (const [check, each] of Object.entries(shown)) {
    if (each) placed.set(check, { seq: placed.size + 1, evidence: judgement(check, each[0], NOW + each[1]) });
  }
  return placed;
}

function judgement(check: string, outcome: Outcome, validUntil: number): JudgementEvidence {
  return {
    v: 1,
    kind: "judgement",
    id: `run/${check}`,
    at: toInstant(NOW - HOUR),
    actor: "muster",
    subject: { service: "models", environment: "staging" },
    run: "run",
    check,
    parameters: {},
    outcome,
    summary: "as it should be",
    findings: [],
    facts: {},
    validUntil: toInstant(validUntil),
  };
}

function waiver(until: number): Placed<WaiverEvidence> {
  return {
    seq: 9,
    evidence: {
      v: 1,
      kind: "waiver",
      id: "waiver/1",
      at: toInstant(NOW - HOUR),
      actor: "ada",
      subject: { service: "models", environment: "staging" },
      run: null,
      control: "c",
      reason: "known and accepted",
      until: toInstant(until),
    },
  };
}
