import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "../json/canonical.ts";
import type { Check, Collected, Judgement } from "./check.ts";
import { judge } from "./judge.ts";

describe("judging a check", () => {
  test("gives the check the facts that it declared and its parameters, and nothing else", () => {
    let seen: unknown;
    const check = checkThat(["exchange"], (facts, parameters) => {
      seen = { facts, parameters };
      return { outcome: "pass", summary: "status 200" };
    });

    const judgement = judge(
      check,
      { limit: 5 },
      { exchange: collected({ status: 200 }), secret: collected({ of: "others" }) },
    );

    assert.deepEqual(judgement, { outcome: "pass", summary: "status 200" });
    assert.deepEqual(seen, { facts: { exchange: { status: 200 } }, parameters: { limit: 5 } });
  });

  test("is unknown when a declared fact was not collected", () => {
    const judgement = judge(passing(["exchange", "tls"]), {}, { exchange: collected({}) });

    assert.deepEqual(judgement, { outcome: "unknown", summary: "tls was not collected" });
  });

  test("is unknown, with the reason, when a declared fact was unavailable", () => {
    const judgement = judge(
      passing(["tls"]),
      {},
      { tls: { status: "unavailable", reason: "the address is plain http" } },
    );

    assert.deepEqual(judgement, { outcome: "unknown", summary: "tls: the address is plain http" });
  });

  test("is unknown when the check throws, whatever it throws", () => {
    const error = checkThat([], () => {
      throw new TypeError("cannot read status");
    });
    const text = checkThat([], () => {
      throw "nonsense";
    });

    assert.deepEqual(judge(error, {}, {}), {
      outcome: "unknown",
      summary: "the check itself failed: cannot read status",
    });
    assert.deepEqual(judge(text, {}, {}), { outcome: "unknown", summary: "the check itself failed: nonsense" });
  });

  test("is unknown when the check gives no outcome or no summary", () => {
    for (const given of [undefined, {}, { outcome: "maybe", summary: "x" }, { outcome: "pass" }]) {
      const judgement = judge(
        checkThat([], () => given as Judgement),
        {},
        {},
      );

      assert.equal(judgement.outcome, "unknown", JSON.stringify(given));
    }
  });

  test("does not take a name of Object.prototype for a fact", () => {
    const judgement = judge(passing(["toString"]), {}, {});

    assert.equal(judgement.outcome, "unknown");
  });
});

function passing(requires: readonly string[]): Check {
  return checkThat(requires, () => ({ outcome: "pass", summary: "fine" }));
}

function checkThat(
  requires: readonly string[],
  rule: (facts: Readonly<Record<string, Json>>, parameters: JsonObject) => Judgement,
): Check {
  return {
    id: "sample",
    title: "Sample holds",
    failureTitle: "Sample does not hold",
    why: "",
    fix: "",
    category: "health",
    severity: "low",
    requires,
    defaults: {},
    supports: [],
    references: [],
    judge: rule,
  };
}

function collected(value: JsonObject): Collected {
  return { status: "collected", value };
}
