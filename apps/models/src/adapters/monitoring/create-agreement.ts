import type { Migration } from "../postgres/migrations/migration.ts";

/** How challengers agreed with champions, minute by minute, over all replicas. */
export const createAgreement: Migration = {
  name: "create-agreement",
  sql: `
create table models.agreement (
  model text not null references models.model (name),
  champion integer not null,
  challenger integer not null,
  minute timestamptz not null,
  rows bigint not null,
  agreeing bigint not null,
  -- Infinite where answers could not be compared.
  largest_difference double precision not null,
  failures bigint not null,
  skipped bigint not null,
  primary key (model, minute, champion, challenger)
);
`,
};
