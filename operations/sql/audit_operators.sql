-- name: requests
-- Every request beside its stream: a reason may have lost a phone number on its way into the log, so it is not compared.
select coalesce(e.stream_id, 'operator/' || r.id::text) as stream_id, r.seq, coalesce(e.events, 0) as events,
  coalesce(e.answers, 0) as answers, e.asked ->> 'action' is not distinct from r.action as same_action,
  e.asked ->> 'who' is not distinct from r.who or e.refused as same_who,
  e.asked ->> 'login' is not distinct from r.login as same_login,
  (e.asked ->> 'askedAt')::timestamptz is not distinct from r.at as same_at
from operator_request r
full join (
  select stream_id, count(*) as events, count(*) filter (where type <> 'operator.requested.v1') as answers,
    bool_or(type = 'operator.refused.v1') as refused,
    (array_agg(data) filter (where type = 'operator.requested.v1'))[1] as asked
  from event where starts_with(stream_id, 'operator/') group by stream_id
) e on e.stream_id = 'operator/' || r.id::text
order by r.seq nulls first;

-- name: brakes_unasked
-- Lanes that stand otherwise than the newest request about them says. A stop of before there were requests has none.
with said as (
  select distinct on (l.lane) l.lane, d.reason, l.stopped, d.decided_at
  from (
    select e.position, e.reason, e.decided_at, e.data -> 'result' as result from event e
    where e.type = 'operator.done.v1' and e.reason in ('sending-stopped', 'sending-resumed')
  ) d cross join lateral (
    select json_array_elements_text(d.result -> 'stopped') as lane, true as stopped where d.reason = 'sending-stopped'
    union all
    select json_array_elements(d.result -> 'resumed') ->> 'lane', false where d.reason = 'sending-resumed'
  ) l
  order by l.lane, d.position desc
)
select coalesce(s.lane, b.lane) as lane, case when b.lane is null then 'running' else 'stopped' end as state
from said s full join brake b using (lane)
where (s.lane is null and exists (select from operator_request where at <= b.stopped_at)) or s.stopped <> (b.lane is not null)
order by 1;
