import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeSha256 } from "../postgres/sha256.ts";
import { ledgerContract } from "../testing/ledger.contract.ts";
import { sampleJudgement } from "../testing/sample-evidence.ts";
import { memoryLedger } from "./ledger.ts";

ledgerContract("the ledger in memory", async () => memoryLedger(nodeSha256));

test("what a caller does to a record afterwards does not reach the ledger in memory", async () => {
  const ledger = memoryLedger(nodeSha256);
  const given = { ...sampleJudgement("run-1/a") };

  const [returned] = await ledger.append([given]);
  given.summary = "changed";
  Object.assign(returned?.evidence ?? {}, { summary: "changed" });

  const found = await ledger.find(1);
  assert.equal(found?.evidence.kind === "judgement" && found.evidence.summary, "status 200");
  assert.equal((await ledger.verify()).intact, true);
});
