import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Evidence, exportLedger, GENESIS, type Ledger, verifyChain } from "@muster/kernel";
import { nodeSha256 } from "../postgres/sha256.ts";
import { sampleFacts, sampleJudgement, sampleRunEvidence, sampleWaiver } from "./sample-evidence.ts";

/** What every ledger must do. `empty` gives a ledger without records. */
export function ledgerContract(name: string, empty: () => Promise<Ledger>): void {
  describe(name, () => {
    test("is empty at first, and verifies", async () => {
      const ledger = await empty();

      assert.deepEqual(await ledger.head(), { seq: 0, hash: GENESIS });
      assert.deepEqual(await ledger.verify(), { intact: true, head: { seq: 0, hash: GENESIS } });
      assert.deepEqual(await ledger.page({}, 10), { records: [], total: 0 });
      assert.equal(await ledger.find(1), undefined);
    });

    test("appends in the given order and returns the records as stored", async () => {
      const ledger = await empty();

      const [first, second] = await ledger.append([sampleRunEvidence("run-1/started"), sampleJudgement("run-1/a")]);
      const [third] = await ledger.append([sampleWaiver("waiver-1")]);

      assert.deepEqual([first?.seq, second?.seq, third?.seq], [1, 2, 3]);
      assert.deepEqual([first?.prev, second?.prev, third?.prev], [GENESIS, first?.hash, second?.hash]);
      assert.deepEqual(second?.evidence, sampleJudgement("run-1/a"));
      assert.deepEqual(await ledger.head(), { seq: 3, hash: third?.hash });
      assert.deepEqual(await ledger.find(2), second);
      assert.equal((await ledger.verify()).intact, true);
    });

    test("appends nothing for nothing", async () => {
      const ledger = await empty();

      assert.deepEqual(await ledger.append([]), []);
      assert.equal((await ledger.head()).seq, 0);
    });

    test("does not append a record twice, and returns the one that is stored", async () => {
      const ledger = await empty();
      const [stored] = await ledger.append([sampleJudgement("run-1/a")]);

      const again = await ledger.append([
        sampleJudgement("run-1/a", { summary: "another text" }),
        sampleJudgement("run-1/b"),
        sampleJudgement("run-1/b", { outcome: "fail" }),
      ]);

      assert.deepEqual(again[0], stored);
      assert.deepEqual(again[2], again[1]);
      assert.equal(again[1]?.seq, 2);
      assert.equal((await ledger.head()).seq, 2);
    });

    test("gives every one of many writers a place of its own in one chain", async () => {
      const ledger = await empty();

      const written = await Promise.all(
        Array.from({ length: 60 }, (_, writer) =>
          ledger.append([sampleJudgement(`run-1/${writer}`), sampleJudgement(`run-1/${writer}-too`)]),
        ),
      );

      const places = written.flat().map(({ seq }) => seq);
      assert.deepEqual(
        places.toSorted((a, b) => a - b),
        Array.from({ length: 120 }, (_, index) => index + 1),
      );
      assert.ok(written.every(([one, two]) => one && two && two.seq === one.seq + 1));
      assert.equal((await ledger.verify()).intact, true);
    });

    test("keeps text exactly: U+0000, quotes, line breaks, letters of any script, and emoji", async () => {
      const ledger = await empty();
      const summary = '\u0000 \\u0000 "quoted" \n\r\u2028 größer 漢字 \u{1f600} \ufffd \u007f';

      await ledger.append([sampleJudgement("run-1/text", { summary })]);

      const found = await ledger.find(1);
      assert.equal(found?.evidence.kind === "judgement" && found.evidence.summary, summary);
      assert.equal((await ledger.verify()).intact, true);
    });

    test("keeps facts by digest, each once", async () => {
      const ledger = await empty();
      const facts = sampleFacts({ status: 200, body: "\u0000" });
      const record = (id: string) => sampleJudgement(id, { facts: { exchange: facts.digest } });

      await ledger.append([record("run-1/a")], [facts]);
      await ledger.append([record("run-1/b")], [facts]);

      const absent = "0".repeat(64);
      const kept = await ledger.facts([facts.digest, absent]);
      assert.deepEqual([...kept], [[facts.digest, { status: 200, body: "\u0000" }]]);
      assert.deepEqual([...(await ledger.facts([]))], []);
      assert.equal((await ledger.verify()).intact, true);
    });

    test("refuses facts that do not give their digest, and appends nothing with them", async () => {
      const ledger = await empty();
      const facts = { ...sampleFacts({ status: 200 }), value: { status: 500 } };

      await assert.rejects(ledger.append([sampleJudgement("run-1/a")], [facts]));

      assert.equal((await ledger.head()).seq, 0);
      assert.equal((await ledger.facts([facts.digest])).size, 0);
    });

    test("refuses what canonical JSON cannot carry, without harm to others who write at the time", async () => {
      const ledger = await empty();
      const bad = sampleJudgement("run-1/bad", { parameters: { limit: Number.NaN } });

      const outcomes = await Promise.allSettled([
        ledger.append([sampleJudgement("run-1/a")]),
        ledger.append([sampleJudgement("run-1/beside"), bad]),
        ledger.append([sampleJudgement("run-1/b")], [{ ...sampleFacts({ a: 1 }), value: { a: 2 } }]),
        ledger.append([sampleJudgement("run-1/c")]),
      ]);

      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["fulfilled", "rejected", "rejected", "fulfilled"],
      );
      assert.equal((await ledger.head()).seq, 2);
    });

    test("notices facts that a record rests on and that are not kept", async () => {
      const ledger = await empty();
      const facts = sampleFacts({ status: 200 });
      await ledger.append([sampleJudgement("run-1/a")]);
      await ledger.append([sampleJudgement("run-1/b", { facts: { exchange: facts.digest, tls: null } })]);

      const verdict = await ledger.verify();

      assert.ok(!verdict.intact);
      assert.deepEqual([verdict.break.seq, verdict.break.kind, verdict.verified.seq], [2, "facts", 1]);
      assert.equal(verdict.break.reason, `facts ${facts.digest} that record 2 rests on are missing`);
    });

    test("pages from the newest to the oldest", async () => {
      const ledger = await filled(
        empty,
        Array.from({ length: 7 }, (_, place) => sampleJudgement(`run-1/${place}`)),
      );

      const first = await ledger.page({}, 3);
      const second = await ledger.page({}, 3, first.next);
      const third = await ledger.page({}, 3, second.next);

      const places = [first, second, third].map(({ records }) => records.map(({ seq }) => seq));
      assert.deepEqual(places, [[7, 6, 5], [4, 3, 2], [1]]);
      assert.deepEqual([first.total, third.total, third.next], [7, 7, undefined]);
    });

    test("has no next page when the last one is full", async () => {
      const ledger = await filled(empty, [sampleJudgement("run-1/a"), sampleJudgement("run-1/b")]);

      assert.equal((await ledger.page({}, 2)).next, undefined);
    });

    test("gives at most 100 records at once, and at least one", async () => {
      const ledger = await filled(
        empty,
        Array.from({ length: 101 }, (_, place) => sampleJudgement(`run-1/${place}`)),
      );

      assert.equal((await ledger.page({}, 1_000)).records.length, 100);
      assert.equal((await ledger.page({}, 0)).records.length, 1);
    });

    for (const [what, filter, found] of [
      ["kind", { kind: "waiver" }, [4]],
      ["check", { check: "tls-expiry" }, [3]],
      ["outcome", { outcome: "fail" }, [3]],
      ["environment", { environment: "production" }, [2]],
      ["run", { run: "run-1" }, [3, 1]],
      ["several at once", { run: "run-1", outcome: "pass" }, []],
      ["a word of the summary", { text: "zertifikat" }, [3]],
      ["a word of the check", { text: "EXPIRY" }, [3]],
      ["a word of the id", { text: "run-2" }, [2]],
      ["a word of a waiver's reason", { text: "accepted" }, [4]],
      ["a waiver's control", { text: "transport" }, [4]],
      ["all of several words, in any order", { text: "  14\n zertifikat " }, [3]],
      ["a word with another case in another script", { text: "LÄUFT" }, [3]],
      ["words with signs that queries give a meaning", { text: "100%_\\" }, [3]],
      ["a sign that queries give a meaning", { text: "%" }, [3]],
      ["no word", { text: "  " }, [4, 3, 2, 1]],
    ] as const) {
      test(`finds by ${what}`, async () => {
        const ledger = await filled(empty, [
          sampleRunEvidence("run-1/started"),
          sampleJudgement("run-2/a", { run: "run-2", subject: { service: "models", environment: "production" } }),
          sampleJudgement("run-1/b", {
            check: "tls-expiry",
            outcome: "fail",
            summary: "Zertifikat läuft in 14 Tagen ab: 100%_\\ sicher",
          }),
          sampleWaiver("waiver-1"),
        ]);

        const page = await ledger.page(filter, 10);

        assert.deepEqual(
          page.records.map(({ seq }) => seq),
          found,
        );
        assert.equal(page.total, found.length);
      });
    }

    test("gives the newest judgement of each check and every waiver of one environment", async () => {
      const elsewhere = { service: "models", environment: "production" };
      const ledger = await filled(empty, [
        sampleJudgement("run-1/a", { check: "a" }),
        sampleJudgement("run-1/b", { check: "b" }),
        sampleWaiver("waiver-1"),
        sampleRunEvidence("run-1/completed", { milestone: "completed" }),
        sampleJudgement("run-2/a", { check: "a", outcome: "fail" }),
        sampleJudgement("run-3/b", { check: "b", subject: elsewhere }),
        sampleJudgement("run-3/c", { check: "c", subject: elsewhere }),
        sampleWaiver("waiver-2"),
        sampleWaiver("waiver-3", { subject: elsewhere }),
        sampleJudgement("run-4/a", { check: "a", subject: { service: "other", environment: "staging" } }),
      ]);

      const latest = await ledger.latest("models", "staging");

      assert.deepEqual(
        latest.map(({ seq }) => seq).toSorted((a, b) => a - b),
        [2, 3, 5, 8],
      );
      assert.deepEqual(await ledger.latest("models", "nowhere"), []);
    });

    test("streams every link, oldest first, as a chain that others can verify", async () => {
      const records = Array.from({ length: 25 }, (_, place) => sampleJudgement(`run-1/${place}`));
      const ledger = await filled(empty, records);

      const verdict = await verifyChain(ledger.links(), await ledger.head(), nodeSha256);

      assert.equal(verdict.intact, true);
    });

    test("lets a reader stop in the middle of the stream", async () => {
      const ledger = await filled(empty, [sampleJudgement("run-1/a"), sampleJudgement("run-1/b")]);

      for (let time = 0; time < 30; time += 1) {
        for await (const link of ledger.links()) {
          assert.equal(link.seq, 1);
          break;
        }
      }

      assert.equal((await ledger.append([sampleJudgement("run-1/c")]))[0]?.seq, 3);
    });

    test("is exported with facts before the evidence that rests on them, and the head last", async () => {
      const ledger = await empty();
      const [one, two] = [sampleFacts({ n: 1 }), sampleFacts({ n: 2 })];
      await ledger.append([sampleRunEvidence("run-1/started")]);
      await ledger.append([sampleJudgement("run-1/a", { facts: { x: one.digest, y: null } })], [one]);
      await ledger.append([sampleJudgement("run-1/b", { facts: { x: one.digest, y: two.digest } })], [two]);

      const lines = (await Array.fromAsync(exportLedger(ledger))).map(
        (line) => JSON.parse(line) as Record<string, unknown>,
      );

      assert.deepEqual(
        lines.map((line) => line["seq"] ?? line["facts"] ?? line["head"]),
        [1, { n: 1 }, 2, { n: 2 }, 3, await ledger.head()],
      );
    });
  });
}

async function filled(empty: () => Promise<Ledger>, evidence: readonly Evidence[]): Promise<Ledger> {
  const ledger = await empty();
  await ledger.append(evidence);
  return ledger;
}
