-- Who is to be called back after a repair, and what came of it, report by report; a task for each outage while somebody is.
-- depends: 0011_figures

-- migrate: apply

create table followup (
  mrid text not null,
  report_id text not null,
  version bigint not null,
  due_from timestamptz not null,
  outcome text,
  reason text,
  tries bigint not null default 0,
  last_at timestamptz,
  next_at timestamptz,
  primary key (mrid, report_id)
);
create index followup_open on followup (next_at) where outcome is null;
create index followup_due on followup (due_from);
create index followup_report on followup (report_id);
comment on table followup is
  'Calls back by report: since when due (power was back), outcome (satisfied, neutral, dissatisfied, unreached; void: nobody is to call; '
  'null: somebody is, not before next_at), calls in vain, the last call; as of which version of its outage';

create table followup_mark (
  one boolean primary key default true check (one),
  position bigint not null
);
comment on table followup_mark is 'Up to which event of the log calls back that a version without their table wrote are in it';

-- What was written before this table: by the log alone. Whatever happens to such an outage from now on brings its rows in line.
insert into followup (mrid, report_id, version, due_from, outcome, reason, tries, last_at, next_at)
select d.mrid, d.report_id, d.version, d.due_from,
  case when done.outcome is not null then done.outcome when l.view ->> 'status' in ('restored', 'closed') then null else 'void' end,
  case when done.outcome is null and l.view ->> 'status' not in ('restored', 'closed') then 'not-over' end,
  coalesce(vain.tries, 0), coalesce(done.at, vain.at),
  case when done.outcome is null and l.view ->> 'status' in ('restored', 'closed') then coalesce(vain.at, d.due_from) end
from (
  select distinct on (e.stream_id, e.data ->> 'reportId') e.stream_id, e.version, substr(e.stream_id, 8) as mrid,
    e.data ->> 'reportId' as report_id, (e.data ->> 'dueFrom')::timestamptz as due_from
  from event e where e.type = 'followup.due.v1' order by e.stream_id, e.data ->> 'reportId', e.version desc
) d
join live l on l.stream_id = d.stream_id
left join (
  select distinct on (e.stream_id, e.data ->> 'reportId') e.stream_id, e.data ->> 'reportId' as report_id,
    e.data ->> 'outcome' as outcome, (e.data ->> 'doneAt')::timestamptz as at
  from event e where e.type = 'followup.done.v1'
  order by e.stream_id, e.data ->> 'reportId', (e.data ->> 'doneAt')::timestamptz desc
) done on done.stream_id = d.stream_id and done.report_id = d.report_id and done.at >= d.due_from
left join (
  select e.stream_id, e.data ->> 'reportId' as report_id, count(*) as tries, max((e.data ->> 'triedAt')::timestamptz) as at
  from event e where e.type = 'followup.unreached.v1' group by 1, 2
) vain on vain.stream_id = d.stream_id and vain.report_id = d.report_id;

insert into followup_mark (position) select coalesce(max(position), 0) from event;

create or replace view standing_cause as
select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from set_aside_cause
union all
select
  md5(concat_ws('|', 'fact-questioned', l.stream_id, one ->> 'questionId', one ->> 'askedAt')),
  'fact-questioned',
  one ->> 'reason',
  left(substr(l.stream_id, 8), 100),
  left(substr(l.stream_id, 8), 100),
  null,
  one ->> 'questionId',
  4::bigint,
  (one ->> 'askedAt')::timestamptz,
  null
from live l cross join lateral jsonb_array_elements(l.view -> 'questions') as one
where l.view -> 'questions' <> '[]'::jsonb and starts_with(l.stream_id, 'outage/')
union all
-- One for each outage and round: who was called in vain is the next round's, hours later.
select
  md5(concat_ws('|', 'reporters-to-call', f.mrid, extract(epoch from min(f.due_from)), min(f.tries))),
  'reporters-to-call',
  case when min(f.tries) = 0 then 'power-is-back' else 'not-reached-yet' end,
  f.mrid,
  f.mrid,
  null,
  null,
  5::bigint,
  min(f.next_at),
  null
from followup f where f.outcome is null group by f.mrid;

insert into operator_sees (table_name) values ('followup'), ('followup_mark');

-- What a reporter thinks of a repair is forgotten in the request by which it was put on record, too.
insert into forgettable (rule, type, field, instead, path, only_of) values
  ('words', 'operator.requested.v1', 'detail.opinion of followup record', '"[forgotten]"', '{detail,opinion}',
    '{"action": "followup record"}');

-- migrate: rollback

delete from forgettable where field = 'detail.opinion of followup record';
delete from operator_sees where table_name in ('followup', 'followup_mark');
create or replace view standing_cause as
select cause_id, kind, reason, about, mrid, customer_id, ref, urgency, since, useful_until from set_aside_cause
union all
select
  md5(concat_ws('|', 'fact-questioned', l.stream_id, one ->> 'questionId', one ->> 'askedAt')),
  'fact-questioned',
  one ->> 'reason',
  left(substr(l.stream_id, 8), 100),
  left(substr(l.stream_id, 8), 100),
  null,
  one ->> 'questionId',
  4::bigint,
  (one ->> 'askedAt')::timestamptz,
  null
from live l cross join lateral jsonb_array_elements(l.view -> 'questions') as one
where l.view -> 'questions' <> '[]'::jsonb and starts_with(l.stream_id, 'outage/');
drop table followup_mark;
drop table followup;
