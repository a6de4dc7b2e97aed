-- name: timers
-- Timers due by $1 (null: any), earliest first, at most $3; $2: of one outage only.
select t.stream_id, t.name, t.due_at, t.partition, s.parked_by, null::text as trigger, null::text as template_id, null::text[] as mrids,
  count(*) over () as in_all
from timer t join stream s using (stream_id)
where ($1::timestamptz is null or t.due_at <= $1) and ($2::text is null or t.stream_id = 'outage/' || $2)
order by t.due_at, t.timer_id limit $3;

-- name: timers_of_notifier
-- The same where streams are conversations: what waits there for an outage stands in the timer's name, or in its text.
select t.stream_id, t.name, t.due_at, t.partition, s.parked_by, n.trigger, (
    select e.data ->> 'templateId' from event e
    where e.stream_id = 'customer/' || n.customer_id and e.version = n.stream_version
  ) as template_id, n.mrids, count(*) over () as in_all
from timer t join stream s using (stream_id)
left join notification n on starts_with(t.name, 'expire/') and n.message_id = substr(t.name, 8)
where ($1::timestamptz is null or t.due_at <= $1)
  and ($2::text is null or t.stream_id = 'outage/' || $2 or t.name = 'say/' || $2 or $2 = any(n.mrids))
order by t.due_at, t.timer_id limit $3;

-- name: promises
-- What was promised, in the streams that have timers on promises.
select data from event where stream_id = any($1::text[]) and type = 'promise.made.v1' order by position;

-- name: marks
-- Up to which instant all facts are known, by topic and partition.
select topic, partition, watermark from consumer_offset where topic = any($1::text[]) order by watermark;
