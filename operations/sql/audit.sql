-- name: log_rows
-- The whole log, stream by stream, oldest first; read through a cursor. Of what was forgotten: by which rule, and what was left then.
select e.stream_id, e.version, e.event_id, e.type, e.data, e.cause, e.reason, e.decided_at, e.chain, e.position, f.rule, f.rest
from event e left join forgotten f using (position) order by e.stream_id, e.version;

-- name: forgotten
-- Every event of which something was taken out, by request and position, beside what is left of it.
select f.request_id, f.position, f.rule, f.rest, e.stream_id, e.version
from forgotten f left join event e using (position) order by f.request_id, f.position;

-- name: forgettings
-- Steps of forgetting as the log has them.
select substr(stream_id, 10) as request_id, data::text as data from event
where starts_with(stream_id, 'operator/') and type = 'operator.done.v1' and reason = 'forgotten' and data ->> 'action' = 'forget';

-- name: heads
-- Heads and live views of some streams, each beside what a replay gave.
select w.stream_id, s.version, s.chain, s.partition, l.version as live_version, l.view::text as live_view,
  l.view is not distinct from w.view::jsonb as same, l.written_by
from unnest($1::text[], $2::text[]) as w(stream_id, view)
left join stream s using (stream_id) left join live l using (stream_id);

-- name: timers_of
-- Timers as armed, of some streams.
select stream_id, timer_id, name, due_at, partition from timer where stream_id = any($1::text[]);

-- name: without_events
-- Heads, live views and timers that stand on no event at all.
select stream_id, 'a head at version ' || version as what from stream s
  where (version > 0 or chain <> '\x') and not exists (select from event e where e.stream_id = s.stream_id)
union all
select stream_id, 'a live view' from live l where not exists (select from event e where e.stream_id = l.stream_id)
union all
select stream_id, 'a timer ' || name from timer t where not exists (select from event e where e.stream_id = t.stream_id)
order by 1, 2;

-- name: fences
-- How far each partition was read.
select topic, partition, first_offset, next_offset from consumer_offset order by topic, partition;

-- name: spans
-- Offsets that are accounted for, run by run: inbox rows (neighbours joined) and skipped ranges. A record that was set
-- aside and judged later has both; its inbox row is the later word and is left out here.
select topic, partition, min(record_offset) as begins, max(record_offset) + 1 as ends, 'inbox' as what
from (
  select i.topic, i.partition, i.record_offset,
    i.record_offset - row_number() over (partition by i.topic, i.partition order by i.record_offset) as run
  from inbox i
  where i.record_offset is not null and not exists (
    select from skipped s join quarantine q
      on q.topic = s.topic and q.partition = s.partition and q.record_offset = s.from_offset and q.state = 'retried'
    where s.topic = i.topic and s.partition = i.partition and s.from_offset = i.record_offset and s.reason = 'quarantined')
) as numbered
group by topic, partition, run
union all
select topic, partition, from_offset, to_offset, reason from skipped
order by topic, partition, begins, ends;

-- name: outcomes
-- Every message taken, with what is there to show for it.
with made as materialized (select cause, paired, count(*) as rows from event group by cause, paired)
select i.source, i.id, i.outcome, i.reason, i.events, coalesce(n.rows, 0) + coalesce(o.rows, 0) as rows,
  exists (select from quarantine q where q.source = i.source and q.id = i.id) as set_aside
from inbox i
left join made n on n.paired and n.cause = citation(i.source, i.id)
left join made o on not o.paired and o.cause = i.source || '/' || i.id;

-- name: not_kept
-- Records set aside unread that are not kept. A topic that was made anew may hold the same one at the same offset: it is kept once.
select distinct split_part(s.topic, '@', 1) as topic, s.partition, s.from_offset
from skipped s
where s.reason = 'quarantined' and not exists (
  select from quarantine q
  where q.topic = split_part(s.topic, '@', 1) and q.partition = s.partition and q.record_offset = s.from_offset
) order by 1, 2, 3;

-- name: causes_unknown
-- Causes in the log that no inbox row explains, but timers ($1: their source) and pruned messages.
select e.cause, count(*) as rows, min(e.decided_at) as first
from event e
where not starts_with(e.cause, $1 || '/') and not starts_with(e.cause, $1 || ' ') and not exists (
  select from (
    select citation(source, id) as cause, true as paired from inbox
    union all select source || '/' || id, false from inbox
  ) i where i.cause = e.cause and i.paired = e.paired
)
group by e.cause order by min(e.position);

-- name: horizons
-- How far the inbox was pruned, by partition: offsets under `below` are no longer accounted for.
select topic, partition, below, cutoff from pruned;

-- name: parked
-- Parked streams and what they wait behind.
select s.stream_id, s.parked_by, q.state from stream s left join quarantine q on q.quarantine_id = s.parked_by
where s.parked_by is not null order by s.stream_id;

-- name: unparked
-- Open failures whose stream is not parked, so that later messages overtook them.
select q.quarantine_id, q.stream_id from quarantine q
where q.state = 'open' and q.reason in ('decide-failed', 'written-by-newer') and q.stream_id is not null
  and not exists (select from stream s where s.stream_id = q.stream_id and s.parked_by is not null)
order by q.at, q.quarantine_id;

-- name: quarantined_open
-- How many messages wait for a person, and how many of them are valid: judging them failed, or they stand behind such a one.
select count(*) as waiting, count(*) filter (where reason in ('decide-failed', 'stream-parked', 'written-by-newer')) as valid
from quarantine where state = 'open';

-- name: outbox_rows
-- What waits for the relay, with the log's word on it.
select o.event_id, o.topic, o.type, e.type as logged, q.quarantine_id is not null as told
from outbox o left join event e using (event_id) left join quarantine q on q.quarantine_id = o.event_id
order by o.id;

-- name: published
-- Events that must have been published, of one category and some types, with whether they still wait. A warning that came too
-- late stands in the log alone (services/promises/verdicts.py: is_published).
select e.position, e.event_id, e.stream_id, e.version, e.type,
  exists (select from outbox o where o.event_id = e.event_id) as waiting
from event e where starts_with(e.stream_id, $1 || '/') and e.type = any($2::text[])
  and not (e.type = 'promise.at-risk.v1' and e.data ->> 'reason' = 'too-late-to-warn')
order by e.position;

-- name: reached
-- Where in the log the latest of these events ($1) stands, whatever stream they are of; 0: none is there.
select coalesce(max(position), 0) from event where event_id = any($1::uuid[]);

-- name: known_ids
-- Which of these ids the service made: events, or words about quarantined messages.
select event_id from event where event_id = any($1::uuid[])
union select quarantine_id from quarantine where quarantine_id = any($1::uuid[]);
