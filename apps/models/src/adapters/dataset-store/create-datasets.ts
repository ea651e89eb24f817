import type { Migration } from "../postgres/migrations/migration.ts";

/** Datasets, what was uploaded for them, their versions, and the results of queries while they are kept. */
export const createDatasetTables: Migration = {
  name: "create-datasets",
  sql: `
create table models.dataset (
  name text primary key,
  last_version integer not null default 0,
  created_at timestamptz not null default clock_timestamp()
);

create table models.dataset_upload (
  id uuid primary key default gen_random_uuid(),
  dataset text not null references models.dataset (name),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  bytes bigint not null,
  detection jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null
);
create index dataset_upload_dataset on models.dataset_upload (dataset);

create table models.dataset_version (
  dataset text not null references models.dataset (name),
  number integer not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  bytes bigint not null,
  columns jsonb not null,
  report jsonb not null,
  passed boolean not null,
  table_id uuid not null unique,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  primary key (dataset, number)
);

create table models.query_result (
  id uuid primary key,
  "user" text not null,
  columns jsonb not null,
  total_rows bigint not null,
  expires_at timestamptz not null
);
create index query_result_expiry on models.query_result (expires_at);
`,
};
