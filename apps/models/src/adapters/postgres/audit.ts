import type { Transaction } from "kysely";
import type { Database, Tables } from "./tables.ts";

/** Adds an entry to the audit log, in the transaction of the change that it is about. */
export async function writeAudit(
  database: Database | Transaction<Tables>,
  actor: string,
  action: string,
  detail: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  await database
    .insertInto("audit_log")
    .values({ actor, action, detail: JSON.stringify(detail) })
    .execute();
}
