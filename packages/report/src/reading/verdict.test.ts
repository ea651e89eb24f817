import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { SAMPLE_CHECKS, sampleReport } from "../sample/index.ts";
import {
  checksById,
  controlSaid,
  evidenceTitle,
  groundFix,
  groundTitle,
  newestEvidence,
  oldestEvidence,
  readVerdict,
  verdictParts,
} from "./verdict.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const { verdict, records } = sampleReport(sha256);
const checks = checksById(SAMPLE_CHECKS);

function controlCalled(id: string) {
  const found = verdict.controls.find(({ control }) => control.id === id);
  assert.ok(found);
  return found;
}

function groundOf(id: string) {
  const [ground] = controlCalled(id).grounds;
  assert.ok(ground);
  return ground;
}

describe("a verdict", () => {
  test("is read from what blocks to what holds, and nothing is left out", () => {
    const { blockers, waived, met } = readVerdict(verdict);

    assert.deepEqual(
      blockers.map(({ status }) => status),
      ["failed", "failed", "missing"],
    );
    assert.deepEqual([waived.length, met.length], [1, 8]);
  });

  test("has a first word that carries its colour", () => {
    assert.deepEqual(verdictParts("NOT READY: 8 of 12 controls met; 2 failed"), {
      word: "NOT READY",
      rest: "8 of 12 controls met; 2 failed",
    });
    assert.deepEqual(verdictParts("READY"), { word: "READY", rest: "" });
  });

  test("knows how old what it rests on is", () => {
    assert.equal(newestEvidence(verdict.controls), "2026-11-21T21:04:32.300Z");
    assert.equal(oldestEvidence(controlCalled("database")), "2026-11-21T21:04:19.900Z");
  });
});

describe("a control in one line", () => {
  test("shows everything that was seen where all holds", () => {
    assert.equal(
      controlSaid(controlCalled("database")),
      "12 of 100 connections used (12 %), allowed 80 %; 99.7 % of reads from memory, required 95 %",
    );
  });

  test("shows only what does not hold where something does not", () => {
    const control = controlCalled("database");
    const [first, second] = control.grounds;
    assert.ok(first && second);

    const said = controlSaid({
      ...control,
      status: "failed",
      grounds: [first, { ...second, status: "failed", reason: "61 % of reads from memory, required 95 %" }],
    });

    assert.equal(said, "61 % of reads from memory, required 95 %");
  });

  test("shows the reason of its waiver", () => {
    assert.match(controlSaid(controlCalled("encrypted")), /^Staging listens on loopback only/);
  });
});

describe("a ground", () => {
  test("is called by what is wrong where it failed, and by what ought to hold otherwise", () => {
    const title = (id: string) => groundTitle(groundOf(id), checks.get(groundOf(id).check));

    assert.equal(title("fast-enough"), "Latency under load is outside the objective");
    assert.equal(title("observable"), "Metrics are exposed");
    assert.equal(groundTitle(groundOf("fast-enough"), undefined), "load-latency");
  });

  test("gives the check's fix for a failure, and not where nothing could be seen", () => {
    const fix = (id: string) => groundFix(groundOf(id), checks.get(groundOf(id).check));
    const { evidence: _, ...never } = groundOf("observable");

    assert.match(fix("fast-enough") ?? "", /^Open the load result/);
    assert.match(fix("observable") ?? "", /^Remove what kept it from being seen/);
    assert.match(groundFix(never, undefined) ?? "", /^Judge it: the next run/);
    assert.match(groundFix({ ...groundOf("storage"), status: "stale" }, undefined) ?? "", /too old to count/);
    assert.equal(fix("storage"), undefined);
  });
});

test("a record is called by what it is about", () => {
  const titles = [records[0], records[1], records[14]].map((record) => {
    assert.ok(record);
    const { evidence } = record;
    return evidenceTitle(evidence, evidence.kind === "judgement" ? checks.get(evidence.check) : undefined);
  });

  assert.deepEqual(titles, ["Waiver of encrypted", "Run started", "Latency under load is outside the objective"]);
});
