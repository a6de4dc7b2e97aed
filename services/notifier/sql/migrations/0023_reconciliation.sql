-- The provider's list against our books, and a database that went back to an earlier state: sending is off until both are in line.
-- depends: 0022_pace

-- migrate: apply

create table reconciliation (
  run_id uuid primary key,
  provider text not null,
  asked_at timestamptz not null,
  asked_by text,
  since timestamptz not null,
  until timestamptz,
  state text not null check (state in ('waiting', 'walking', 'done', 'failed')),
  note text not null default '',
  began_at timestamptz,
  ended_at timestamptz,
  listed bigint not null default 0,
  of_others bigint not null default 0,
  settled bigint not null default 0,
  differences bigint not null default 0
);
create index reconciliation_open on reconciliation (provider, asked_at) where state in ('waiting', 'walking');
create index reconciliation_ended on reconciliation (provider, ended_at);
comment on table reconciliation is
  'Walks over a provider''s list between two real instants; asked_by: the person who asked, null where it was the day''s';

create table provider_difference (
  provider text not null,
  sid text not null,
  kind text not null,
  message_id text,
  customer_id text,
  status text not null,
  at timestamptz not null,
  found_at timestamptz not null,
  run_id uuid not null,
  primary key (provider, sid, kind)
);
create index provider_difference_at on provider_difference (provider, at);
comment on table provider_difference is
  'Where a provider''s list and our books differ, as the last walk over that time found; neither numbers nor words of theirs';

create table database_restore (
  noticed_at timestamptz primary key,
  since timestamptz not null,
  found_by text not null check (found_by in ('kafka', 'provider-list')),
  evidence text[] not null,
  listed_at timestamptz,
  erased_at timestamptz,
  over_at timestamptz
);
create unique index database_restore_open on database_restore ((true)) where over_at is null;
comment on table database_restore is
  'That the log ended earlier (since) than what others have of us: words on our topics (evidence: their ids), texts with the provider';
comment on column database_restore.over_at is
  'Until then sending is off; at once where OUTAGE_RESTORED_TO has each text looked up before its first post';

alter table attempt add column listed_at timestamptz;
comment on column attempt.listed_at is 'When a walk last saw its message on the provider''s list, or asked for it by its id';
create index attempt_of_provider on attempt (provider, started_at) where provider_sid is not null;
create index attempt_of_number on attempt (number_ref) where number_ref is not null;

create view standing_difference as
select
  md5(concat_ws('|', 'reconciliation-difference', d.provider, d.kind, d.sid)) as cause_id,
  'reconciliation-difference' as kind,
  d.kind as reason,
  left(d.provider, 100) as about,
  null::text as mrid,
  d.customer_id,
  d.sid as ref,
  5::bigint as urgency,
  d.found_at as since,
  d.found_at + interval '7 days' as useful_until
from provider_difference d
union all
select
  md5(concat_ws('|', 'database-restored', extract(epoch from r.noticed_at)::text)),
  'database-restored',
  'log-ends-before-' || r.found_by,
  'database',
  null,
  null,
  null,
  1,
  r.noticed_at,
  null
from database_restore r
where r.over_at is null;
comment on view standing_difference is 'The part of standing_cause that a reconciliation with the provider gives';

-- Beside whatever else this version's view has by now.
do $$
begin
  execute 'create or replace view standing_cause as ' || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ')
    || ' union all select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from standing_difference';
end
$$;

insert into operator_sees (table_name)
select unnest(array['reconciliation', 'provider_difference', 'database_restore', 'standing_difference'])
on conflict do nothing;

-- migrate: rollback

delete from operator_sees
where table_name in ('reconciliation', 'provider_difference', 'database_restore', 'standing_difference');
do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(pg_get_viewdef('standing_cause'::regclass), '(.*)UNION ALL.*$', '\1');
end
$$;
drop view standing_difference;
drop index attempt_of_provider, attempt_of_number;
alter table attempt drop column listed_at;
drop table database_restore;
drop table provider_difference;
drop table reconciliation;
