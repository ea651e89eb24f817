import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { type ChainVerdict, canonicalJson, type JsonObject, verifyChain } from "@muster/kernel";
import { sampleReport } from "../sample/index.ts";
import type { RunReport } from "../report.ts";
import { renderJson } from "./render-json.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const report = sampleReport(sha256);

describe("the JSON report", () => {
  test("is the report itself, with its format first", () => {
    const text = renderJson(report);

    assert.ok(text.startsWith('{\n  "format": "muster-report/1",\n'));
    assert.deepEqual(JSON.parse(text), report);
  });

  test("is enough for a stranger to verify the chain and the facts", async () => {
    const read = JSON.parse(renderJson(report)) as RunReport;

    const links = read.records.map(({ seq, prev, hash, evidence }) => {
      return { seq, prev, hash, body: canonicalJson(evidence as unknown as JsonObject) };
    });
    const verdict: ChainVerdict = await verifyChain(links, read.head, sha256);

    assert.equal(verdict.intact, true);
    for (const [digest, value] of Object.entries(read.facts)) assert.equal(sha256(canonicalJson(value)), digest);
  });
});
