import type { Migration } from "./migration.ts";

/**
 * The stream of changes that people and consoles are told.
 *
 * An id is taken by moving the one row of `event_head`, whose lock is held until the transaction ends, so ids have no
 * gaps and become visible in their order: who resumes after an id cannot miss one that committed late. The trigger is
 * deferred, so that the lock is taken last and held for a moment only, and no transaction can wait for another through
 * it. What is written to the audit log tells itself, together with the change or not at all.
 */
export const createEvents: Migration = {
  name: "create-events",
  sql: `
create table models.event (
  id bigint primary key,
  at timestamptz not null default clock_timestamp(),
  body jsonb not null
);
create index event_at on models.event (at);

create table models.event_head (
  only_row boolean primary key default true check (only_row),
  last bigint not null
);
insert into models.event_head (last) values (0);

create function models.publish_event(change jsonb) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  given bigint;
begin
  update models.event_head set last = last + 1 returning last into given;
  insert into models.event (id, body) values (given, change);
  -- Now and then, what is old goes: more than a day, or more than 50,000 events ago.
  if given % 256 = 0 then
    delete from models.event where id <= given - 50000 or at < clock_timestamp() - interval '24 hours';
  end if;
  perform pg_notify('muster_models_event', given::text);
  return given;
end
$$;

create function models.tell_of_audited() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform models.publish_event(
    case new.action
      when 'version.added' then jsonb_build_object('type', 'model.version-added')
      when 'version.deleted' then jsonb_build_object('type', 'model.version-deleted')
      when 'alias.set' then jsonb_build_object('type', 'model.alias-changed')
      when 'traffic.set' then jsonb_build_object('type', 'traffic.changed')
      else jsonb_build_object('type', new.action)
    end || (new.detail - 'digest')
  );
  return null;
end
$$;
create constraint trigger tell_of_audited after insert on models.audit_log deferrable initially deferred
  for each row
  when (new.action in ('version.added', 'version.deleted', 'alias.set', 'traffic.set', 'dataset.version-added',
    'dataset.version-deleted', 'cache.removed'))
  execute function models.tell_of_audited();
`,
};
