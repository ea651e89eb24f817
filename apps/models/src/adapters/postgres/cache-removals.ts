import { namingErrors } from "@muster/adapters";
import { sql } from "kysely";
import { KEPT_REMOVALS, type Removal, type RemovalRecord } from "../../domain/cache/removals.ts";
import type { CacheSelection } from "../../domain/cache/selection.ts";
import { writeAudit } from "./audit.ts";
import type { Database } from "./tables.ts";

/** What stands before the removal in a message to the replicas. */
const MARK = "cache ";

/** Writes a removal down, with who wanted it, and tells every replica. */
export function publishRemoval(database: Database, selection: CacheSelection, actor: string): Promise<Removal> {
  return namingErrors(() =>
    database.transaction().execute(async (transaction) => {
      // The row is held until the end, so that numbers are seen in their order and without a gap.
      const { generation: number } = await transaction
        .updateTable("cache_generation")
        .set({ generation: sql<number>`generation + 1` })
        .returning("generation")
        .executeTakeFirstOrThrow();
      const removal = { generation: Number(number), selection };
      await transaction
        .insertInto("cache_removal")
        .values({ generation: removal.generation, selection: JSON.stringify(selection) })
        .execute();
      await transaction
        .deleteFrom("cache_removal")
        .where("generation", "<=", String(removal.generation - KEPT_REMOVALS))
        .execute();
      await writeAudit(transaction, actor, "cache.removed", { ...selection });
      await sql`select pg_notify('muster_models', ${MARK + JSON.stringify(removal)})`.execute(transaction);
      return removal;
    }),
  );
}

/** The removals that are kept. */
export function readRemovals(database: Database): Promise<RemovalRecord> {
  return namingErrors(() =>
    database
      .transaction()
      .setIsolationLevel("repeatable read")
      .execute(async (transaction) => {
        const { platform, generation } = await transaction
          .selectFrom("cache_generation")
          .select(["platform", "generation"])
          .executeTakeFirstOrThrow();
        const rows = await transaction
          .selectFrom("cache_removal")
          .select(["generation", "selection"])
          .orderBy("generation")
          .execute();
        const removals = rows.map((row) => ({ generation: Number(row.generation), selection: row.selection }));
        return { platform, generation: Number(generation), removals };
      }),
  );
}

/** The removal in a message; undefined for messages about other things. */
export function removalIn(message: string): Removal | undefined {
  return message.startsWith(MARK) ? (JSON.parse(message.slice(MARK.length)) as Removal) : undefined;
}
