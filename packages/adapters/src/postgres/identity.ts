import type { Identity, Role } from "@muster/kernel";
import type { Pool } from "pg";
import { namingErrors } from "./errors.ts";
import { queries } from "./tables.ts";

/** Users, sessions and sign-in links in PostgreSQL. */
export function postgresIdentity(pool: Pool): Identity {
  const db = queries(pool);
  return {
    ensureUser: (user) =>
      namingErrors(async () => {
        await db
          .insertInto("user")
          .values({ name: user.name, role: user.role })
          .onConflict((conflict) => conflict.column("name").doNothing())
          .execute();
        const row = await db
          .selectFrom("user")
          .select(["name", "role"])
          .where("name", "=", user.name)
          .executeTakeFirstOrThrow();
        return { name: row.name, role: row.role as Role };
      }),
    createLink: (tokenHash, user, expiresAt) =>
      namingErrors(async () => {
        await db.insertInto("sign_in_link").values({ hash: tokenHash, user, expires_at: expiresAt }).execute();
      }),
    redeemLink: (tokenHash, session, now) =>
      namingErrors(() =>
        db.transaction().execute(async (transaction) => {
          // One update decides, so of two who come at once only one finds the link unused.
          const link = await transaction
            .updateTable("sign_in_link")
            .set({ used_at: now })
            .where("hash", "=", tokenHash)
            .where("used_at", "is", null)
            .where("expires_at", ">", new Date(now))
            .returning("user")
            .executeTakeFirst();
          if (!link) return undefined;
          await transaction
            .insertInto("session")
            .values({ hash: session.hash, user: link.user, expires_at: session.expiresAt })
            .execute();
          const user = await transaction
            .selectFrom("user")
            .select(["name", "role"])
            .where("name", "=", link.user)
            .executeTakeFirstOrThrow();
          // Signing in is rare, so it is when sessions and links that ended go.
          await transaction.deleteFrom("session").where("expires_at", "<=", new Date(now)).execute();
          await transaction.deleteFrom("sign_in_link").where("expires_at", "<=", new Date(now)).execute();
          return { name: user.name, role: user.role as Role, expiresAt: session.expiresAt };
        }),
      ),
    session: (hash, now) =>
      namingErrors(async () => {
        const row = await db
          .selectFrom("session")
          .innerJoin("user", "user.name", "session.user")
          .select(["user.name", "user.role", "session.expires_at"])
          .where("session.hash", "=", hash)
          .where("session.expires_at", ">", new Date(now))
          .executeTakeFirst();
        return row && { name: row.name, role: row.role as Role, expiresAt: row.expires_at.toISOString() };
      }),
    endSession: (hash) =>
      namingErrors(async () => {
        await db.deleteFrom("session").where("hash", "=", hash).execute();
      }),
    audit: (entry) =>
      namingErrors(async () => {
        await db
          .insertInto("audit_log")
          .values({ at: entry.at, actor: entry.actor, action: entry.action, detail: JSON.stringify(entry.detail) })
          .execute();
      }),
  };
}
