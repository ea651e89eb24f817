import {
  canonicalJson,
  type ChainBreak,
  type ChainVerdict,
  EMPTY_HEAD,
  type Evidence,
  type EvidenceFilter,
  type EvidencePage,
  factsDigests,
  type Head,
  isBreak,
  isCanonical,
  type Json,
  type JsonObject,
  type Ledger,
  type LedgerRecord,
  type Link,
  MusterError,
  verifyEnd,
  verifyLink,
} from "@muster/kernel";
import { type SelectQueryBuilder, sql } from "kysely";
import type { Pool, PoolClient } from "pg";
import { namingErrors } from "./errors.ts";
import { nodeSha256 } from "./sha256.ts";
import { queries, type Tables } from "./tables.ts";

/** Records that one call of the database's function takes at most; more callers wait for the next. */
const BATCH_RECORDS = 500;
const STREAM_ROWS = 1_000;
const FACTS_ROWS = 200;
/** Digests of facts that a verification remembers as good. Past that it looks at some again, so memory stays bounded. */
const REMEMBERED_FACTS = 100_000;
const PAGE_LIMIT = 100;

/** A caller of append who waits. */
interface Waiting {
  readonly bodies: readonly string[];
  /** Digest and canonical JSON of each. */
  readonly facts: readonly (readonly [digest: string, text: string])[];
  readonly resolve: (records: readonly LedgerRecord[]) => void;
  readonly reject: (error: unknown) => void;
}

interface LinkRow {
  readonly seq: string;
  readonly prev: string;
  readonly hash: string;
  readonly body: string;
}

/** The ledger in PostgreSQL. Any number of processes may append to it at once. */
export function postgresLedger(pool: Pool): Ledger {
  const db = queries(pool);
  const append = groupingAppender(pool);
  return {
    append,
    find: (seq) =>
      namingErrors(async () => {
        const row = await db
          .selectFrom("evidence")
          .select(["seq", "prev", "hash", "body"])
          .where("seq", "=", String(seq))
          .executeTakeFirst();
        return row && recordOf(row);
      }),
    facts: (digests) => namingErrors(() => keptFacts(pool, digests)),
    page: (filter, limit, before) => namingErrors(() => page(pool, filter, limit, before)),
    latest: (service, environment) => namingErrors(() => latest(pool, service, environment)),
    head: () => namingErrors(async () => (await readHead(pool)) ?? EMPTY_HEAD),
    links: () => links(pool),
    verify: () => namingErrors(() => verify(pool)),
  };
}

/**
 * Appends in groups: while one call is on its way, callers gather, and the next call takes all of
 * them. So one durable commit serves many callers, and a lone caller still waits for nobody.
 */
function groupingAppender(pool: Pool): Ledger["append"] {
  const waiting: Waiting[] = [];
  let busy = false;

  const work = async () => {
    busy = true;
    while (waiting.length > 0) await appendGroup(pool, takeGroup(waiting));
    busy = false;
  };

  return async (evidence, facts = []) => {
    // Before anything is sent: what cannot be written as canonical JSON is refused here, for this caller alone.
    const bodies = evidence.map((each) => canonicalJson(each as unknown as Json));
    const texts = facts.map(({ digest, value }) => [digest, canonicalJson(value)] as const);
    if (bodies.length === 0) return [];
    return new Promise<readonly LedgerRecord[]>((resolve, reject) => {
      waiting.push({ bodies, facts: texts, resolve, reject });
      if (!busy) void work();
    });
  };
}

function takeGroup(waiting: Waiting[]): Waiting[] {
  let records = 0;
  let callers = 0;
  for (const each of waiting) {
    records += each.bodies.length;
    if (callers > 0 && records > BATCH_RECORDS) break;
    callers += 1;
  }
  return waiting.splice(0, callers);
}

async function appendGroup(pool: Pool, group: readonly Waiting[]): Promise<void> {
  try {
    const records = await namingErrors(() => callAppend(pool, group));
    let from = 0;
    for (const each of group) {
      each.resolve(records.slice(from, from + each.bodies.length));
      from += each.bodies.length;
    }
  } catch (error) {
    if (group.length === 1 || error instanceof MusterError) {
      for (const each of group) each.reject(error);
      return;
    }
    // One caller's record was refused and with it the whole call; alone, the others get theirs.
    for (const each of group) await appendGroup(pool, [each]);
  }
}

async function callAppend(pool: Pool, group: readonly Waiting[]): Promise<readonly LedgerRecord[]> {
  const bodies = group.flatMap((each) => each.bodies);
  const facts = new Map(group.flatMap((each) => each.facts));
  const call = pool.query<{ at_seq: string; at_prev: string; at_hash: string; stored: string | null }>({
    name: "append_evidence",
    text: "select at_seq, at_prev, at_hash, stored from muster.append_evidence($1, $2, $3)",
    values: [bodies, [...facts.keys()], [...facts.values()]],
  });
  const answer = await call.catch((error: unknown) => {
    throw headProblem(error);
  });
  return answer.rows.map((row, index) =>
    recordOf({ seq: row.at_seq, prev: row.at_prev, hash: row.at_hash, body: row.stored ?? (bodies[index] as string) }),
  );
}

