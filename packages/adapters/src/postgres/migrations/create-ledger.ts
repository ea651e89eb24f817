import type { Migration } from "./migration.ts";

/**
 * The text as JSON, for the columns that queries use. PostgreSQL's text cannot hold U+0000, which a
 * record may quote from a binary answer; only these columns see the replacement, the record keeps it.
 * json and not jsonb: to take one member out of a text it needs half the time.
 */
const BODY = `replace(body, '\\u0000', '\\ufffd')::json`;

/**
 * The ledger: evidence as a chain, the facts it rests on, and the head.
 *
 * The text of a body is the record; everything that queries use is generated from it, so that it
 * cannot be changed apart from what was hashed. Nobody writes the tables directly: the
 * application's role may only call `append_evidence`, which lets one writer at a time continue the
 * chain. Triggers refuse changes even to the owner of the tables, because with DATABASE_URL owner
 * and application may be the same role.
 */
export const createLedger: Migration = {
  name: "create-ledger",
  sql: `
-- What a search looks through. A function, so that the text is parsed once for all of it.
create function muster.words_of(body jsonb) returns text
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
begin
  return lower((body ->> 'id') || ' ' || coalesce(body ->> 'check', body ->> 'control', '') || ' ' ||
    coalesce(body ->> 'summary', body ->> 'reason', ''));
end
$$;

create table muster.evidence (
  seq bigint primary key,
  prev text not null,
  hash text not null,
  body text not null,
  id text not null generated always as (${BODY} ->> 'id') stored unique,
  kind text not null generated always as (${BODY} ->> 'kind') stored,
  "check" text generated always as (${BODY} ->> 'check') stored,
  outcome text generated always as (${BODY} ->> 'outcome') stored,
  service text not null generated always as (${BODY} -> 'subject' ->> 'service') stored,
  environment text not null generated always as (${BODY} -> 'subject' ->> 'environment') stored,
  run text generated always as (${BODY} ->> 'run') stored,
  words text not null generated always as (muster.words_of(replace(body, '\\u0000', '\\ufffd')::jsonb)) stored
);
create index evidence_newest on muster.evidence (service, environment, "check", seq) where kind = 'judgement';
create index evidence_waivers on muster.evidence (service, environment, seq) where kind = 'waiver';
create index evidence_of_run on muster.evidence (run, seq);
-- Narrow, so that counting what a filter finds reads this instead of the records.
create index evidence_filters on muster.evidence (environment, kind, "check", outcome);

create table muster.facts (
  digest text primary key,
  body text not null,
  constraint facts_match_digest check (digest = encode(sha256(convert_to(body, 'UTF8')), 'hex'))
);

create table muster.ledger_head (
  only_row boolean primary key default true check (only_row),
  seq bigint not null,
  hash text not null
);
insert into muster.ledger_head (seq, hash) values (0, repeat('0', 64));

create function muster.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end
$$;

create function muster.only_forward() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.seq <= old.seq then
    raise exception 'the head of the ledger only moves forward' using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;

create trigger append_only before update or delete or truncate on muster.evidence
  for each statement execute function muster.refuse_change();
create trigger append_only before update or delete or truncate on muster.facts
  for each statement execute function muster.refuse_change();
create trigger one_row before insert or delete or truncate on muster.ledger_head
  for each statement execute function muster.refuse_change();
create trigger only_forward before update on muster.ledger_head
  for each row execute function muster.only_forward();

-- One answer per body, in order. "stored" is the text of a record that was there already, and null for a new one.
create function muster.append_evidence(bodies text[], fact_digests text[], fact_bodies text[])
returns table (at_seq bigint, at_prev text, at_hash text, stored text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  head_seq bigint;
  head_hash text;
  begun_at bigint;
  given text;
  document jsonb;
begin
  select h.seq, h.hash into head_seq, head_hash from muster.ledger_head h for update;
  if not found then
    raise exception 'the head of the ledger is missing' using errcode = 'data_corrupted';
  end if;
  begun_at := head_seq;
  insert into muster.facts (digest, body)
    select f.digest, f.body from unnest(fact_digests, fact_bodies) as f (digest, body)
    on conflict (digest) do nothing;
  foreach given in array bodies loop
    document := replace(given, '\\u0000', '\\ufffd')::jsonb;
    if jsonb_typeof(document) is distinct from 'object' or jsonb_typeof(document -> 'id') is distinct from 'string' then
      raise exception 'evidence must be a JSON object with an id' using errcode = 'invalid_parameter_value';
    end if;
    select e.seq, e.prev, e.hash, e.body into at_seq, at_prev, at_hash, stored
      from muster.evidence e where e.id = document ->> 'id';
    if not found then
      at_prev := head_hash;
      at_seq := head_seq + 1;
      -- The same text as linkText in the kernel's evidence/chain.ts.
      at_hash := encode(sha256(convert_to(
        '{"body":' || given || ',"prev":"' || at_prev || '","seq":' || at_seq || '}', 'UTF8')), 'hex');
      stored := null;
      insert into muster.evidence (seq, prev, hash, body) values (at_seq, at_prev, at_hash, given);
      head_seq := at_seq;
      head_hash := at_hash;
    end if;
    return next;
  end loop;
  if head_seq > begun_at then
    update muster.ledger_head set seq = head_seq, hash = head_hash;
    perform muster.publish_event(
      '{"from":' || begun_at + 1 || ',"to":' || head_seq || ',"type":"evidence.appended"}');
  end if;
end
$$;
revoke execute on function muster.append_evidence(text[], text[], text[]) from public;
`,
};
