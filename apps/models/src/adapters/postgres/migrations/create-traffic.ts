import type { Migration } from "./migration.ts";

/** How callers are shared out between champion and challenger. */
export const createTraffic: Migration = {
  name: "create-traffic",
  sql: `
create table models.traffic (
  model text primary key references models.model (name),
  canary_percent double precision not null check (canary_percent between 0 and 100),
  shadow_percent double precision not null check (shadow_percent between 0 and 100),
  revision integer not null
);
create trigger tell_replicas after insert or update or delete on models.traffic
  for each statement execute function models.tell_replicas();
`,
};
