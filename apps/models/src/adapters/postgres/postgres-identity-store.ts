import { namingErrors } from "@muster/adapters";
import { MusterError, toInstant } from "@muster/kernel";
import type { Selectable } from "kysely";
import type {
  AuditRecord,
  IdentityStore,
  KeyRecord,
  SessionRecord,
  UserRecord,
} from "../../domain/access/identity-store.ts";
import { type Role, type Scope, SCOPES } from "../../domain/access/role.ts";
import { writeAudit } from "./audit.ts";
import type { Database, Tables } from "./tables.ts";

const UNIQUE_VIOLATION = "23505";
const FOREIGN_KEY_VIOLATION = "23503";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Users, sessions, links and keys in PostgreSQL. */
export function createPostgresIdentityStore(database: Database): IdentityStore {
  return {
    users: () =>
      namingErrors(async () => {
        const rows = await database.selectFrom("user").selectAll().orderBy("name").execute();
        return rows.map(toUser);
      }),

    createUser: (name, role, actor) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          const row = await transaction
            .insertInto("user")
            .values({ name, role })
            .returningAll()
            .executeTakeFirstOrThrow()
            .catch((error: { code?: unknown }) => {
              if (error.code !== UNIQUE_VIOLATION) throw error;
              throw new MusterError("conflict", `a user called "${name}" exists`);
            });
          await writeAudit(transaction, actor, "user.created", { user: name, role });
          return toUser(row);
        }),
      ),

    changeUser: (name, change, actor) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          const row = await transaction
            .updateTable("user")
            .set({ ...change, name })
            .where("name", "=", name)
            .returningAll()
            .executeTakeFirst();
          if (!row) throw new MusterError("not-found", `no user is called "${name}"`);
          if (change.disabled === true) {
            await transaction.deleteFrom("session").where("user", "=", name).execute();
            await transaction.deleteFrom("api_key").where("user", "=", name).execute();
          }
          await writeAudit(transaction, actor, "user.changed", { user: name, ...change });
          return toUser(row);
        }),
      ),

    credentials: (name) =>
      namingErrors(async () => {
        const row = await database.selectFrom("user").selectAll().where("name", "=", name).executeTakeFirst();
        if (!row) return undefined;
        return {
          ...toUser(row),
          passwordHash: row.password_hash,
          failures: row.failures,
          lockedUntil: row.locked_until?.getTime() ?? 0,
        };
      }),

    setPassword: (name, passwordHash, actor) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          await transaction
            .updateTable("user")
            .set({ password_hash: passwordHash, failures: 0, locked_until: null })
            .where("name", "=", name)
            .execute();
          await transaction.deleteFrom("session").where("user", "=", name).execute();
          await writeAudit(transaction, actor, "password.set", { user: name });
        }),
      ),

    recordFailure: (name, lockedUntil) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          // Counted by the database, so that guesses at the same time count each.
          const row = await transaction
            .updateTable("user")
            .set((expression) => ({ failures: expression("failures", "+", 1) }))
            .where("name", "=", name)
            .returning("failures")
            .executeTakeFirstOrThrow();
          await transaction
            .updateTable("user")
            .set({ locked_until: toInstant(lockedUntil(row.failures)) })
            .where("name", "=", name)
            .execute();
          await writeAudit(transaction, name, "login.failed", { user: name, failures: row.failures });
        }),
      ),

    openSession: (user, { hash, expiresAt }) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          await transaction.deleteFrom("session").where("expires_at", "<", new Date()).execute();
          await transaction
            .updateTable("user")
            .set({ failures: 0, locked_until: null })
            .where("name", "=", user)
            .where("failures", ">", 0)
            .execute();
          const row = await transaction
            .insertInto("session")
            .values({ hash, user, expires_at: toInstant(expiresAt) })
            .returningAll()
            .executeTakeFirstOrThrow();
          await writeAudit(transaction, user, "session.opened", { user, session: row.id });
          return toSession(row);
        }),
      ),

    sessions: (user) =>
      namingErrors(async () => {
        const rows = await database
          .selectFrom("session")
          .selectAll()
          .where("user", "=", user)
          .where("expires_at", ">", new Date())
          .orderBy("created_at", "desc")
          .execute();
        return rows.map(toSession);
      }),

    endSession: (user, id) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          if (!UUID.test(id)) throw new MusterError("not-found", "no session has this id");
          const row = await transaction
            .deleteFrom("session")
            .where("user", "=", user)
            .where("id", "=", id)
            .returning("id")
            .executeTakeFirst();
          if (!row) throw new MusterError("not-found", "no session has this id");
          await writeAudit(transaction, user, "session.ended", { user, session: id });
        }),
      ),

    createLink: (user, { hash, expiresAt }, actor) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          // The newest link is the only one.
          await transaction.deleteFrom("link").where("user", "=", user).execute();
          await transaction
            .insertInto("link")
            .values({ hash, user, expires_at: toInstant(expiresAt) })
            .execute();
          await writeAudit(transaction, actor, "link.made", { user });
        }),
      ),

    linkUser: (hash, now) =>
      namingErrors(async () => {
        const row = await database
          .selectFrom("link")
          .select("user")
          .where("hash", "=", hash)
          .where("expires_at", ">", new Date(now))
          .executeTakeFirst();
        return row?.user;
      }),

    redeemLink: (hash, now) =>
      namingErrors(async () => {
        const row = await database
          .deleteFrom("link")
          .where("hash", "=", hash)
          .returning(["user", "expires_at"])
          .executeTakeFirst();
        return row && row.expires_at.getTime() > now ? row.user : undefined;
      }),

    createKey: (user, { hash, expiresAt, name, prefix, scopes }) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          const row = await transaction
            .insertInto("api_key")
            .values({ hash, user, name, prefix, scopes: [...scopes], expires_at: toInstant(expiresAt) })
            .returningAll()
            .executeTakeFirstOrThrow()
            .catch((error: { code?: unknown }) => {
              if (error.code !== FOREIGN_KEY_VIOLATION) throw error;
              throw new MusterError("forbidden", "only a user can have keys, and the operator's key belongs to none");
            });
          await writeAudit(transaction, user, "key.made", { user, key: row.id, scopes: scopes.join(" ") });
          return toKey(row);
        }),
      ),

    keys: (user) =>
      namingErrors(async () => {
        const rows = await database
          .selectFrom("api_key")
          .selectAll()
          .where("user", "=", user)
          .orderBy("created_at", "desc")
          .execute();
        return rows.map(toKey);
      }),

    revokeKey: (user, id) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          if (!UUID.test(id)) throw new MusterError("not-found", "no key has this id");
          const row = await transaction
            .deleteFrom("api_key")
            .where("user", "=", user)
            .where("id", "=", id)
            .returning("id")
            .executeTakeFirst();
          if (!row) throw new MusterError("not-found", "no key has this id");
          await writeAudit(transaction, user, "key.revoked", { user, key: id });
        }),
      ),

    recognise: (hash, now) =>
      namingErrors(async () => {
        const session = await database
          .selectFrom("session")
          .innerJoin("user", "user.name", "session.user")
          .select(["session.id", "session.expires_at", "user.name", "user.role"])
          .where("session.hash", "=", hash)
          .where("user.disabled", "=", false)
          .executeTakeFirst();
        if (session) return recognised("session", session, SCOPES, now);
        const key = await database
          .selectFrom("api_key")
          .innerJoin("user", "user.name", "api_key.user")
          .select(["api_key.id", "api_key.expires_at", "api_key.scopes", "user.name", "user.role"])
          .where("api_key.hash", "=", hash)
          .where("user.disabled", "=", false)
          .executeTakeFirst();
        return key && recognised("key", key, key.scopes as Scope[], now);
      }),

    audit: (limit, before) =>
      namingErrors(async () => {
        const rows = await database
          .selectFrom("audit_log")
          .selectAll()
          .$if(before !== undefined, (query) => query.where("place", "<", String(before)))
          .orderBy("place", "desc")
          .limit(limit)
          .execute();
        return rows.map((row): AuditRecord => ({
          place: Number(row.place),
          at: toInstant(row.at.getTime()),
          actor: row.actor,
          action: row.action,
          detail: row.detail,
        }));
      }),
  };
}

function recognised(
  via: "session" | "key",
  row: { id: string; expires_at: Date; name: string; role: string },
  scopes: readonly Scope[],
  now: number,
): Awaited<ReturnType<IdentityStore["recognise"]>> {
  const expiresAt = row.expires_at.getTime();
  if (expiresAt <= now) return undefined;
  return { principal: { user: row.name, role: row.role as Role, scopes, via, id: row.id }, expiresAt };
}

function toUser(row: Selectable<Tables["user"]>): UserRecord {
  return {
    name: row.name,
    role: row.role as Role,
    disabled: row.disabled,
    createdAt: toInstant(row.created_at.getTime()),
  };
}

function toSession(row: Selectable<Tables["session"]>): SessionRecord {
  return {
    id: row.id,
    user: row.user,
    createdAt: toInstant(row.created_at.getTime()),
    expiresAt: toInstant(row.expires_at.getTime()),
  };
}

function toKey(row: Selectable<Tables["api_key"]>): KeyRecord {
  return {
    id: row.id,
    user: row.user,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes as Scope[],
    createdAt: toInstant(row.created_at.getTime()),
    expiresAt: toInstant(row.expires_at.getTime()),
  };
}
