-- Promises that a person is needed for: near their deadline, or broken and nobody has said why.
-- depends: 0002_notes_forgotten

-- migrate: apply

create table promise_alarm (
  promise_id text primary key,
  stream_id text not null,
  mrid text,
  rule_id text not null,
  kind text not null check (kind in ('promise-at-risk', 'promise-unexplained')),
  reason text not null,
  number bigint,
  warnings bigint,
  due_at timestamptz not null,
  since timestamptz not null,
  warned_at timestamptz,
  had_by text,
  useful_until timestamptz
);
create index promise_alarm_mrid on promise_alarm (mrid);
create index promise_alarm_over on promise_alarm (useful_until) where useful_until is not null;
comment on table promise_alarm is
  'Promises near their deadline (which warning of how many), and those broken of which nobody has said why; when somebody was warned last, and who had the task then';

create view promise_cause as
select
  case p.kind
    when 'promise-at-risk' then md5(concat_ws('|', p.kind, p.promise_id, p.number))
    else md5(concat_ws('|', p.kind, p.promise_id, extract(epoch from p.since)::text))
  end as cause_id,
  p.kind,
  p.reason,
  left(coalesce(p.mrid, p.promise_id), 100) as about,
  left(p.mrid, 100) as mrid,
  null::text as customer_id,
  p.promise_id as ref,
  -- The last of several warnings is urgent; why it was broken can be said when there is time.
  case when p.kind = 'promise-unexplained' then 5 when p.warnings > 1 and p.number >= p.warnings then 3 else 4 end::bigint as urgency,
  p.since,
  p.useful_until
from promise_alarm p;
comment on view promise_cause is 'Promises that a person is needed for, as causes of tasks';

insert into operator_sees (table_name) values ('promise_alarm'), ('promise_cause');

-- migrate: rollback

delete from operator_sees where table_name in ('promise_alarm', 'promise_cause');
drop view promise_cause;
drop table promise_alarm;
