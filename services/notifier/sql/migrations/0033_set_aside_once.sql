-- A record that nobody can read is set aside by every service that reads its topic: it is one task, of the restorer's.
-- depends: 0032_provider_gone

-- migrate: apply

create or replace view set_aside_cause as
select
  md5('set-aside|' || q.quarantine_id::text) as cause_id,
  'set-aside' as kind,
  q.reason as reason,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100)
    else left(coalesce(q.stream_id, q.reason), 120) end as about,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100) end as mrid,
  case when q.stream_id ~ '^customer/[A-Za-z0-9][A-Za-z0-9._:-]*$' then substr(q.stream_id, 10) end as customer_id,
  q.quarantine_id::text as ref,
  case when q.stream_id is null then 5 else 3 end::bigint as urgency,
  -- What could not be read at all cannot be read there either. Should it lie here a day later, somebody must know of it all the same:
  -- it was dealt with there alone, or could be read there. What only happened here is a task here, and at once.
  case
    when q.stream_id is null and q.topic in ('outage.dispatch', 'outage.network')
      and q.reason not in ('unreadable', 'operator-skipped', 'decide-failed', 'stream-parked')
    then q.at + interval '24 hours' else q.at
  end as since,
  null::timestamptz as useful_until
from quarantine q
where q.state = 'open' and (q.stream_id is null or not starts_with(q.stream_id, 'task/'))
union all
select
  md5(concat_ws('|', 'number-old', o.customer_id, o.contact_id, extract(epoch from o.since)::text)),
  'number-old',
  'number-not-confirmed-for-long',
  'numbers',
  null,
  o.customer_id,
  o.contact_id,
  6::bigint,
  o.since,
  null
from old_number o;
comment on view set_aside_cause is
  'Open rows of the quarantine as causes of tasks; one about a task is none, or it would go on for ever; what the restorer has a task for is one a day later';

-- migrate: rollback

create or replace view set_aside_cause as
select
  md5('set-aside|' || q.quarantine_id::text) as cause_id,
  'set-aside' as kind,
  q.reason as reason,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100)
    else left(coalesce(q.stream_id, q.reason), 120) end as about,
  case when starts_with(q.stream_id, 'outage/') then left(substr(q.stream_id, 8), 100) end as mrid,
  case when q.stream_id ~ '^customer/[A-Za-z0-9][A-Za-z0-9._:-]*$' then substr(q.stream_id, 10) end as customer_id,
  q.quarantine_id::text as ref,
  case when q.stream_id is null then 5 else 3 end::bigint as urgency,
  q.at as since,
  null::timestamptz as useful_until
from quarantine q
where q.state = 'open' and (q.stream_id is null or not starts_with(q.stream_id, 'task/'))
union all
select
  md5(concat_ws('|', 'number-old', o.customer_id, o.contact_id, extract(epoch from o.since)::text)),
  'number-old',
  'number-not-confirmed-for-long',
  'numbers',
  null,
  o.customer_id,
  o.contact_id,
  6::bigint,
  o.since,
  null
from old_number o;
