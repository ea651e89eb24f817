import { namingErrors } from "@muster/adapters";
import { MusterError, toInstant } from "@muster/kernel";
import type { Pool } from "pg";
import type { Column, Detection, NamedType, QualityReport } from "../../domain/dataset/column.ts";
import type { DatasetStore, DatasetVersionRecord, UploadRecord } from "../../domain/dataset/dataset-store.ts";
import { auditIn, inTransaction, onlyRow } from "../postgres/transaction.ts";

interface UploadRow {
  readonly id: string;
  readonly dataset: string;
  readonly digest: string;
  readonly bytes: string;
  readonly detection: Detection;
  readonly created_at: Date;
  readonly created_by: string;
}

interface VersionRow {
  readonly dataset: string;
  readonly number: number;
  readonly digest: string;
  readonly bytes: string;
  readonly columns: readonly Column[];
  readonly report: QualityReport;
  readonly table_id: string;
  readonly created_at: Date;
  readonly created_by: string;
}

interface ResultRow {
  readonly id: string;
  readonly user: string;
  readonly columns: readonly NamedType[];
  readonly total_rows: string;
  readonly expires_at: Date;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LAST_NUMBER = 2_147_483_647;

/** What is known of datasets, in PostgreSQL. */
export function createPostgresDatasets(pool: Pool): DatasetStore {
  async function rows<Row extends object>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return (await pool.query<Row>(sql, [...values])).rows;
  }

