import type { Migration } from "../postgres/migrations/migration.ts";

/** Predictions for whole datasets: what is to be done, how far it is, and the parts that are done. */
export const createJobs: Migration = {
  name: "create-jobs",
  sql: `
create table models.job (
  id uuid primary key default gen_random_uuid(),
  -- The order of submission; a replica that works on the job holds an advisory lock of this number.
  place bigint not null unique generated always as identity,
  "user" text not null,
  model text not null,
  version integer not null,
  dataset text not null,
  dataset_version integer not null,
  plan jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'finished', 'failed', 'cancelled')),
  reason text,
  rows_total bigint not null,
  rows_done bigint not null default 0,
  rows_failed bigint not null default 0,
  rate double precision,
  -- Grows with each begin; what is written under an older number is refused.
  attempt integer not null default 0,
  fruitless integer not null default 0,
  result uuid unique,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  ended_at timestamptz,
  expires_at timestamptz,
  check ((state = 'finished') = (result is not null)),
  check ((state in ('queued', 'running')) = (expires_at is null))
);
create index job_open on models.job (place) where state in ('queued', 'running');
create index job_of_user on models.job ("user", place);
create index job_expiry on models.job (expires_at);

create table models.job_part (
  job uuid not null references models.job (id) on delete cascade,
  number integer not null,
  rows bigint not null,
  failed bigint not null,
  file uuid not null unique,
  primary key (job, number)
);

create function models.tell_of_job(told models.job) returns bigint
language sql set search_path = pg_catalog, pg_temp as $$
  select models.publish_event(jsonb_build_object('type', 'job.progress', 'job', told.id, 'user', told."user",
    'state', told.state, 'rowsDone', told.rows_done, 'rowsTotal', told.rows_total))
$$;
`,
};
