-- name: wanted
-- What would be published again: by topic, how many events, from when to when. Arguments as in query `again`. A warning that came
-- too late never was published (services/promises/verdicts.py: is_published).
select w.topic, count(*) as events, min(e.decided_at) as first, max(e.decided_at) as last
from event e join unnest($1::text[], $2::text[], $3::text[]) as w(category, topic, type)
  on w.type = e.type and starts_with(e.stream_id, w.category || '/')
where e.position >= $4 and e.decided_at >= $5
  and not (e.type = 'promise.at-risk.v1' and e.data ->> 'reason' = 'too-late-to-warn')
group by 1 order by 1;

-- name: hold_outbox
-- Wait until no decision is under way and hold the next ones: what is put in now comes before what they publish.
lock table outbox in exclusive mode;

-- name: again
-- Put events of the log (from position $4 and instant $5 on) into the outbox in log order, as they were published: $1 to
-- $3 are category, topic and type of what a service publishes. What waits there already is put in its place.
with wanted as (
  select e.position, e.event_id, e.type, e.data, e.decided_at, w.topic,
    case when w.topic = 'outage.audience' then e.data->>'customerId' else substr(e.stream_id, length(w.category) + 2) end as key
  from event e join unnest($1::text[], $2::text[], $3::text[]) as w(category, topic, type)
    on w.type = e.type and starts_with(e.stream_id, w.category || '/')
  where e.position >= $4 and e.decided_at >= $5
    and not (e.type = 'promise.at-risk.v1' and e.data ->> 'reason' = 'too-late-to-warn')
), waiting as (
  delete from outbox o using wanted w where o.event_id = w.event_id and o.topic = w.topic
  returning o.event_id, o.topic, o.traceparent
)
insert into outbox (aggregateid, topic, event_id, type, payload, recorded_at, traceparent)
select w.key, w.topic, w.event_id, w.type, convert_to(w.data::text, 'UTF8'), w.decided_at, p.traceparent
from wanted w left join waiting p using (event_id, topic)
order by w.position;

-- name: taken
-- What the gateway took since an instant: a sender that sends it again is told so, and nothing is put on the topic.
select count(*) as events, min(at) as first, max(at) as last from gateway.taken where at >= $1;

-- name: forget_taken
-- From now on it is taken again, under the same ids.
delete from gateway.taken where at >= $1;
