import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Check, Collected, Judgement } from "../check/check.ts";
import { canonicalJson, type Json } from "../json/canonical.ts";
import { type Collection, judgeCollection } from "./judgement.ts";

const sha256 = (text: string) => hash("sha256", text);

describe("judging a collection", () => {
  test("gives one record for each planned check, in the order of the plan", () => {
    const { evidence } = judgeCollection(
      collection({
        facts: { exchange: { status: "collected", value: { status: 200 } } },
        plan: [
          { check: "status", parameters: { allowed: 200 }, validForMs: 60_000 },
          { check: "other", parameters: {}, validForMs: 1 },
        ],
      }),
      checks({
        status: { requires: ["exchange"], gives: { outcome: "pass", summary: "status 200" } },
        other: { requires: [], gives: { outcome: "fail", summary: "no", findings: [{ resource: "a", message: "b" }] } },
      }),
      sha256,
    );

    assert.deepEqual(evidence, [
      {
        v: 1,
        kind: "judgement",
        id: "run-1/status",
        at: "2026-03-14T09:26:53.589Z",
        actor: "muster",
        subject: { service: "models", environment: "staging" },
        run: "run-1",
        check: "status",
        parameters: { allowed: 200 },
        outcome: "pass",
        summary: "status 200",
        findings: [],
        facts: { exchange: sha256('{"status":200}') },
        validUntil: "2026-03-14T09:27:53.589Z",
      },
      {
        v: 1,
        kind: "judgement",
        id: "run-1/other",
        at: "2026-03-14T09:26:53.589Z",
        actor: "muster",
        subject: { service: "models", environment: "staging" },
        run: "run-1",
        check: "other",
        parameters: {},
        outcome: "fail",
        summary: "no",
        findings: [{ resource: "a", message: "b" }],
        facts: {},
        validUntil: "2026-03-14T09:26:53.590Z",
      },
    ]);
  });

  test("keeps each fact once that a record rests on, and no other", () => {
    const { facts } = judgeCollection(
      collection({
        facts: {
          exchange: { status: "collected", value: { b: 1, a: 2 } },
          unused: { status: "collected", value: { c: 3 } },
        },
        plan: ["one", "two"].map((check) => ({ check, parameters: {}, validForMs: 1 })),
      }),
      checks({ one: { requires: ["exchange"] }, two: { requires: ["exchange"] } }),
      sha256,
    );

    assert.deepEqual(facts, [{ digest: sha256('{"a":2,"b":1}'), value: { b: 1, a: 2 } }]);
  });

  test("writes null for a fact that could not be collected", () => {
    const { evidence } = judgeCollection(
      collection({
        facts: { tls: { status: "unavailable", reason: "plain http" } },
        plan: [{ check: "expiry", parameters: {}, validForMs: 1 }],
      }),
      checks({ expiry: { requires: ["tls", "never-asked"] } }),
      sha256,
    );

    assert.deepEqual(evidence[0]?.facts, { tls: null, "never-asked": null });
    assert.equal(evidence[0]?.outcome, "unknown");
  });

  test("judges a check that is no longer in the catalogue as unknown", () => {
    const { evidence } = judgeCollection(
      collection({ plan: [{ check: "removed", parameters: {}, validForMs: 1 }] }),
      checks({}),
      sha256,
    );

    assert.equal(evidence[0]?.outcome, "unknown");
    assert.equal(evidence[0]?.summary, "no check is called removed");
  });

  test("can say what a service sent that was cut off in the middle of a character", () => {
    const { evidence, facts } = judgeCollection(
      collection({
        facts: { exchange: { status: "collected", value: { body: "cut \ud83d", "\udc00": 1 } } },
        plan: [{ check: "body", parameters: {}, validForMs: 1 }],
      }),
      checks({
        body: {
          requires: ["exchange"],
          gives: { outcome: "fail", summary: "\ud83d", findings: [{ resource: "\ud83d", message: "\ud83d" }] },
        },
      }),
      sha256,
    );

    assert.equal(evidence[0]?.summary, "\ufffd");
    assert.doesNotThrow(() => canonicalJson(evidence as unknown as Json));
    assert.deepEqual(facts[0]?.value, { body: "cut \ufffd", "\ufffd": 1 });
  });

  test("judges saved facts again to the same bytes", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("a", "b", "c"), collected()),
        fc.uniqueArray(fc.constantFrom("one", "two", "three", "gone")),
        (facts, planned) => {
          const original = collection({
            facts,
            plan: planned.map((check) => ({ check, parameters: { n: 1 }, validForMs: 1_000 })),
          });
          const known = checks({
            one: { requires: ["a"] },
            two: { requires: ["a", "b"] },
            three: { requires: ["c"], rule: (given) => ({ outcome: "warn", summary: canonicalJson(given) }) },
          });
          const saved = JSON.parse(JSON.stringify(original)) as Collection;

          const first = judgeCollection(original, known, sha256);
          const replayed = judgeCollection(saved, known, sha256);

          assert.equal(canonicalJson(replayed as unknown as Json), canonicalJson(first as unknown as Json));
          const kept = new Set(first.facts.map(({ digest }) => digest));
          for (const record of first.evidence) {
            for (const digest of Object.values(record.facts)) assert.ok(digest === null || kept.has(digest));
          }
        },
      ),
    );
  });
});

interface Rule {
  readonly requires: readonly string[];
  readonly gives?: Judgement;
  readonly rule?: (facts: Readonly<Record<string, Json>>) => Judgement;
}

function checks(rules: Readonly<Record<string, Rule>>): ReadonlyMap<string, Check> {
  return new Map(
    Object.entries(rules).map(([id, { requires, gives, rule }]): [string, Check] => [
      id,
      {
        id,
        title: "",
        failureTitle: "",
        why: "",
        fix: "",
        category: "health",
        severity: "low",
        requires,
        defaults: {},
        supports: [],
        references: [],
        judge: rule ?? (() => gives ?? { outcome: "pass", summary: "fine" }),
      },
    ]),
  );
}

function collection(parts: Partial<Collection>): Collection {
  return {
    run: "run-1",
    actor: "muster",
    subject: { service: "models", environment: "staging" },
    at: "2026-03-14T09:26:53.589Z",
    facts: {},
    plan: [],
    ...parts,
  };
}

function collected(): fc.Arbitrary<Collected> {
  return fc.oneof(
    fc.record({
      status: fc.constant("collected" as const),
      value: fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue() as fc.Arbitrary<Json>),
    }),
    fc.record({ status: fc.constant("unavailable" as const), reason: fc.string() }),
  );
}
