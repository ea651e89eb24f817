import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCatalog } from "@muster/catalog";
import type { Catalog } from "@muster/contract";
import type { Check, Collection, Outcome } from "@muster/kernel";
import { assess, troubles } from "./assessment.ts";
import { assessmentReport } from "./assessment-report.ts";
import { assessmentAnnotations, assessmentLines, assessmentText } from "./assessment-text.ts";

const plain = (_tone: unknown, text: string): string => text;

/** A catalogue whose checks come to the outcomes that their ids name: `fail-1`, `pass-2`. */
function catalogOf(ids: readonly string[]): Catalog {
  const { checks } = createCatalog({ load: () => Promise.reject(new Error("no load")) });
  const [sample] = checks.values();
  assert.ok(sample);
  const make = (id: string): Catalog["checks"] extends ReadonlyMap<string, infer U> ? U : never => ({
    ...sample,
    id,
    title: `${id} holds`,
    failureTitle: `${id} is broken`,
    fix: "Mend it.",
    severity: id.endsWith("1") ? "critical" : "low",
    requires: [],
    judge: (): ReturnType<Check["judge"]> => ({ outcome: id.split("-")[0] as Outcome, summary: `${id}: 3, allowed 2` }),
  });
  return { collectors: new Map(), checks: new Map(ids.map((id) => [id, make(id)])) };
}

function collectionOf(ids: readonly string[]): Collection {
  return {
    run: "check-1",
    actor: "muster check",
    subject: { service: "example.org", environment: "external" },
    at: "2026-11-21T12:00:00.000Z",
    facts: {},
    plan: ids.map((check) => ({ check, parameters: {}, validForMs: 1_000 })),
  };
}

function assessmentOf(...ids: string[]) {
  return assess([collectionOf(ids)], catalogOf(ids));
}

describe("an assessment", () => {
  const cases: readonly (readonly [ids: string[], sentence: string, exit: number])[] = [
    [["pass-1", "pass-2"], "PASS: 2 of 2 checks pass", 0],
    [["pass-1", "warn-2", "unknown-3"], "PASS: 1 of 3 checks pass; 1 warn, 1 unknown", 0],
    [["pass-1", "fail-2"], "FAIL: 1 of 2 checks pass; 1 fail", 1],
    [["fail-1"], "FAIL: 0 of 1 check pass; 1 fail", 1],
    [["unknown-1", "unknown-2"], "UNKNOWN: none of 2 checks could be judged", 3],
    [[], "UNKNOWN: none of 0 checks could be judged", 3],
  ];
  for (const [ids, sentence, exit] of cases) {
    it(`of ${ids.join(", ") || "nothing"} says ${sentence}`, () => {
      const assessment = assessmentOf(...ids);

      assert.equal(assessment.sentence, sentence);
      assert.equal(assessment.exit, exit);
    });
  }

  it("puts failures first, the most severe before the others", () => {
    const assessment = assessmentOf("unknown-1", "warn-1", "fail-2", "fail-1", "pass-1");

    assert.deepEqual(
      troubles(assessment).map(({ evidence }) => evidence.check),
      ["fail-1", "fail-2", "warn-1", "unknown-1"],
    );
  });

  it("of a check that the catalogue lost is unknown", () => {
    const assessment = assess([collectionOf(["pass-1", "gone"])], catalogOf(["pass-1"]));

    assert.equal(assessment.sentence, "PASS: 1 of 2 checks pass; 1 unknown");
  });

  it("in text shows what was seen, why it matters and what to do", () => {
    const text = assessmentText(assessmentOf("fail-1", "pass-1"), plain, 100);

    assert.ok(text.startsWith("FAIL: 1 of 2 checks pass; 1 fail (example.org, external)\n"), text);
    assert.ok(text.includes("■ fail     fail-1 is broken (fail-1, critical)\n           fail-1: 3, allowed 2\n"));
    assert.ok(text.includes("           fix: Mend it.\n"));
    assert.ok(text.endsWith("● 1 check passes\n"));
  });

  it("in minimal form is one line for each trouble", () => {
    assert.equal(
      assessmentLines(assessmentOf("pass-1", "fail-1")),
      "FAIL: 1 of 2 checks pass; 1 fail\nfail fail-1: fail-1: 3, allowed 2\n",
    );
  });

  it("as annotations escapes what the format gives a meaning", () => {
    const text = assessmentAnnotations(assessmentOf("fail-1", "unknown-1"));

    assert.equal(
      text,
      "::error title=fail-1 is broken::fail-1: 3, allowed 2. Mend it.\n" +
        "::warning title=unknown-1 holds::unknown-1: 3, allowed 2. Mend it.\n" +
        "FAIL: 0 of 2 checks pass; 1 fail, 1 unknown\n",
    );
  });

  it("as a report carries the same verdict and a chain of its own", () => {
    const report = assessmentReport(assessmentOf("fail-1", "pass-2"), "0.0.0");

    assert.equal(report.verdict.sentence, "FAIL: 1 of 2 checks pass; 1 fail");
    assert.deepEqual(report.verdict.counts, { met: 1, failed: 1, stale: 0, missing: 0, waived: 0 });
    assert.equal(report.records.length, 2);
    assert.equal(report.records[1]?.prev, report.records[0]?.hash);
    assert.equal(report.head.hash, report.records[1]?.hash);
  });
});
