import type { Migration } from "./migration.ts";

/** Runs. That one environment has one run at a time is a rule of the database, so that replicas cannot race. */
export const createRuns: Migration = {
  name: "create-runs",
  sql: `
create table muster.run (
  id text primary key,
  place bigint not null generated always as identity unique,
  service text not null,
  environment text not null,
  state text not null check (state in ('running', 'completed', 'aborted')),
  started_at timestamptz not null,
  finished_at timestamptz,
  steps json not null,
  summary text
);
create unique index one_active_run on muster.run (service, environment) where state = 'running';
create index newest_run on muster.run (service, environment, place);
`,
};
