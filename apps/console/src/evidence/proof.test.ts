import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { describe, test } from "node:test";
import type { EvidenceDetail } from "@muster/contract";
import { sampleReport } from "@muster/report/sample";
import { browserSha256, prove } from "./proof.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const report = sampleReport(sha256);
const compute = async (text: string): Promise<string> => sha256(text);

function detailOf(seq: number): EvidenceDetail {
  const record = report.records[seq - 1];
  assert.ok(record);
  const { evidence } = record;
  const digests = evidence.kind === "judgement" ? Object.entries(evidence.facts) : [];
  const facts = Object.fromEntries(
    digests.flatMap(([kind, digest]) => {
      const value = digest === null ? undefined : report.facts[digest];
      return value ? [[kind, value]] : [];
    }),
  );
  return { record, facts };
}

describe("what the browser computes of a record", () => {
  test("holds for a record as the ledger wrote it", async () => {
    const proof = await prove(detailOf(15), report.records[13]?.hash, compute);

    assert.deepEqual(proof, { hash: "holds", link: "holds", facts: { "load-result": "holds" } });
  });

  test("needs nothing before the first record", async () => {
    assert.equal((await prove(detailOf(1), undefined, compute)).link, "holds");
  });

  test("says nothing of a predecessor that was not read", async () => {
    assert.equal((await prove(detailOf(15), undefined, compute)).link, undefined);
  });

  test("finds a word that was changed", async () => {
    const detail = detailOf(15);
    const { evidence } = detail.record;
    const changed = { ...detail, record: { ...detail.record, evidence: { ...evidence, actor: "nobody" } } };

    assert.equal((await prove(changed, report.records[13]?.hash, compute)).hash, "differs");
  });

  test("finds facts that are not those that were judged", async () => {
    const detail = detailOf(15);
    const changed = { ...detail, facts: { "load-result": { ...detail.facts["load-result"], failed: 1 } } };

    assert.deepEqual((await prove(changed, undefined, compute)).facts, { "load-result": "differs" });
  });

  test("finds a record that stands after another one", async () => {
    assert.equal((await prove(detailOf(15), report.records[2]?.hash, compute)).link, "differs");
  });
});

describe("SHA-256 in a browser", () => {
  test("gives what other programs give", async () => {
    const found = await browserSha256(webcrypto as unknown as Crypto)?.("größer 漢字");

    assert.equal(found, sha256("größer 漢字"));
  });

  test("is absent where the browser withholds it", () => {
    assert.equal(browserSha256({} as Crypto), undefined);
    assert.equal(browserSha256(undefined), undefined);
  });
});
