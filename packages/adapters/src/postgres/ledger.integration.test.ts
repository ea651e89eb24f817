import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { appendLink, canonicalJson, type Json, type Ledger, linkText, Secret } from "@muster/kernel";
import type { Pool } from "pg";
import { ledgerContract } from "../testing/ledger.contract.ts";
import { asIntruder, emptyDatabase } from "../testing/owner.ts";
import { sampleFacts, sampleJudgement } from "../testing/sample-evidence.ts";
import { type TemporaryPostgres, temporaryPostgres } from "../testing/temporary-postgres.ts";
import { postgresLedger } from "./ledger.ts";
import { openPool } from "./pool.ts";
import { nodeSha256 } from "./sha256.ts";

let postgres: TemporaryPostgres;
let pool: Pool;
let ledger: Ledger;

before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.url, { max: 4 });
  ledger = postgresLedger(pool);
});

after(async () => {
  await pool.end();
  await postgres.close();
});

ledgerContract("the ledger in PostgreSQL", async () => {
  await emptyDatabase(postgres.ownerUrl);
  return ledger;
});

describe("several writers on one database", () => {
  test("in pools of their own make one chain, with one record for one id", async () => {
    await emptyDatabase(postgres.ownerUrl);
    const pools = [pool, openPool(postgres.url, { max: 2 }), openPool(postgres.url, { max: 2 })];
    const facts = sampleFacts({ shared: true });

    const written = await Promise.all(
      pools.flatMap((each) => {
        const replica = postgresLedger(each);
        return Array.from({ length: 40 }, (_, place) =>
          replica.append([sampleJudgement(`run-1/${place}`, { facts: { x: facts.digest } })], [facts]),
        );
      }),
    );
    for (const each of pools.slice(1)) await each.end();

    const verdict = await ledger.verify();
    assert.deepEqual([verdict.intact, verdict.intact && verdict.head.seq], [true, 40]);
    for (const [record] of written) assert.deepEqual(await ledger.find(record?.seq ?? 0), record);
  });
});

describe("the rules of the database", () => {
  beforeEach(async () => {
    await emptyDatabase(postgres.ownerUrl);
    const facts = sampleFacts({ status: 200 });
    await ledger.append(
      [sampleJudgement("run-1/a", { facts: { x: facts.digest } }), sampleJudgement("run-1/b")],
      [facts],
    );
  });

  for (const statement of [
    "insert into muster.evidence (seq, prev, hash, body) values (3, '', '', '{}')",
    "update muster.evidence set body = '{}'",
    "delete from muster.evidence",
    "truncate muster.evidence",
    "insert into muster.facts (digest, body) values ('', '')",
    "update muster.facts set body = '{}'",
    "delete from muster.facts",
    "update muster.ledger_head set seq = 9",
    "delete from muster.ledger_head",
    "delete from muster.event",
    "update muster.event_head set last = 9",
    "alter table muster.evidence disable trigger all",
    "drop table muster.evidence",
    "create or replace function muster.append_evidence(text[], text[], text[]) returns int language sql as 'select 1'",
    "set session_replication_role = replica",
  ]) {
    test(`refuse the application's role: ${statement}`, async () => {
      await assert.rejects(pool.query(statement), { code: "42501" });

      assert.equal((await ledger.verify()).intact, true);
    });
  }

  for (const statement of [
    "update muster.evidence set body = '{}' where seq = 1",
    "delete from muster.evidence where seq = 1",
    "delete from muster.evidence where false",
    "truncate muster.evidence",
    "update muster.facts set body = '{}'",
    "delete from muster.facts",
    "truncate muster.facts",
    "update muster.ledger_head set seq = 1",
    "update muster.ledger_head set seq = 2",
    "insert into muster.ledger_head (only_row, seq, hash) values (false, 1, '')",
    "delete from muster.ledger_head",
    "truncate muster.ledger_head",
  ]) {
    test(`refuse even the owner of the tables, as with DATABASE_URL: ${statement}`, async () => {
      const owner = openPool(postgres.ownerUrl, { max: 1 });

      await assert.rejects(owner.query(statement), { code: "42501" });

      await owner.end();
      assert.equal((await ledger.verify()).intact, true);
    });
  }

  test("do not let the columns that queries use be changed apart from the record", async () => {
    await assert.rejects(asIntruder(postgres.ownerUrl, "update muster.evidence set outcome = 'fail'"), {
      code: "428C9",
    });
  });

  for (const body of [
    "",
    "null",
    "[]",
    '"text"',
    "{}",
    '{"id":1}',
    '{"id":null}',
    "{",
    '{"id":"x"} {}',
    '{"id":"x"},"prev":"',
  ]) {
    test(`take no record that is not an object with an id: ${body}`, async () => {
      await assert.rejects(pool.query("select muster.append_evidence($1, '{}', '{}')", [[body]]));

      assert.equal((await ledger.head()).seq, 2);
    });
  }

  test("let the application's role call the functions, whatever its search path", async () => {
    const client = await pool.connect();
    try {
      await client.query("set search_path = pg_temp");
      await client.query("select muster.append_evidence($1, '{}', '{}')", [
        [canonicalJson(sampleJudgement("run-1/c") as unknown as Json)],
      ]);
      await client.query("reset search_path");
    } finally {
      client.release();
    }

    assert.equal((await ledger.verify()).intact, true);
  });
});

