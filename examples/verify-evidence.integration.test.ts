import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { memoryLedger, nodeSha256, openPool, postgresLedger } from "@muster/adapters";
import {
  sampleFacts,
  sampleJudgement,
  sampleRunEvidence,
  sampleWaiver,
  temporaryPostgres,
} from "@muster/adapters/testing";
import { exportLedger, type Ledger } from "@muster/kernel";

const PROGRAM = join(import.meta.dirname, "verify-evidence.mjs");

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "muster-export-"));
});

after(() => rm(folder, { recursive: true, force: true }));

describe("the program for strangers", () => {
  test("fits in 30 lines and needs nothing but Node", async () => {
    const text = await readFile(PROGRAM, "utf8");

    assert.ok(text.trimEnd().split("\n").length <= 30);
    for (const [, name] of text.matchAll(/from "(.*)"/g)) assert.match(name ?? "", /^node:/);
  });

  test("finds an export of the real ledger intact, whatever its text holds", async () => {
    const postgres = await temporaryPostgres();
    const pool = openPool(postgres.url);
    const ledger = postgresLedger(pool);
    await fill(ledger);

    const answer = await verify(await exported(ledger));

    await pool.end();
    await postgres.close();
    assert.deepEqual(answer, { code: 0, said: `INTACT: 5 records, head ${(await sameLedger()).hash}\n` });
  });

  test("finds the example of the documentation intact", async () => {
    const page = await readFile(join(import.meta.dirname, "../docs/reference/evidence-format.md"), "utf8");
    const example = /```jsonl\n([\s\S]*?)```/.exec(page)?.[1] ?? "";

    const answer = await verify(example.trimEnd().split("\n"));

    assert.match(answer.said, /^INTACT: 1 records/);
  });

  test("finds an empty ledger intact", async () => {
    const answer = await verify(await exported(memoryLedger(nodeSha256)));

    assert.deepEqual(answer, { code: 0, said: `INTACT: 0 records, head ${"0".repeat(64)}\n` });
  });

  for (const [what, change, said] of [
    [
      "an altered record",
      (lines) => lines.with(2, at(lines, 2).replace('"pass"', '"fail"')),
      "BROKEN at line 3: record 2 was altered\n",
    ],
    [
      "an altered hash",
      (lines) => lines.with(0, at(lines, 0).replace(/"hash":"./, '"hash":"x')),
      "BROKEN at line 1: record 1 was altered\n",
    ],
    [
      "a record that is missing",
      (lines) => lines.toSpliced(2, 1),
      "BROKEN at line 4: record 3 does not follow record 1\n",
    ],
    [
      "two records that changed places",
      (lines) => lines.with(4, at(lines, 5)).with(5, at(lines, 4)),
      "BROKEN at line 5: record 4 does not follow record 2\n",
    ],
    [
      "a record that stands twice",
      (lines) => lines.toSpliced(3, 0, at(lines, 2)),
      "BROKEN at line 4: record 2 does not follow record 2\n",
    ],
    [
      "altered facts",
      (lines) => lines.with(1, at(lines, 1).replace("200", "500")),
      "BROKEN at line 2: facts do not give their digest\n",
    ],
    ["facts that are missing", (lines) => lines.toSpliced(1, 1), "BROKEN at line 2: facts of 2 are missing\n"],
    ["an end that was cut off", (lines) => lines.toSpliced(-2, 1), "BROKEN at line 7: the end was cut off\n"],
    ["a head that is gone", (lines) => lines.slice(0, -1), "BROKEN at line 7: the end was cut off\n"],
    [
      "something after the head",
      (lines) => [...lines, at(lines, 0)],
      "BROKEN at line 9: something stands after the head\n",
    ],
    ["a line that is no JSON", (lines) => lines.with(4, "{"), "BROKEN at line 5: it cannot be read\n"],
    ["a line that is nothing", (lines) => lines.with(4, "null"), "BROKEN at line 5: it cannot be read\n"],
    ["an empty file", () => [], "BROKEN at line 0: the end was cut off\n"],
  ] as const satisfies readonly (readonly [string, (lines: readonly string[]) => readonly string[], string])[]) {
    test(`names ${what}`, async () => {
      const ledger = memoryLedger(nodeSha256);
      await fill(ledger);
      const lines = await exported(ledger);
      assert.equal(lines.length, 8);

      assert.deepEqual(await verify(change(lines)), { code: 1, said });
    });
  }
});

/** Five records: a run, a judgement with its facts, one with the same and more, a waiver, one of difficult text. */
async function fill(ledger: Ledger): Promise<void> {
  const [one, two] = [
    sampleFacts({ status: 200 }),
    sampleFacts({ "10": 1, "9": 2, body: "\u0000\u0085\u2028\ud83d\ude00" }),
  ];
  await ledger.append([sampleRunEvidence("run-1/started")]);
  await ledger.append([sampleJudgement("run-1/a", { facts: { x: one.digest, y: null } })], [one]);
  await ledger.append([sampleJudgement("run-1/b", { facts: { x: one.digest, y: two.digest } })], [two]);
  await ledger.append([sampleWaiver("waiver-1")]);
  await ledger.append([
    sampleJudgement("run-1/c", {
      summary: '\u0000"\\\n\r\u0085\u2028\u2029 größer \u{1f600}',
      parameters: { limit: 1e-7 },
    }),
  ]);
}

async function sameLedger() {
  const ledger = memoryLedger(nodeSha256);
  await fill(ledger);
  return ledger.head();
}

async function exported(ledger: Ledger): Promise<readonly string[]> {
  const text = (await Array.fromAsync(exportLedger(ledger))).join("");
  assert.ok(text.endsWith("\n"));
  return text.slice(0, -1).split("\n");
}

async function verify(lines: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const file = join(folder, "evidence.jsonl");
  await writeFile(file, lines.map((line) => `${line}\n`).join(""));
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, file], (error, stdout) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, said: stdout });
    });
  });
}

function at(lines: readonly string[], index: number): string {
  const line = lines[index];
  assert.ok(line !== undefined);
  return line;
}
