import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { structureOf } from "../html/structure.ts";
import { withText } from "../sample/hostile-report.ts";
import { sampleReport } from "../sample/index.ts";
import { renderJunit } from "./render-junit.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const report = sampleReport(sha256);

describe("the JUnit report", () => {
  test("counts what the verdict counts, so that a build is green exactly when the gate is open", () => {
    const suite = /<testsuite [^>]*>/.exec(renderJunit(report))?.[0];

    assert.match(
      suite ?? "",
      /name="model-platform\.staging\.production" tests="12" failures="2" errors="1" skipped="1"/,
    );
  });

  test("tells of a failed control what was seen and what to do", () => {
    const xml = renderJunit(report);
    const at = xml.indexOf('name="Browsers are told how to protect users"');

    assert.equal(
      xml.slice(xml.indexOf("<failure", at), xml.indexOf("</failure>", at)),
      `<failure type="failed" message="1 of 3 required headers present, required all">Answers lack security headers: 1 of 3 required headers present, required all
  GET /readyz: Content-Security-Policy is not sent
  GET /readyz: Referrer-Policy is not sent
  Fix: Send Content-Security-Policy, X-Content-Type-Options and Referrer-Policy with every answer; set them once, in the server's outermost hook.
  Evidence: record #10`,
    );
  });

  test("marks a missing control as an error and a waived one as skipped with its reason", () => {
    const xml = renderJunit(report);

    assert.match(xml, /name="It can be observed">\s+<error type="missing" message="could not be judged: http-metrics/);
    assert.match(
      xml,
      /name="Traffic is encrypted">\s+<skipped message="waived until 2026-12-19T19:04:12.000Z: Staging/,
    );
  });

  test("keeps its structure, and holds only characters that XML allows, whatever the texts in it are", () => {
    const expected = structureOf(renderJunit(withText(report, "x")));

    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 30 }), (text) => {
        const xml = renderJunit(withText(report, text));

        assert.deepEqual(structureOf(xml), expected);
        assert.doesNotMatch(xml, /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/);
        assert.ok(xml.isWellFormed());
      }),
      { numRuns: 60 },
    );
  });
});
