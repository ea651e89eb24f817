import type { Secret } from "@muster/kernel";
import pg from "pg";

/**
 * Runs statements as the superuser with every trigger switched off, as somebody would who wants to
 * falsify the ledger. Returns the rows of the last one.
 */
export async function asIntruder(
  ownerUrl: Secret,
  ...statements: readonly string[]
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: ownerUrl.reveal() });
  await client.connect();
  try {
    await client.query("set session_replication_role = replica");
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** Empties every table, which only a superuser can. */
export async function emptyDatabase(ownerUrl: Secret): Promise<void> {
  await asIntruder(
    ownerUrl,
    `truncate muster.evidence, muster.facts, muster.event, muster.run, muster.load_test, muster.session, muster.sign_in_link, muster."user", muster.audit_log`,
    "delete from muster.ledger_head",
    "insert into muster.ledger_head (seq, hash) values (0, repeat('0', 64))",
    "update muster.event_head set last = 0",
  );
}
