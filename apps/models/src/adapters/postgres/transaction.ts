import { databaseError, namingErrors } from "@muster/adapters";
import { MusterError } from "@muster/kernel";
import type { Pool, PoolClient } from "pg";

/** Does work in one transaction, whose errors get their names. */
export function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return namingErrors(async () => {
    const client = await pool.connect();
    let broken = false;
    try {
      await client.query("begin");
      const result = await work(client);
      await client.query("commit");
      return result;
    } catch (error) {
      const named = databaseError(error);
      broken = named instanceof MusterError && named.code === "database-unreachable";
      // A server that does not answer is not asked for more: it rolls back when the connection is gone.
      if (!broken) {
        await client.query("rollback").catch(() => {
          broken = true;
        });
      }
      throw error;
    } finally {
      // A connection whose transaction may still be open is nobody's.
      client.release(broken);
    }
  });
}

/** Adds an entry to the audit log, in the transaction of the change that it is about. */
export async function auditIn(
  client: PoolClient,
  actor: string,
  action: string,
  detail: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  await client.query("insert into models.audit_log (actor, action, detail) values ($1, $2, $3)", [
    actor,
    action,
    JSON.stringify(detail),
  ]);
}

/** The row of a statement that gives one. */
export function onlyRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error("the statement gave no row");
  return row;
}