  return {
    addUpload: ({ dataset, digest, bytes, detection }, actor) =>
      inTransaction(pool, async (client) => {
        await client.query("insert into models.dataset (name) values ($1) on conflict do nothing", [dataset]);
        const added = await client.query<UploadRow>(
          `insert into models.dataset_upload (dataset, digest, bytes, detection, created_by)
           values ($1, $2, $3, $4, $5) returning *`,
          [dataset, digest, bytes, JSON.stringify(detection), actor],
        );
        await auditIn(client, actor, "dataset.uploaded", { dataset, digest, bytes });
        return toUpload(onlyRow(added.rows));
      }),

    upload: (dataset, id) =>
      namingErrors(async () => {
        if (!UUID.test(id)) return undefined;
        const [row] = await rows<UploadRow>("select * from models.dataset_upload where dataset = $1 and id = $2", [
          dataset,
          id,
        ]);
        return row && toUpload(row);
      }),

    datasets: () =>
      namingErrors(async () => {
        const found = await rows<{ name: string; versions: number; current: number | null }>(
          `select dataset as name, count(*)::integer as versions, max(number) filter (where passed) as current
           from models.dataset_version group by dataset order by dataset`,
          [],
        );
        return found.map(({ name, versions, current }) => ({ name, versions, current: current ?? undefined }));
      }),

    addVersion: ({ dataset, digest, bytes, columns, report, table }, actor) =>
      inTransaction(pool, async (client) => {
        // The row of the dataset gives out the numbers, one writer after the other.
        const { rows: numbered } = await client.query<{ last_version: number }>(
          "update models.dataset set last_version = last_version + 1 where name = $1 returning last_version",
          [dataset],
        );
        const version = onlyRow(numbered).last_version;
        const added = await client.query<VersionRow>(
          `insert into models.dataset_version
             (dataset, number, digest, bytes, columns, report, passed, table_id, created_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning *`,
          [
            dataset,
            version,
            digest,
            bytes,
            JSON.stringify(columns),
            JSON.stringify(report),
            report.passed,
            table,
            actor,
          ],
        );
        await auditIn(client, actor, "dataset.version-added", { dataset, version, digest, passed: report.passed });
        return toVersion(onlyRow(added.rows));
      }),

    versions: (dataset) =>
      namingErrors(async () => {
        const sql = "select * from models.dataset_version where dataset = $1 order by number desc";
        return (await rows<VersionRow>(sql, [dataset])).map(toVersion);
      }),

    newestVersions: (datasets, limit, before) =>
      namingErrors(async () => {
        const sql = `select newest.* from unnest($1::text[]) as wanted(name) cross join lateral (
            select * from models.dataset_version
            where dataset = wanted.name and ($3::integer is null or number < $3)
            order by number desc limit $2) as newest
          order by dataset, number desc`;
        return (await rows<VersionRow>(sql, [datasets, limit, before ?? null])).map(toVersion);
      }),

    version: (dataset, version) =>
      namingErrors(async () => {
        if (version !== undefined && version > LAST_NUMBER) return undefined;
        const [row] = await rows<VersionRow>(
          `select * from models.dataset_version
           where dataset = $1 and case when $2::integer is null then passed else number = $2 end
           order by number desc limit 1`,
          [dataset, version ?? null],
        );
        return row && toVersion(row);
      }),

    versionOfDigest: (digest) =>
      namingErrors(async () => {
        const [row] = await rows<VersionRow>(
          "select * from models.dataset_version where digest = $1 order by created_at desc limit 1",
          [digest],
        );
        return row && toVersion(row);
      }),

    deleteVersions: (dataset, version, actor) =>
      inTransaction(pool, async (client) => {
        if (version !== undefined && version > LAST_NUMBER) return [];
        const used = await client.query<{ model: string; reference_version: number }>(
          `select model, reference_version from models.monitoring
           where reference_dataset = $1 and ($2::integer is null or reference_version = $2) limit 1`,
          [dataset, version ?? null],
        );
        const [use] = used.rows;
        // Whoever takes it as a reference at this moment is held off by the foreign key.
        if (use) {
          throw new MusterError(
            "conflict",
            `version ${use.reference_version} of "${dataset}" is what "${use.model}" is compared with; give the model another reference first`,
          );
        }
        const deleted = await client.query<VersionRow>(
          "delete from models.dataset_version where dataset = $1 and ($2::integer is null or number = $2) returning *",
          [dataset, version ?? null],
        );
        // After the rows are locked: a job that was submitted meanwhile is seen, and one that comes later finds none.
        const needed = await client.query<{ id: string; dataset_version: number }>(
          `select id, dataset_version from models.job where state in ('queued', 'running') and dataset = $1
             and ($2::integer is null or dataset_version = $2) limit 1`,
          [dataset, version ?? null],
        );
        const [job] = needed.rows;
        if (job) {
          throw new MusterError(
            "conflict",
            `job ${job.id} predicts version ${job.dataset_version} of "${dataset}"; cancel it, or let it finish first`,
          );
        }
        if (version === undefined)
          await client.query("delete from models.dataset_upload where dataset = $1", [dataset]);
        for (const { number, digest } of deleted.rows) {
          await auditIn(client, actor, "dataset.version-deleted", { dataset, version: number, digest });
        }
        return deleted.rows.map(toVersion);
      }),

    addResult: ({ id, user, columns, totalRows, expiresAt }) =>
      namingErrors(async () => {
        await pool.query(
          `insert into models.query_result (id, "user", columns, total_rows, expires_at) values ($1, $2, $3, $4, $5)`,
          [id, user, JSON.stringify(columns), totalRows, expiresAt],
        );
      }),

    result: (id, now) =>
      namingErrors(async () => {
        if (!UUID.test(id)) return undefined;
        const sql = "select * from models.query_result where id = $1 and expires_at > $2";
        const [row] = await rows<ResultRow>(sql, [id, now]);
        return (
          row && {
            id: row.id,
            user: row.user,
            columns: row.columns,
            totalRows: Number(row.total_rows),
            expiresAt: toInstant(row.expires_at.getTime()),
          }
        );
      }),

    deleteResult: (id) =>
      namingErrors(async () => {
        await pool.query("delete from models.query_result where id = $1", [id]);
      }),

    forget: (now, uploadsBefore) =>
      namingErrors(async () => {
        await pool.query("delete from models.query_result where expires_at <= $1", [now]);
        await pool.query("delete from models.dataset_upload where created_at < $1", [uploadsBefore]);
      }),

    filesInUse: () =>
      namingErrors(async () => {
        const digests = await rows<{ digest: string }>(
          "select digest from models.dataset_upload union select digest from models.dataset_version",
          [],
        );
        const ids = await rows<{ id: string }>(
          `select table_id::text as id from models.dataset_version union all select id::text from models.query_result
           union all select result::text from models.job where result is not null
           union all select file::text from models.job_part`,
          [],
        );
        return { uploads: new Set(digests.map(({ digest }) => digest)), tables: new Set(ids.map(({ id }) => id)) };
      }),
  };
}

function toUpload(row: UploadRow): UploadRecord {
  return {
    id: row.id,
    dataset: row.dataset,
    digest: row.digest,
    bytes: Number(row.bytes),
    detection: row.detection,
    createdAt: toInstant(row.created_at.getTime()),
    createdBy: row.created_by,
  };
}

function toVersion(row: VersionRow): DatasetVersionRecord {
  return {
    dataset: row.dataset,
    version: row.number,
    digest: row.digest,
    bytes: Number(row.bytes),
    columns: row.columns,
    report: row.report,
    table: row.table_id,
    createdAt: toInstant(row.created_at.getTime()),
    createdBy: row.created_by,
  };
}
