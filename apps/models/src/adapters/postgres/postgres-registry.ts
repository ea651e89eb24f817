import { namingErrors } from "@muster/adapters";
import { MusterError, toInstant } from "@muster/kernel";
import type { Selectable, Transaction } from "kysely";
import {
  type Alias,
  type AliasRecord,
  CHAMPION,
  type Registry,
  type TrafficRecord,
  type VersionDraft,
  type VersionRecord,
} from "../../domain/registry/registry.ts";
import { NO_TRAFFIC } from "../../domain/traffic/traffic.ts";
import { writeAudit } from "./audit.ts";
import type { Database, Tables } from "./tables.ts";

/** The registry in PostgreSQL. */
export function createPostgresRegistry(database: Database): Registry {
  return {
    snapshot: () =>
      namingErrors(async () => {
        const versions = await database.selectFrom("version").select(["model", "number"]).orderBy("number").execute();
        const aliases = await database.selectFrom("alias").selectAll().execute();
        return {
          versions: versions.map(({ model, number }) => ({ model, version: String(number) })),
          aliases: aliases.map(toAlias),
          traffic: (await database.selectFrom("traffic").selectAll().execute()).map(toTraffic),
        };
      }),

    versions: (model) =>
      namingErrors(async () => {
        const rows = await database
          .selectFrom("version")
          .selectAll()
          .where("model", "=", model)
          .orderBy("number", "desc")
          .execute();
        return rows.map(toVersion);
      }),

    newestVersions: (models, limit, before) =>
      namingErrors(async () => {
        if (models.length === 0) return [];
        const ranked = database
          .selectFrom("version")
          .selectAll()
          .select(({ fn }) =>
            fn
              .agg<string>("row_number")
              .over((over) => over.partitionBy("model").orderBy("number", "desc"))
              .as("place"),
          )
          .where("model", "in", models)
          .$if(before !== undefined, (query) => query.where("number", "<", before ?? 0));
        const rows = await database
          .selectFrom(ranked.as("ranked"))
          .selectAll()
          .where("place", "<=", String(limit))
          .orderBy("model")
          .orderBy("number", "desc")
          .execute();
        return rows.map(toVersion);
      }),

    version: (model, version) =>
      namingErrors(async () => {
        const number = versionNumber(version);
        if (number === undefined) return undefined;
        const row = await database
          .selectFrom("version")
          .selectAll()
          .where("model", "=", model)
          .where("number", "=", number)
          .executeTakeFirst();
        return row && toVersion(row);
      }),

    addVersion: (draft, actor) =>
      namingErrors(() => database.transaction().execute((transaction) => addVersion(transaction, draft, actor))),

    deleteVersion: (model, version, actor) =>
      namingErrors(() =>
        database.transaction().execute((transaction) => deleteVersion(transaction, model, version, actor)),
      ),

    aliases: (model) =>
      namingErrors(async () => {
        const rows = await database
          .selectFrom("alias")
          .selectAll()
          .where("model", "=", model)
          .orderBy("alias")
          .execute();
        return rows.map(toAlias);
      }),

    aliasHistory: (model, alias) =>
      namingErrors(async () => {
        const rows = await database
          .selectFrom("alias_change")
          .selectAll()
          .where("model", "=", model)
          .where("alias", "=", alias)
          .orderBy("revision", "desc")
          .limit(100)
          .execute();
        return rows.map(toAlias);
      }),

    setAlias: (model, alias, version, expected, actor) =>
      namingErrors(() =>
        database
          .transaction()
          .execute((transaction) => setAlias(transaction, { model, alias, version, expected, actor })),
      ),

    traffic: (model) => namingErrors(() => trafficOf(database, model)),

    setTraffic: (model, traffic, expected, actor) =>
      namingErrors(() =>
        database.transaction().execute(async (transaction) => {
          await transaction.selectFrom("model").select("name").where("name", "=", model).forUpdate().execute();
          const current = await trafficOf(transaction, model);
          if (current.revision !== expected) {
            throw new MusterError(
              "changed-meanwhile",
              `traffic of "${model}" is at revision ${current.revision}, not ${expected}`,
            );
          }
          const values = {
            canary_percent: traffic.canaryPercent,
            shadow_percent: traffic.shadowPercent,
            revision: expected + 1,
          };
          await transaction
            .insertInto("traffic")
            .values({ model, ...values })
            .onConflict((conflict) => conflict.column("model").doUpdateSet(values))
            .execute();
          await writeAudit(transaction, actor, "traffic.set", { model, ...traffic });
          return { model, ...traffic, revision: expected + 1 };
        }),
      ),

    digests: () =>
      namingErrors(async () => {
        const rows = await database.selectFrom("version").select("digest").distinct().execute();
        return new Set(rows.map(({ digest }) => digest));
      }),
  };
}

async function trafficOf(database: Database | Transaction<Tables>, model: string): Promise<TrafficRecord> {
  const row = await database.selectFrom("traffic").selectAll().where("model", "=", model).executeTakeFirst();
  if (row) return toTraffic(row);
  const known = await database.selectFrom("model").select("name").where("name", "=", model).executeTakeFirst();
  if (!known) throw new MusterError("not-found", `no model is called "${model}"`);
  return { model, ...NO_TRAFFIC, revision: 0 };
}

function toTraffic(row: Selectable<Tables["traffic"]>): TrafficRecord {
  return {
    model: row.model,
    canaryPercent: row.canary_percent,
    shadowPercent: row.shadow_percent,
    revision: row.revision,
  };
}

