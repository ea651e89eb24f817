import { namingErrors } from "@muster/adapters";
import { MusterError } from "@muster/kernel";
import type { Pool, PoolClient } from "pg";
import { createDatasetTables } from "../../dataset-store/create-datasets.ts";
import { createCacheRemovals } from "./create-cache-removals.ts";
import { createAgreement } from "../../monitoring/create-agreement.ts";
import { keepOutputOfTruths } from "../../monitoring/keep-output-of-truths.ts";
import { createMonitoringTables } from "../../monitoring/create-monitoring.ts";
import { createJobs } from "../../jobs/create-jobs.ts";
import { createEvents } from "./create-events.ts";
import { createIdentity } from "./create-identity.ts";
import { createRegistry } from "./create-registry.ts";
import { createTraffic } from "./create-traffic.ts";
import type { Migration } from "./migration.ts";

/** In the order in which they are applied. */
const MIGRATIONS: readonly Migration[] = [
  createRegistry,
  createIdentity,
  createDatasetTables,
  createTraffic,
  createEvents,
  createCacheRemovals,
  createMonitoringTables,
  createJobs,
  createAgreement,
  keepOutputOfTruths,
];

/** Only one replica migrates at a time; the number is arbitrary and this platform's own. */
const LOCK = 0x4d4f44454c;

/**
 * Brings the schema `models` up to date, in one transaction. Safe to call from any number of replicas at once.
 * @throws {MusterError} `database-version` when the schema is of a newer platform; `database-unreachable`.
 */
export function migrateModels(pool: Pool): Promise<readonly string[]> {
  return namingErrors(async () => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
      const applied = await applyMissing(client);
      await client.query("commit");
      return applied;
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  });
}

async function applyMissing(client: PoolClient): Promise<readonly string[]> {
  // Asked first, because "if not exists" needs the right to create even when there is nothing to create.
  const known = await client.query("select from pg_namespace where nspname = 'models'");
  if (known.rowCount === 0) {
    await client.query("create schema models");
    await client.query(
      "create table models.migration (name text primary key, applied_at timestamptz not null default now())",
    );
  }
  const done = await client.query<{ name: string }>("select name from models.migration");
  const names = new Set(done.rows.map(({ name }) => name));
  const unknown = [...names].filter((name) => !MIGRATIONS.some((each) => each.name === name));
  if (unknown.length > 0) {
    throw new MusterError("database-version", `the database was migrated by a newer platform (${unknown.join(", ")})`);
  }
  const missing = MIGRATIONS.filter(({ name }) => !names.has(name));
  for (const { name, sql } of missing) {
    await client.query(sql);
    await client.query("insert into models.migration (name) values ($1)", [name]);
  }
  return missing.map(({ name }) => name);
}
