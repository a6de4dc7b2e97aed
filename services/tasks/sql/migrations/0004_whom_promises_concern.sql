-- A promise near its deadline comes first where customers on life support wait for it; why one was broken need only be looked at.
-- depends: 0003_promise_alarm

-- migrate: apply

alter table promise_alarm add column rank text;
comment on column promise_alarm.rank is
  'Who is off under its outage when it was warned of: life-support, special; null: neither, or nobody knows';

create or replace view promise_cause as
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
  -- Nobody waits in the dark for the reason. Else life support and hospitals come first, and the last of several warnings is urgent.
  case
    when p.kind = 'promise-unexplained' then 6
    when p.rank = 'life-support' then 1
    when p.rank = 'special' then 2
    when p.warnings > 1 and p.number >= p.warnings then 3
    else 4
  end::bigint as urgency,
  p.since,
  p.useful_until
from promise_alarm p;

-- migrate: rollback

create or replace view promise_cause as
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
alter table promise_alarm drop column rank;
