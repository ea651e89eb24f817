import type { Migration } from "./migration.ts";

/** What was to be forgotten, numbered, so that a replica that was away or is new learns of it, and answers that are shared can be judged. */
export const createCacheRemovals: Migration = {
  name: "create-cache-removals",
  sql: `
create table models.cache_generation (
  only_row boolean primary key default true check (only_row),
  platform uuid not null default gen_random_uuid(),
  generation bigint not null default 0
);
insert into models.cache_generation default values;

create table models.cache_removal (
  generation bigint primary key,
  selection jsonb not null,
  removed_at timestamptz not null default clock_timestamp()
);
`,
};
