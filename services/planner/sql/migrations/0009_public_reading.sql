-- Of notices in force: that nobody has shown one to the public, that other words were shown, or that it could not be read for too long.
-- depends: 0008_board

-- migrate: apply

create table public_cause (
  notice_id text not null,
  kind text not null check (kind in ('notice-not-shown', 'notice-shown-otherwise', 'notice-not-readable')),
  mrid text not null,
  reason text not null,
  since timestamptz not null,
  useful_until timestamptz not null,
  primary key (notice_id, kind)
);
create index public_cause_mrid on public_cause (mrid);
comment on table public_cause is
  'What of a notice in force people must look at, from an instant on that may lie ahead: unless it is shown before, it will be so then';

create table public_counting (
  one boolean primary key default true check (one),
  counted_by text[] not null
);
comment on table public_counting is
  'By which channels the public counts as told, as the planner that runs has it from its policy; {published}: that a notice is published is enough';

create view public_reading_cause as
select
  md5(concat_ws('|', c.kind, c.notice_id, extract(epoch from c.since)::text)) as cause_id,
  c.kind,
  c.reason,
  left(c.mrid, 100) as about,
  left(c.mrid, 100) as mrid,
  null::text as customer_id,
  c.notice_id as ref,
  4::bigint as urgency,
  c.since,
  c.useful_until
from public_cause c;
comment on view public_reading_cause is 'Notices that the public cannot read, or reads in other words, as causes of tasks';

do $$
begin
  execute 'create or replace view standing_cause as '
    || rtrim(pg_get_viewdef('standing_cause'::regclass), '; ')
    || ' union all select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from public_reading_cause';
end
$$;

insert into operator_sees (table_name) values ('public_cause'), ('public_counting'), ('public_reading_cause');

-- migrate: rollback

delete from operator_sees where table_name in ('public_cause', 'public_counting', 'public_reading_cause');
do $$
begin
  execute 'create or replace view standing_cause as '
    || regexp_replace(rtrim(pg_get_viewdef('standing_cause'::regclass), '; '), '\s+UNION ALL\s+SELECT (?:(?!UNION ALL).)*FROM public_reading_cause\s*$', '');
end
$$;
drop view public_reading_cause;
drop table public_cause, public_counting;
