import type { Migration } from "./migration.ts";

/** Users, sessions, one-time sign-in links and the audit log. Tokens are kept as digests only. */
export const createIdentity: Migration = {
  name: "create-identity",
  sql: `
create table muster."user" (
  name text primary key,
  role text not null,
  created_at timestamptz not null default now()
);

create table muster.session (
  hash text primary key,
  "user" text not null references muster."user" (name),
  expires_at timestamptz not null
);
create index session_expiry on muster.session (expires_at);

create table muster.sign_in_link (
  hash text primary key,
  "user" text not null references muster."user" (name),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index sign_in_link_expiry on muster.sign_in_link (expires_at);

create table muster.audit_log (
  place bigint primary key generated always as identity,
  at timestamptz not null,
  actor text not null,
  action text not null,
  detail json not null
);
create trigger append_only before update or delete or truncate on muster.audit_log
  for each statement execute function muster.refuse_change();
`,
};
