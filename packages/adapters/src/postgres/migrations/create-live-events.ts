import type { Migration } from "./migration.ts";

/**
 * The stream of changes that all replicas share.
 *
 * An id is taken by moving the one row of `event_head`, whose lock is held until the transaction
 * ends. So ids have no gaps, and they become visible in their order: a reader that resumes after
 * an id can never miss one that committed late.
 */
export const createLiveEvents: Migration = {
  name: "create-live-events",
  sql: `
create table muster.event (
  id bigint primary key,
  at timestamptz not null default clock_timestamp(),
  body text not null
);

create table muster.event_head (
  only_row boolean primary key default true check (only_row),
  last bigint not null
);
insert into muster.event_head (last) values (0);

create function muster.publish_event(change text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  given bigint;
begin
  update muster.event_head set last = last + 1 returning last into given;
  insert into muster.event (id, body) values (given, change);
  -- Now and then, what is old goes: more than a day, or more than 200,000 changes ago.
  if given % 1024 = 0 then
    delete from muster.event where id <= given - 200000 or at < clock_timestamp() - interval '24 hours';
  end if;
  perform pg_notify('muster_live', given::text);
  return given;
end
$$;
revoke execute on function muster.publish_event(text) from public;
`,
};
