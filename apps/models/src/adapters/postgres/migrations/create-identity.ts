import type { Migration } from "./migration.ts";

/** Users, sessions, one-time links and API keys. Secrets are kept as digests only. */
export const createIdentity: Migration = {
  name: "create-identity",
  sql: `
create table models."user" (
  name text primary key,
  role text not null check (role in ('viewer', 'scientist', 'operator', 'admin')),
  disabled boolean not null default false,
  password_hash text,
  failures integer not null default 0,
  locked_until timestamptz,
  created_at timestamptz not null default clock_timestamp()
);

create table models.session (
  id uuid primary key default gen_random_uuid(),
  hash text not null unique,
  "user" text not null references models."user" (name),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index session_of_user on models.session ("user");

create table models.link (
  hash text primary key,
  "user" text not null references models."user" (name),
  expires_at timestamptz not null
);

create table models.api_key (
  id uuid primary key default gen_random_uuid(),
  hash text not null unique,
  "user" text not null references models."user" (name),
  name text not null,
  prefix text not null,
  scopes text[] not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index api_key_of_user on models.api_key ("user");

create trigger tell_replicas after update or delete on models."user"
  for each statement execute function models.tell_replicas();
create trigger tell_replicas after delete on models.session
  for each statement execute function models.tell_replicas();
create trigger tell_replicas after delete on models.api_key
  for each statement execute function models.tell_replicas();
`,
};
