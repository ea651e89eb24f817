import { namingErrors } from "@muster/adapters";
import { MusterError, toInstant } from "@muster/kernel";
import type { Pool, PoolClient } from "pg";
import type { JobDraft, JobPlan, JobRecord, JobState } from "../../domain/jobs/job.ts";
import type { JobClaim, JobFilter, JobPart, JobQuota, JobStore } from "../../domain/jobs/job-store.ts";
import { auditIn, inTransaction, onlyRow } from "../postgres/transaction.ts";

interface JobRow {
  readonly id: string;
  readonly place: string;
  readonly user: string;
  readonly model: string;
  readonly version: number;
  readonly dataset: string;
  readonly dataset_version: number;
  readonly plan: JobPlan;
  readonly state: JobState;
  readonly reason: string | null;
  readonly rows_total: string;
  readonly rows_done: string;
  readonly rows_failed: string;
  readonly rate: number | null;
  readonly attempt: number;
  readonly fruitless: number;
  readonly result: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly expires_at: Date | null;
}

interface PartRow {
  readonly rows: string;
  readonly failed: string;
  readonly file: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OPEN = "state in ('queued', 'running')";
/** Of all replicas; each works on a few. */
const CLAIMABLE = 100;
/** Which of the advisory locks with two numbers count a user's jobs: "JOBQ" in ASCII. */
const QUOTA_LOCKS = 0x4a_4f_42_51;

/** What is known of jobs, in PostgreSQL. */
export function createPostgresJobs(pool: Pool): JobStore {
  /** Changes a running job of the newest attempt, and tells of it; false for any other. */
  function change(
    claim: JobClaim,
    set: string,
    values: readonly unknown[],
    and?: (client: PoolClient) => Promise<void>,
  ) {
    return inTransaction(pool, async (client) => {
      const changed = await client.query<JobRow>(
        `update models.job set ${set} where id = $1 and attempt = $2 and state = 'running' returning *`,
        [claim.job, claim.attempt, ...values],
      );
      if (changed.rowCount === 0) return false;
      await and?.(client);
      await tell(client, claim.job);
      return true;
    });
  }

  return {
    submit: (draft, quota) => inTransaction(pool, (client) => submit(client, draft, quota)),

    job: (id) =>
      namingErrors(async () => {
        if (!UUID.test(id)) return undefined;
        const { rows } = await pool.query<JobRow>("select * from models.job where id = $1", [id]);
        return rows[0] && toJob(rows[0]);
      }),

    jobs: (filter, { offset, limit }) =>
      namingErrors(async () => {
        const { where, values } = conditions(filter);
        const counted = await pool.query<{ total: string }>(
          `select count(*) as total from models.job ${where}`,
          values,
        );
        const found = await pool.query<JobRow>(
          `select * from models.job ${where} order by place desc limit $5 offset $6`,
          [...values, limit, offset],
        );
        return { jobs: found.rows.map(toJob), total: Number(onlyRow(counted.rows).total) };
      }),

    cancel: (id, expiresAt, actor) =>
      inTransaction(pool, async (client) => {
        const cancelled = await client.query<JobRow>(
          `update models.job set state = 'cancelled', rate = null, ended_at = clock_timestamp(), expires_at = $2
           where id = $1 and ${OPEN} returning *`,
          [id, expiresAt],
        );
        if (cancelled.rowCount === 0) return undefined;
        const files = await deleteParts(client, id);
        await auditIn(client, actor, "job.cancelled", { job: id });
        await tell(client, id);
        return files;
      }),

    remove: (id, actor) =>
      inTransaction(pool, async (client) => {
        // Whoever works on it hears that it is over before there is nothing left to tell of.
        const ended = await client.query(
          `update models.job set state = 'cancelled', rate = null, ended_at = clock_timestamp(), expires_at = now()
           where id = $1 and ${OPEN}`,
          [id],
        );
        if (ended.rowCount !== 0) await tell(client, id);
        const files = await deleteParts(client, id);
        const removed = await client.query<JobRow>("delete from models.job where id = $1 returning *", [id]);
        const [row] = removed.rows;
        if (!row) return [];
        await auditIn(client, actor, "job.deleted", { job: id });
        return row.result === null ? files : [...files, row.result];
      }),

    claimable: () =>
      namingErrors(async () => {
        const { rows } = await pool.query<{ id: string; place: string }>(
          `select id, place from models.job where ${OPEN} order by place limit ${CLAIMABLE}`,
        );
        return rows.map(({ id, place }) => ({ id, place: Number(place) }));
      }),

    begin: (id) =>
      inTransaction(pool, async (client) => {
        const begun = await client.query<JobRow & { table_id: string | null }>(
          `update models.job set state = 'running', started_at = coalesce(started_at, clock_timestamp()), rate = null,
             attempt = attempt + 1, fruitless = fruitless + 1,
             rows_done = (select coalesce(sum(rows), 0) from models.job_part where job = id),
             rows_failed = (select coalesce(sum(failed), 0) from models.job_part where job = id)
           where id = $1 and ${OPEN} returning *, (select table_id from models.dataset_version v
             where v.dataset = job.dataset and v.number = job.dataset_version)`,
          [id],
        );
        const [row] = begun.rows;
        // A version that a job needs cannot be deleted.
        if (!row || row.table_id === null) return undefined;
        const parts = await client.query<PartRow>(
          "select rows, failed, file from models.job_part where job = $1 order by number",
          [id],
        );
        await tell(client, id);
        return {
          record: toJob(row),
          claim: { job: id, attempt: row.attempt },
          parts: parts.rows.map(({ rows, failed, file }) => ({ rows: Number(rows), failed: Number(failed), file })),
          table: row.table_id,
          fruitless: row.fruitless,
        };
      }),

    addPart: (claim, number, { rows, failed, file }: JobPart) =>
      change(claim, "fruitless = 0", [], async (client) => {
        await client.query(
          "insert into models.job_part (job, number, rows, failed, file) values ($1, $2, $3, $4, $5)",
          [claim.job, number, rows, failed, file],
        );
        await client.query(
          `update models.job set (rows_done, rows_failed) =
             (select sum(rows), sum(failed) from models.job_part where job = $1) where id = $1`,
          [claim.job],
        );
      }),

    progress: (claim, { rowsDone, rowsFailed, rate }) =>
      change(claim, "rows_done = $3, rows_failed = $4, rate = $5", [rowsDone, rowsFailed, rate]),

    finish: (claim, result, expiresAt) =>
      change(
        claim,
        "state = 'finished', result = $3, expires_at = $4, ended_at = clock_timestamp(), rate = null",
        [result, expiresAt],
        async (client) => void (await deleteParts(client, claim.job)),
      ),

    fail: (claim, reason, expiresAt) =>
      change(
        claim,
        "state = 'failed', reason = $3, expires_at = $4, ended_at = clock_timestamp(), rate = null",
        [reason, expiresAt],
        async (client) => void (await deleteParts(client, claim.job)),
      ),

    forget: (now) =>
      namingErrors(async () => {
        const { rows } = await pool.query<{ result: string | null }>(
          "delete from models.job where expires_at <= $1 returning result",
          [now],
        );
        return rows.flatMap(({ result }) => (result === null ? [] : [result]));
      }),
  };
}

async function submit(client: PoolClient, draft: JobDraft, quota: JobQuota): Promise<JobRecord> {
  const { user, model, version, dataset, datasetVersion, plan, rowsTotal } = draft;
  // Two submissions of one user are counted one after the other.
  await client.query("select pg_advisory_xact_lock($1, hashtext($2))", [QUOTA_LOCKS, user]);
  const counted = await client.query<{ open: string; kept: string }>(
    `select count(*) filter (where ${OPEN}) as open, count(*) as kept from models.job where "user" = $1`,
    [user],
  );
  const { open, kept } = onlyRow(counted.rows);
  if (Number(open) >= quota.open) {
    throw new MusterError("quota-reached", `${open} of your jobs wait or run already; ${quota.open} are allowed`);
  }
  if (Number(kept) >= quota.kept) {
    throw new MusterError("quota-reached", `${kept} jobs of yours are kept; ${quota.kept} are allowed`);
  }
  // Held against deletion until the job is there, which then forbids it.
  const needed = await client.query("select 1 from models.version where model = $1 and number = $2 for key share", [
    model,
    Number(version),
  ]);
  if (needed.rowCount === 0) throw new MusterError("not-found", `model "${model}" has no version ${version}`);
  const rows = await client.query(
    "select 1 from models.dataset_version where dataset = $1 and number = $2 for key share",
    [dataset, datasetVersion],
  );
  if (rows.rowCount === 0) throw new MusterError("not-found", `dataset "${dataset}" has no version ${datasetVersion}`);
  const added = await client.query<JobRow>(
    `insert into models.job ("user", model, version, dataset, dataset_version, plan, rows_total)
     values ($1, $2, $3, $4, $5, $6, $7) returning *`,
    [user, model, Number(version), dataset, datasetVersion, JSON.stringify(plan), rowsTotal],
  );
  const job = toJob(onlyRow(added.rows));
  await auditIn(client, user, "job.submitted", { job: job.id, model, version, dataset, datasetVersion });
  await tell(client, job.id);
  return job;
}

async function tell(client: PoolClient, id: string): Promise<void> {
  await client.query("select models.tell_of_job(job) from models.job where id = $1", [id]);
}

async function deleteParts(client: PoolClient, id: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ file: string }>("delete from models.job_part where job = $1 returning file", [
    id,
  ]);
  return rows.map(({ file }) => file);
}

function conditions({ user, state, model, dataset }: JobFilter) {
  return {
    where: `where ($1::text is null or "user" = $1) and ($2::text is null or state = $2)
      and ($3::text is null or model = $3) and ($4::text is null or dataset = $4)`,
    values: [user ?? null, state ?? null, model ?? null, dataset ?? null],
  };
}

function toJob(row: JobRow): JobRecord {
  const at = (date: Date | null) => (date === null ? undefined : toInstant(date.getTime()));
  return {
    id: row.id,
    user: row.user,
    model: row.model,
    version: String(row.version),
    dataset: row.dataset,
    datasetVersion: row.dataset_version,
    plan: row.plan,
    state: row.state,
    reason: row.reason ?? undefined,
    rowsTotal: Number(row.rows_total),
    rowsDone: Number(row.rows_done),
    rowsFailed: Number(row.rows_failed),
    rate: row.rate ?? undefined,
    createdAt: toInstant(row.created_at.getTime()),
    startedAt: at(row.started_at),
    endedAt: at(row.ended_at),
    expiresAt: at(row.expires_at),
    result: row.result ?? undefined,
  };
}
