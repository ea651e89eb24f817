import { namingErrors } from "@muster/adapters";
import { sql } from "kysely";
import type { CacheSelection } from "../../domain/cache/response-cache.ts";
import { writeAudit } from "./audit.ts";
import type { Database } from "./tables.ts";

/** What stands before the selection in a message to the replicas. */
const MARK = "cache ";

/** Tells every replica to forget remembered answers, and writes down who wanted it. */
export function publishRemoval(database: Database, selection: CacheSelection, actor: string): Promise<void> {
  return namingErrors(() =>
    database.transaction().execute(async (transaction) => {
      await writeAudit(transaction, actor, "cache.removed", { ...selection });
      await sql`select pg_notify('muster_models', ${MARK + JSON.stringify(selection)})`.execute(transaction);
    }),
  );
}

/** The selection in a message; undefined for messages about other things. */
export function removalIn(message: string): CacheSelection | undefined {
  return message.startsWith(MARK) ? (JSON.parse(message.slice(MARK.length)) as CacheSelection) : undefined;
}
