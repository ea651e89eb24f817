import type { Migration } from "./migration.ts";

/** Load tests: what they came to in a few figures, for lists, and the whole of what they found. */
export const createLoadTests: Migration = {
  name: "create-load-tests",
  sql: `
create table muster.load_test (
  id text primary key,
  place bigint not null generated always as identity unique,
  kind text not null check (kind in ('run', 'capacity')),
  name text not null,
  target text not null,
  origin text not null,
  actor text not null,
  ended boolean not null default false,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  summary json not null,
  finding json,
  -- Only of capacity searches that came to a settled end.
  holds_at double precision
);
create index newest_capacity on muster.load_test (origin, place) where holds_at is not null;
`,
};