async function addVersion(
  transaction: Transaction<Tables>,
  draft: VersionDraft,
  actor: string,
): Promise<{ record: VersionRecord; created: boolean }> {
  await transaction
    .insertInto("model")
    .values({ name: draft.model })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Holds off other writers of this model until the end of the transaction.
  const model = await transaction
    .selectFrom("model")
    .selectAll()
    .where("name", "=", draft.model)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const known = await transaction
    .selectFrom("version")
    .selectAll()
    .where("model", "=", draft.model)
    .where("digest", "=", draft.digest)
    .executeTakeFirst();
  if (known) return { record: toVersion(known), created: false };

  const number = model.last_version + 1;
  await transaction.updateTable("model").set({ last_version: number }).where("name", "=", draft.model).execute();
  const row = await transaction
    .insertInto("version")
    .values({
      model: draft.model,
      number,
      digest: draft.digest,
      bytes: draft.bytes,
      card: JSON.stringify(draft.card),
      inspection: JSON.stringify(draft.inspection),
      created_by: actor,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await writeAudit(transaction, actor, "version.added", {
    model: draft.model,
    version: String(number),
    digest: draft.digest,
  });
  const champion = await transaction
    .selectFrom("alias")
    .select("alias")
    .where("model", "=", draft.model)
    .where("alias", "=", CHAMPION)
    .executeTakeFirst();
  if (!champion) {
    await setAlias(transaction, { model: draft.model, alias: CHAMPION, version: String(number), expected: 0, actor });
  }
  return { record: toVersion(row), created: true };
}

async function deleteVersion(
  transaction: Transaction<Tables>,
  model: string,
  version: string,
  actor: string,
): Promise<VersionRecord> {
  await transaction.selectFrom("model").select("name").where("name", "=", model).forUpdate().execute();
  const number = versionNumber(version);
  const aliases = await transaction
    .selectFrom("alias")
    .select("alias")
    .where("model", "=", model)
    .where("number", "=", number ?? 0)
    .execute();
  if (aliases.length > 0) {
    const names = aliases.map(({ alias }) => alias).join(" and ");
    throw new MusterError("conflict", `version ${version} of "${model}" is ${names}; let another version be it first`);
  }
  const row = await transaction
    .deleteFrom("version")
    .where("model", "=", model)
    .where("number", "=", number ?? 0)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw noVersion(model, version);
  // After the row is locked: a job that was submitted meanwhile is seen, and one that comes later finds no version.
  const job = await transaction
    .selectFrom("job")
    .select("id")
    .where("model", "=", model)
    .where("version", "=", row.number)
    .where("state", "in", ["queued", "running"])
    .executeTakeFirst();
  if (job) {
    throw new MusterError(
      "conflict",
      `job ${job.id} predicts with version ${version} of "${model}"; cancel it, or let it finish first`,
    );
  }
  await writeAudit(transaction, actor, "version.deleted", { model, version, digest: row.digest });
  return toVersion(row);
}

interface AliasChange {
  readonly model: string;
  readonly alias: Alias;
  readonly version: string;
  readonly expected: number;
  readonly actor: string;
}

async function setAlias(
  transaction: Transaction<Tables>,
  { model, alias, version, expected, actor }: AliasChange,
): Promise<AliasRecord> {
  await transaction.selectFrom("model").select("name").where("name", "=", model).forUpdate().execute();
  const number = versionNumber(version);
  const exists = await transaction
    .selectFrom("version")
    .select("number")
    .where("model", "=", model)
    .where("number", "=", number ?? 0)
    .executeTakeFirst();
  if (!exists) throw noVersion(model, version);
  const current = await transaction
    .selectFrom("alias")
    .select("revision")
    .where("model", "=", model)
    .where("alias", "=", alias)
    .executeTakeFirst();
  const revision = current?.revision ?? 0;
  if (revision !== expected) {
    const message = `${alias} of "${model}" is at revision ${revision}, not ${expected}`;
    throw new MusterError("changed-meanwhile", message);
  }
  const values = { number: exists.number, revision: revision + 1, changed_by: actor };
  const changed = await transaction
    .insertInto("alias")
    .values({ model, alias, ...values })
    .onConflict((conflict) =>
      conflict.columns(["model", "alias"]).doUpdateSet({ ...values, changed_at: new Date().toISOString() }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  await transaction.insertInto("alias_change").values(changed).execute();
  await writeAudit(transaction, actor, "alias.set", { model, alias, version, revision: revision + 1 });
  return toAlias(changed);
}

function versionNumber(version: string): number | undefined {
  return /^[1-9][0-9]{0,8}$/.test(version) ? Number(version) : undefined;
}

function noVersion(model: string, version: string): MusterError {
  return new MusterError("not-found", `model "${model}" has no version "${version}"`);
}

function toVersion(row: Selectable<Tables["version"]>): VersionRecord {
  return {
    model: row.model,
    version: String(row.number),
    digest: row.digest,
    bytes: Number(row.bytes),
    card: row.card,
    inspection: row.inspection,
    createdAt: toInstant(row.created_at.getTime()),
    createdBy: row.created_by,
  };
}

function toAlias(row: Selectable<Tables["alias"]>): AliasRecord {
  return {
    model: row.model,
    // Only this module writes the table, and it takes an Alias.
    alias: row.alias as Alias,
    version: String(row.number),
    revision: row.revision,
    changedAt: toInstant(row.changed_at.getTime()),
    changedBy: row.changed_by,
  };
}
