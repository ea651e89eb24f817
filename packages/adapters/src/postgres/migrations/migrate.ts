import { MusterError, type Secret } from "@muster/kernel";
import pg from "pg";
import { databaseError } from "../errors.ts";
import { createIdentity } from "./create-identity.ts";
import { createLedger } from "./create-ledger.ts";
import { createLiveEvents } from "./create-live-events.ts";
import { createLoadTests } from "./create-load-tests.ts";
import { createRuns } from "./create-runs.ts";
import { grantsFor } from "./grants.ts";
import type { Migration } from "./migration.ts";

/** In the order in which they are applied. */
export const MIGRATIONS: readonly Migration[] = [
  createLiveEvents,
  createLedger,
  createRuns,
  createIdentity,
  createLoadTests,
];

/** Only one replica migrates at a time; the number is arbitrary and Muster's own. */
const LOCK = 0x4d55535445;
/** Stored generated columns and `sha256(bytea)` are older, but nothing older than this is tried. */
const OLDEST_SERVER = 150_000;

/**
 * Brings the schema `muster` up to date and returns the names of the migrations that it applied.
 * Each is one transaction. Safe to call from any number of replicas at once.
 *
 * @param applicationRole is given what Muster needs at work and no more. Leave it out when the
 *   owner of the schema is also the role that Muster works as.
 * @throws {MusterError} `database-version` when the server is too old or the schema is of a newer Muster.
 */
export async function migrate(ownerUrl: Secret, applicationRole?: string): Promise<{ readonly applied: string[] }> {
  const client = new pg.Client({
    connectionString: ownerUrl.reveal(),
    application_name: `muster ${process.pid} migrate`,
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await refuseOldServer(client);
    const applied: string[] = [];
    await inTransaction(client, () => prepare(client));
    for (const migration of MIGRATIONS) {
      if (await inTransaction(client, () => apply(client, migration))) applied.push(migration.name);
    }
    // An address without a user leaves the role to the environment: nobody to grant anything to.
    if (applicationRole) await inTransaction(client, () => grant(client, applicationRole));
    return { applied };
  } catch (error) {
    throw databaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const answer = await client.query<{ number: string; version: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as version",
  );
  const found = answer.rows[0];
  if (found && Number(found.number) < OLDEST_SERVER) {
    throw new MusterError("database-version", `the server is PostgreSQL ${found.version}; Muster needs 15 or newer`);
  }
}

async function prepare(client: pg.Client): Promise<void> {
  // Asked first, because "if not exists" needs the right to create even when there is nothing to create.
  const known = await client.query("select from pg_namespace where nspname = 'muster'");
  if (known.rowCount === 0) await client.query("create schema muster");
  const table = await client.query<{ found: boolean }>("select to_regclass('muster.migration') is not null as found");
  if (table.rows[0]?.found !== true) {
    await client.query(
      "create table muster.migration (name text primary key, applied_at timestamptz not null default now())",
    );
  }
  const applied = await client.query<{ name: string }>("select name from muster.migration");
  const unknown = applied.rows.map(({ name }) => name).filter((name) => !MIGRATIONS.some((each) => each.name === name));
  if (unknown.length > 0) {
    throw new MusterError("database-version", `the database was migrated by a newer Muster (${unknown.join(", ")})`);
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<boolean> {
  const known = await client.query("select from muster.migration where name = $1", [migration.name]);
  if (known.rowCount !== 0) return false;
  await client.query(migration.sql);
  await client.query("insert into muster.migration (name) values ($1)", [migration.name]);
  return true;
}

async function grant(client: pg.Client, role: string): Promise<void> {
  for (const statement of grantsFor(pg.escapeIdentifier(role))) await client.query(statement);
}

async function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
