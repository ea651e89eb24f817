import type { Migration } from "../postgres/migrations/migration.ts";

/** What is watched of models: recorded predictions, judged windows, alarms, and what turned out to be true. */
export const createMonitoringTables: Migration = {
  name: "create-monitoring",
  sql: `
create table models.monitoring (
  model text primary key references models.model (name),
  settings jsonb not null,
  reference_dataset text,
  reference_version integer,
  revision integer not null,
  changed_at timestamptz not null,
  changed_by text not null,
  check ((reference_dataset is null) = (reference_version is null)),
  -- A version of a dataset that a model is compared with cannot be deleted.
  foreign key (reference_dataset, reference_version) references models.dataset_version (dataset, number)
);
create trigger tell_replicas after insert or update or delete on models.monitoring
  for each statement execute function models.tell_replicas();

-- With it callers are made unrecognisable; it never leaves the database and this platform.
create table models.monitoring_secret (
  only_row boolean primary key default true check (only_row),
  secret text not null default gen_random_uuid()::text || gen_random_uuid()::text
);
insert into models.monitoring_secret default values;

-- One row for a request, however many rows it asked for; no foreign key, because a record outlives its version.
create table models.prediction (
  id uuid primary key,
  model text not null,
  version integer not null,
  at timestamptz not null,
  rows integer not null,
  caller text not null,
  cells jsonb not null
);
create index prediction_place on models.prediction (model, at);

create table models.drift_window (
  model text not null references models.model (name),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  claim uuid not null,
  claimed_until timestamptz not null,
  attempts integer not null,
  judged_at timestamptz,
  result jsonb,
  primary key (model, starts_at, ends_at),
  check ((judged_at is null) = (result is null))
);

create table models.alarm (
  id uuid primary key default gen_random_uuid(),
  model text not null references models.model (name),
  side text not null check (side in ('input', 'prediction')),
  "column" text not null,
  state text not null check (state in ('raised', 'continuing', 'cleared')),
  reason text not null,
  calm integer not null default 0,
  raised_at timestamptz not null,
  changed_at timestamptz not null,
  cleared_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  note text,
  check ((state = 'cleared') = (cleared_at is not null))
);
create unique index alarm_open on models.alarm (model, side, "column") where cleared_at is null;
create index alarm_raised on models.alarm (raised_at);

-- What was predicted stands beside what was true, so that the figures outlive the records.
create table models.truth (
  prediction uuid not null,
  row integer not null,
  model text not null,
  version integer not null,
  at timestamptz not null,
  predicted jsonb not null,
  actual jsonb not null,
  told_at timestamptz not null,
  told_by text not null,
  primary key (prediction, row)
);
create index truth_place on models.truth (model, at);
`,
};
