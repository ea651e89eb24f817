import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Check, Errors } from "typebox/schema";
import { withText } from "../sample/hostile-report.ts";
import { sampleReport } from "../sample/index.ts";
import { renderSarif } from "./render-sarif.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const report = sampleReport(sha256);

/** The published schema of SARIF 2.1.0, as one of its makers' packages carries it. */
const schema = JSON.parse(
  readFileSync(fileURLToPath(import.meta.resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json")), "utf8"),
) as Record<string, unknown>;

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly kind: string;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly suppressions?: readonly { readonly justification: string }[];
  readonly locations: readonly {
    readonly physicalLocation?: { readonly artifactLocation: { readonly uri: string } };
  }[];
}

interface Log {
  readonly runs: readonly [
    {
      readonly results: readonly Result[];
      readonly tool: { readonly driver: { readonly rules: readonly { id: string }[] } };
    },
  ];
}

function resultsOf(text: string): ReadonlyMap<string, Result> {
  const log = JSON.parse(text) as Log;
  return new Map(log.runs[0].results.map((result) => [result.ruleId, result]));
}

describe("the SARIF report", () => {
  test("holds against the published schema", () => {
    const log: unknown = JSON.parse(renderSarif(report, { configuration: "muster.config.ts" }));

    const [, errors] = Errors(schema, log);

    assert.deepEqual(errors, []);
  });

  test("holds against the schema also with hostile texts, without a run and without descriptions", () => {
    const { run: _, ...withoutRun } = withText(report, '<"\\\u0000\u202E');

    assert.ok(Check(schema, JSON.parse(renderSarif({ ...withoutRun, checks: [] }))));
  });

  test("is refused by the schema when a level is not one of SARIF's", () => {
    const log: unknown = JSON.parse(renderSarif(report).replaceAll('"level": "error"', '"level": "fatal"'));

    assert.ok(!Check(schema, log));
  });

  test("gives outcomes the kind and level that SARIF has for them", () => {
    const results = resultsOf(renderSarif(report));
    const shown = (check: string) => [results.get(check)?.kind, results.get(check)?.level];

    assert.deepEqual(shown("liveness-answers"), ["pass", "none"]);
    assert.deepEqual(shown("metrics-exposed"), ["open", "none"]);
    assert.deepEqual(shown("disk-space"), ["fail", "warning"]);
    assert.deepEqual(shown("load-latency"), ["fail", "error"]);
  });

  test("puts the findings under the resolved value", () => {
    assert.equal(
      resultsOf(renderSarif(report)).get("security-headers")?.message.text,
      "1 of 3 required headers present, required all\nGET /readyz: Content-Security-Policy is not sent\nGET /readyz: Referrer-Policy is not sent",
    );
  });

  test("suppresses what a person waived, with the person, the end and the reason", () => {
    const results = resultsOf(renderSarif(report));

    assert.match(
      results.get("certificate-valid")?.suppressions?.[0]?.justification ?? "",
      /^Waived by dana until 2026-12-19 19:04:12 UTC: Staging listens on loopback only/,
    );
    assert.equal(results.get("load-latency")?.suppressions, undefined);
  });

  test("has one result for each check, and points each at its rule", () => {
    const log = JSON.parse(renderSarif(report)) as Log;
    const { results, tool } = log.runs[0];

    assert.equal(new Set(results.map((result) => result.ruleId)).size, results.length);
    for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
  });

  test("points at the configuration file only when it is told which", () => {
    const uri = (text: string) =>
      resultsOf(text).get("load-latency")?.locations[0]?.physicalLocation?.artifactLocation.uri;

    assert.equal(uri(renderSarif(report, { configuration: "muster.config.ts" })), "muster.config.ts");
    assert.equal(uri(renderSarif(report)), undefined);
  });
});
