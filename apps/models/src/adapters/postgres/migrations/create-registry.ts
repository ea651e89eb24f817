import type { Migration } from "./migration.ts";

/** Models, their versions and aliases, and the audit log. */
export const createRegistry: Migration = {
  name: "create-registry",
  sql: `
create table models.model (
  name text primary key,
  last_version integer not null default 0,
  created_at timestamptz not null default clock_timestamp()
);

create table models.version (
  model text not null references models.model (name),
  number integer not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  bytes bigint not null,
  card jsonb not null,
  inspection jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  primary key (model, number),
  unique (model, digest)
);
create index version_digest on models.version (digest);

create table models.alias (
  model text not null,
  alias text not null,
  number integer not null,
  revision integer not null,
  changed_at timestamptz not null default clock_timestamp(),
  changed_by text not null,
  primary key (model, alias),
  -- A version that an alias names cannot be deleted.
  foreign key (model, number) references models.version (model, number)
);

create table models.alias_change (
  model text not null,
  alias text not null,
  revision integer not null,
  number integer not null,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (model, alias, revision)
);

create table models.audit_log (
  place bigint primary key generated always as identity,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  detail jsonb not null
);

create function models.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete or truncate on models.audit_log
  for each statement execute function models.refuse_change();
create trigger append_only before update or delete or truncate on models.alias_change
  for each statement execute function models.refuse_change();

-- Every replica hears of a change the moment it is committed.
create function models.tell_replicas() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_notify('muster_models', tg_table_name);
  return null;
end
$$;
create trigger tell_replicas after insert or update or delete on models.version
  for each statement execute function models.tell_replicas();
create trigger tell_replicas after insert or update or delete on models.alias
  for each statement execute function models.tell_replicas();
`,
};
