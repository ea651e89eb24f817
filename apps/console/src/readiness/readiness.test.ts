import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { problemsOf, WaiverRequestSchema } from "@muster/contract";
import { sampleReadiness, sampleReport } from "@muster/report/sample";
import { verdictHoldsForMs } from "./expiry.ts";
import { WAIVER_DAYS, waiverCommand, waiverProblems, waiverRequest } from "./waiver-form.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const STARTED = Date.UTC(2026, 10, 21, 21);
const DAY = 86_400_000;
const readiness = sampleReadiness(sampleReport(sha256, STARTED).records, undefined, STARTED + 60_000);

describe("a verdict on the page", () => {
  test("is asked for again within a minute, however quiet it is", () => {
    assert.equal(verdictHoldsForMs(readiness, STARTED + 60_000), 60_000);
  });

  test("is asked for again as soon as evidence under it ends", () => {
    const firstEnd = STARTED + 7_900 + DAY;

    assert.equal(verdictHoldsForMs(readiness, firstEnd - 2_000), 2_500);
  });

  test("is not asked for without end once everything has ended", () => {
    assert.equal(verdictHoldsForMs(readiness, STARTED + 900 * DAY), 60_000);
  });
});

describe("the waiver form", () => {
  test("asks for a reason that says something", () => {
    assert.match(waiverProblems({ reason: "  ok     ", days: 7 }).reason ?? "", /at least 10 characters/);
    assert.match(waiverProblems({ reason: "x".repeat(2_001), days: 7 }).reason ?? "", /2000 characters/);
    assert.deepEqual(waiverProblems({ reason: "staging listens on loopback only", days: 7 }), {});
  });

  test("makes requests that the server takes, also for the longest time that it grants", () => {
    for (const days of WAIVER_DAYS) {
      const request = waiverRequest({ reason: " staging listens on loopback ", days }, "encrypted", "staging", STARTED);

      assert.deepEqual(problemsOf(WaiverRequestSchema, request), []);
      assert.equal(request.reason, "staging listens on loopback");
      assert.ok(Date.parse(request.until) < STARTED + 90 * DAY && Date.parse(request.until) > STARTED);
    }
  });

  test("shows the command that grants the same", () => {
    assert.equal(
      waiverCommand({ reason: "loopback only", days: 30 }, "encrypted", "staging"),
      "muster waive encrypted --environment staging --until 30d --reason 'loopback only'",
    );
  });
});