/** A head that is gone, or that points to a record before the last, was changed by hand: nothing is appended to that. */
function headProblem(error: unknown): unknown {
  const { code, constraint } = error as { readonly code?: string; readonly constraint?: string };
  if (code !== "XX001" && constraint !== "evidence_pkey") return error;
  return new MusterError("chain-broken", "the head of the ledger does not fit its records", { cause: error });
}

function linkOf(row: LinkRow): Link {
  return { seq: Number(row.seq), prev: row.prev, hash: row.hash, body: row.body };
}

function recordOf(row: LinkRow): LedgerRecord {
  const evidence = parseObject(row.body);
  if (evidence === undefined) throw new MusterError("chain-broken", `record ${row.seq} cannot be read`);
  return { seq: Number(row.seq), prev: row.prev, hash: row.hash, evidence: evidence as unknown as Evidence };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Facts whose text no longer gives their digest are not facts; {@link verify} names them. */
async function keptFacts(pool: Pool, digests: readonly string[]): Promise<ReadonlyMap<string, JsonObject>> {
  const kept = new Map<string, JsonObject>();
  if (digests.length === 0) return kept;
  const answer = await pool.query<{ digest: string; body: string }>(
    "select digest, body from muster.facts where digest = any($1)",
    [digests],
  );
  for (const { digest, body } of answer.rows) {
    const value = nodeSha256(body) === digest ? parseObject(body) : undefined;
    if (value) kept.set(digest, value);
  }
  return kept;
}

async function readHead(from: Pool | PoolClient): Promise<Head | undefined> {
  const answer = await from.query<{ seq: string; hash: string }>("select seq, hash from muster.ledger_head");
  const row = answer.rows[0];
  return row && { seq: Number(row.seq), hash: row.hash };
}

async function page(pool: Pool, filter: EvidenceFilter, limit: number, before?: number): Promise<EvidencePage> {
  const db = queries(pool);
  const size = Math.min(Math.max(1, limit), PAGE_LIMIT);
  let wanted = filtered(db.selectFrom("evidence").select(["seq", "prev", "hash", "body"]), filter);
  if (before !== undefined) wanted = wanted.where("seq", "<", String(before));
  const [rows, total] = await Promise.all([
    wanted
      .orderBy("seq", "desc")
      .limit(size + 1)
      .execute(),
    filtered(db.selectFrom("evidence").select(sql<string>`count(*)`.as("total")), filter).executeTakeFirst(),
  ]);
  const records = rows.slice(0, size).map(recordOf);
  const last = records.at(-1);
  return {
    records,
    total: Number(total?.total ?? 0),
    ...(rows.length > size && last ? { next: last.seq } : {}),
  };
}

function filtered<O>(
  query: SelectQueryBuilder<Tables, "evidence", O>,
  filter: EvidenceFilter,
): SelectQueryBuilder<Tables, "evidence", O> {
  let narrowed = query;
  for (const column of ["kind", "check", "outcome", "environment", "run"] as const) {
    const value = filter[column];
    if (value !== undefined) narrowed = narrowed.where(column, "=", value);
  }
  for (const word of (filter.text ?? "").split(/\s+/)) {
    // PostgreSQL lower-cases both sides, so that one rule decides; strpos knows no wildcards.
    if (word !== "") narrowed = narrowed.where(sql<boolean>`strpos(words, lower(${word}::text)) > 0`);
  }
  return narrowed;
}

/**
 * The newest judgement of each check. Walks from check to check in the index instead of reading
 * every judgement there ever was, so it stays quick when the ledger is long.
 */
const LATEST = `
with recursive newest as (
  (select "check", seq from muster.evidence
    where kind = 'judgement' and service = $1 and environment = $2
    order by "check" desc, seq desc limit 1)
  union all
  select following."check", following.seq from newest cross join lateral (
    select e."check", e.seq from muster.evidence e
     where e.kind = 'judgement' and e.service = $1 and e.environment = $2 and e."check" < newest."check"
     order by e."check" desc, e.seq desc limit 1) following
)
select seq, prev, hash, body from muster.evidence where seq in (select seq from newest)
union all
select seq, prev, hash, body from muster.evidence where kind = 'waiver' and service = $1 and environment = $2
order by seq desc`;

async function latest(pool: Pool, service: string, environment: string): Promise<readonly LedgerRecord[]> {
  const answer = await pool.query<LinkRow>(LATEST, [service, environment]);
  return answer.rows.map(recordOf);
}

async function* links(pool: Pool): AsyncGenerator<Link> {
  const client = await namingErrors(() => pool.connect());
  const reading = readLinks(client);
  try {
    for (;;) {
      const rows = await namingErrors(() => reading.next());
      if (rows.done) return;
      yield* rows.value.map(linkOf);
    }
  } finally {
    await endReading(client);
  }
}

/** All rows in the order of the chain, from one snapshot, a batch at a time; the next batch travels while one is worked on. */
async function* readLinks(client: PoolClient): AsyncGenerator<readonly LinkRow[]> {
  await client.query("begin isolation level repeatable read read only");
  await client.query(
    "declare links no scroll cursor for select seq, prev, hash, body from muster.evidence order by seq",
  );
  const fetchNext = () => {
    const coming = client.query<LinkRow>(`fetch ${STREAM_ROWS} from links`);
    // Its failure is heard when it is awaited, or not at all when the reader stopped before.
    coming.catch(() => undefined);
    return coming;
  };
  let coming = fetchNext();
  for (;;) {
    const { rows } = await coming;
    if (rows.length === 0) return;
    coming = fetchNext();
    yield rows;
  }
}

/** Ends the read-only transaction; a connection that cannot is dropped. */
async function endReading(client: PoolClient): Promise<void> {
  try {
    await client.query("rollback");
    client.release();
  } catch {
    client.release(true);
  }
}

async function verify(pool: Pool): Promise<ChainVerdict> {
  const client = await pool.connect();
  try {
    const good = new Set<string>();
    let head = EMPTY_HEAD;
    for await (const rows of readLinks(client)) {
      const walked = walk(head, rows);
      const lost = await firstBadFacts(client, walked.needs, good);
      const found = earlier(walked.break, lost);
      if (found) {
        // A record whose facts are gone is itself in order, so the chain is verified up to the one before it.
        const verified = lost === found ? headBefore(head, rows, found.seq) : walked.head;
        return { intact: false, verified, break: found };
      }
      head = walked.head;
    }
    const kept = await readHead(client);
    if (kept) return verifyEnd(head, kept);
    const reason = "the head of the ledger is missing, so records may have been cut off its end";
    return { intact: false, verified: head, break: { seq: head.seq, kind: "missing", reason } };
  } finally {
    await endReading(client);
  }
}

interface Walked {
  /** Where the chain was in order until. */
  readonly head: Head;
  readonly break: ChainBreak | undefined;
  /** Digests that the records up to there point to, each with the first record that does. */
  readonly needs: ReadonlyMap<string, number>;
}

function walk(from: Head, rows: readonly LinkRow[]): Walked {
  const needs = new Map<string, number>();
  let head = from;
  for (const row of rows) {
    const link = linkOf(row);
    const next = verifyLink(head, link, nodeSha256);
    if (isBreak(next)) return { head, break: next, needs };
    const body = parseObject(link.body);
    if (body === undefined || !isCanonical(link.body, body)) {
      const reason = `record ${link.seq} is no JSON object in canonical form`;
      return { head, break: { seq: link.seq, kind: "unreadable", reason }, needs };
    }
    for (const digest of factsDigests(body)) {
      if (!needs.has(digest)) needs.set(digest, link.seq);
    }
    head = next;
  }
  return { head, break: undefined, needs };
}

function earlier(a: ChainBreak | undefined, b: ChainBreak | undefined): ChainBreak | undefined {
  if (!a || !b) return a ?? b;
  return b.seq < a.seq ? b : a;
}

function headBefore(from: Head, rows: readonly LinkRow[], seq: number): Head {
  const before = rows.findLast((row) => Number(row.seq) < seq);
  return before ? { seq: Number(before.seq), hash: before.hash } : from;
}

/** The first record whose facts are missing or altered. Digests that are good are added to `good`. */
async function firstBadFacts(
  client: PoolClient,
  needs: ReadonlyMap<string, number>,
  good: Set<string>,
): Promise<ChainBreak | undefined> {
  if (good.size > REMEMBERED_FACTS) good.clear();
  const wanted = [...needs.keys()].filter((digest) => !good.has(digest));
  const altered = new Set<string>();
  for (let from = 0; from < wanted.length; from += FACTS_ROWS) {
    const answer = await client.query<{ digest: string; body: string }>(
      "select digest, body from muster.facts where digest = any($1)",
      [wanted.slice(from, from + FACTS_ROWS)],
    );
    for (const { digest, body } of answer.rows) {
      if (nodeSha256(body) === digest) good.add(digest);
      else altered.add(digest);
    }
  }
  // `needs` is in the order of the records, so the first that is not good is the first in the chain.
  const bad = wanted.find((digest) => !good.has(digest));
  if (bad === undefined) return undefined;
  const seq = needs.get(bad) as number;
  const what = altered.has(bad) ? "were altered: they do not give their digest" : "are missing";
  return { seq, kind: "facts", reason: `facts ${bad} that record ${seq} rests on ${what}` };
}