describe("verification of a ledger that somebody with every right has changed", () => {
  const facts = sampleFacts({ status: 200 });

  beforeEach(async () => {
    await emptyDatabase(postgres.ownerUrl);
    for (let place = 1; place <= 5; place += 1) {
      await ledger.append([sampleJudgement(`run-1/${place}`, { facts: { x: facts.digest } })], [facts]);
    }
  });

  for (const [what, statements, expected] of [
    ["a body", ["update muster.evidence set body = replace(body, 'pass', 'fail') where seq = 3"], [3, "altered"]],
    ["a body, by a blank", ["update muster.evidence set body = body || ' ' where seq = 3"], [3, "altered"]],
    ["a hash", ["update muster.evidence set hash = repeat('a', 64) where seq = 2"], [2, "altered"]],
    [
      "a link to the record before",
      ["update muster.evidence set prev = repeat('a', 64) where seq = 4"],
      [4, "altered"],
    ],
    ["a place", ["update muster.evidence set seq = 9 where seq = 5"], [5, "missing"]],
    [
      "places, all moved by one",
      ["update muster.evidence set seq = -seq", "update muster.evidence set seq = 1 - seq"],
      [1, "missing"],
    ],
    [
      "two places, swapped",
      [
        "update muster.evidence set seq = 9 where seq = 2",
        "update muster.evidence set seq = 2 where seq = 3",
        "update muster.evidence set seq = 3 where seq = 9",
      ],
      [2, "altered"],
    ],
    ["the first record, deleted", ["delete from muster.evidence where seq = 1"], [1, "missing"]],
    ["a record in the middle, deleted", ["delete from muster.evidence where seq = 3"], [3, "missing"]],
    ["the last record, deleted", ["delete from muster.evidence where seq = 5"], [5, "truncated"]],
    ["everything, deleted", ["truncate muster.evidence"], [1, "truncated"]],
    [
      "the head, moved back",
      ["update muster.ledger_head set seq = 3, hash = (select hash from muster.evidence where seq = 3)"],
      [3, "altered"],
    ],
    ["the head, deleted", ["delete from muster.ledger_head"], [5, "missing"]],
    [
      "facts, altered",
      [
        "alter table muster.facts drop constraint facts_match_digest",
        "update muster.facts set body = '{\"status\":500}'",
        "alter table muster.facts add constraint facts_match_digest check (digest = encode(sha256(convert_to(body, 'UTF8')), 'hex')) not valid",
      ],
      [1, "facts"],
    ],
    ["facts, deleted", ["delete from muster.facts"], [1, "facts"]],
  ] as const) {
    test(`names ${what}`, async () => {
      await asIntruder(postgres.ownerUrl, ...statements);

      const verdict = await ledger.verify();

      assert.ok(!verdict.intact);
      assert.deepEqual([verdict.break.seq, verdict.break.kind], expected);
    });
  }

  test("names a record that was written anew with a hash that is right", async () => {
    const [link] = await Array.fromAsync(ledger.links());
    const body = link?.body.replace('"pass"', '"fail"') ?? "";
    const hash = nodeSha256(linkText(body, link?.prev ?? "", 1));
    await asIntruder(postgres.ownerUrl, `update muster.evidence set body = '${body}', hash = '${hash}' where seq = 1`);

    const verdict = await ledger.verify();

    assert.ok(!verdict.intact);
    assert.deepEqual([verdict.break.seq, verdict.break.kind], [2, "altered"]);
  });

  test("names an inserted record, and one that only looks as if it belonged", async () => {
    const forged = appendLink(await ledger.head(), sampleJudgement("run-1/forged") as unknown as Json, nodeSha256);
    await asIntruder(
      postgres.ownerUrl,
      `insert into muster.evidence (seq, prev, hash, body) values (${forged.seq}, '${forged.prev}', '${forged.hash}', '${forged.body}')`,
    );

    const verdict = await ledger.verify();

    assert.ok(!verdict.intact);
    assert.deepEqual([verdict.break.seq, verdict.break.kind], [5, "altered"]);
    assert.match(verdict.break.reason, /ends at record 6/);
  });

  test("names a record in another form of the same JSON, although its hash is right", async () => {
    const body = '{"v": 1, "id": "spaced", "kind": "judgement", "subject": {"service": "s", "environment": "e"}}';
    await pool.query("select muster.append_evidence($1, '{}', '{}')", [[body]]);

    const verdict = await ledger.verify();

    assert.ok(!verdict.intact);
    assert.deepEqual([verdict.break.seq, verdict.break.kind, verdict.verified.seq], [6, "unreadable", 5]);
  });

  for (const [what, statement] of [
    ["is gone", "delete from muster.ledger_head"],
    [
      "was moved back",
      "update muster.ledger_head set seq = 3, hash = (select hash from muster.evidence where seq = 3)",
    ],
  ] as const) {
    test(`is called for when a record is to be appended and the head ${what}`, async () => {
      await asIntruder(postgres.ownerUrl, statement);

      await assert.rejects(ledger.append([sampleJudgement("run-1/6")]), { name: "MusterError", code: "chain-broken" });
    });
  }

  test("still gives the facts that are whole, and never those that are not", async () => {
    const other = sampleFacts({ status: 404 });
    await ledger.append([sampleJudgement("run-1/6", { facts: { x: other.digest } })], [other]);
    await asIntruder(
      postgres.ownerUrl,
      "alter table muster.facts drop constraint facts_match_digest",
      `update muster.facts set body = '{"status":201}' where digest = '${facts.digest}'`,
      "alter table muster.facts add constraint facts_match_digest check (digest = encode(sha256(convert_to(body, 'UTF8')), 'hex')) not valid",
    );

    const kept = await ledger.facts([facts.digest, other.digest]);

    assert.deepEqual([...kept.keys()], [other.digest]);
  });
});

describe("a database that fails", () => {
  test("is named when it is not there", async () => {
    const nowhere = openPool(new Secret("postgres://muster:wrong@127.0.0.1:1/muster"), { max: 1 });
    const lost = postgresLedger(nowhere);

    await assert.rejects(lost.append([sampleJudgement("run-1/a")]), {
      name: "MusterError",
      code: "database-unreachable",
    });
    await assert.rejects(lost.verify(), { code: "database-unreachable" });
    await assert.rejects(lost.page({}, 10), { code: "database-unreachable" });
    await assert.rejects(Array.fromAsync(lost.links()), { code: "database-unreachable" });
    await nowhere.end();
  });

  test("breaks one reading, not the process and not the pool", async () => {
    await emptyDatabase(postgres.ownerUrl);
    await ledger.append(Array.from({ length: 100 }, (_, place) => sampleJudgement(`run-1/${place}`)));
    const single = openPool(postgres.url, { max: 1 });
    const small = postgresLedger(single);

    for await (const link of small.links()) {
      if (link.seq === 3) {
        await asIntruder(
          postgres.ownerUrl,
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'muster' and state = 'idle in transaction'",
        );
        break;
      }
    }

    assert.equal((await small.verify()).intact, true);
    await single.end();
  });
});
