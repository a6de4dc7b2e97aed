-- name: open_fences
-- Make fence rows that do not exist yet, at the first offset the topic still has.
insert into consumer_offset (topic, partition, first_offset, next_offset, watermark)
select * from unnest($1::text[], $2::int[], $3::bigint[], $3::bigint[], $4::timestamptz[])
on conflict do nothing;

-- name: lock_fences
-- Lock fence rows in one order everywhere; the lock also keeps a worker that lost its partition from writing.
select o.topic, o.partition, o.next_offset
from consumer_offset o join unnest($1::text[], $2::int[]) as w(topic, partition) using (topic, partition)
order by o.topic, o.partition
for update of o;

-- name: advance_fences
-- Move fences past what this transaction has handled.
update consumer_offset o
set next_offset = w.next_offset, last_digest = w.digest, watermark = greatest(o.watermark, w.watermark),
  last_stamp = w.stamp, stamped_next = w.next_offset
from unnest($1::text[], $2::int[], $3::bigint[], $4::bytea[], $5::timestamptz[], $6::timestamptz[])
  as w(topic, partition, next_offset, digest, watermark, stamp)
where o.topic = w.topic and o.partition = w.partition;

-- name: move_fence
-- Move a fence past offsets that hold no record; there is none below it to compare with then.
update consumer_offset set next_offset = $3, last_digest = null, last_stamp = null, stamped_next = null where topic = $1 and partition = $2;

-- name: read_fences
-- Fences as they stand.
select topic, partition, first_offset, next_offset, last_digest, watermark,
  case when stamped_next = next_offset then last_stamp end as last_stamp
from consumer_offset order by topic, partition;

-- name: raise_watermarks
-- A caught-up partition knows all facts up to the given instant; only if the fence has not moved meanwhile. Locked in the
-- order of lock_fences: this happens every few seconds beside the batches.
with held as (
  select o.topic, o.partition
  from consumer_offset o join unnest($1::text[], $2::int[], $3::bigint[]) as w(topic, partition, end_offset)
    on o.topic = w.topic and o.partition = w.partition
  where o.next_offset >= w.end_offset
  order by o.topic, o.partition
  for update of o
)
update consumer_offset o
set watermark = greatest(o.watermark, $4::timestamptz)
from held h
where o.topic = h.topic and o.partition = h.partition;

-- name: skip
-- Say why offsets have no inbox row.
insert into skipped (topic, partition, from_offset, to_offset, reason, detail)
select * from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
on conflict do nothing;

-- name: seen
-- Which of these messages were taken before, and with what content.
select i.source, i.id, i.digest from inbox i join unnest($1::text[], $2::text[]) as w(source, id) using (source, id);

-- name: take
-- Take messages: one row each, whatever the outcome.
insert into inbox (source, id, type, digest, topic, partition, record_offset, taken_at, outcome, reason, events)
select w.source, w.id, w.type, w.digest, w.topic, w.partition, w.record_offset, $8::timestamptz, 'no-op', 'being-judged', 0
from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::int[], $7::bigint[])
  as w(source, id, type, digest, topic, partition, record_offset)
on conflict do nothing
returning source, id;

-- name: settle
-- Write each message's outcome beside it.
update inbox i
set outcome = w.outcome, reason = w.reason, events = w.events, stream_id = w.stream_id
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[])
  as w(source, id, outcome, reason, events, stream_id)
where i.source = w.source and i.id = w.id;

-- name: recent_outcomes
-- The newest outcomes and who sent what, for the limit that stops a service which diverts everything.
select source, reason from inbox order by seq desc limit $1;

-- name: make_streams
-- Rows to lock, for streams that do not exist yet.
insert into stream (stream_id, partition, version, chain)
select w.stream_id, w.partition, 0, '\x' from unnest($1::text[], $2::int[]) as w(stream_id, partition)
on conflict do nothing;

-- name: lock_streams
-- Lock streams in one order everywhere; their events are read by a second statement, for this one may see old ones.
select stream_id, partition, version, chain, parked_by, weight from stream
where stream_id = any($1::text[]) order by stream_id for update;

-- name: streams_begun
-- Those of some streams that have an event, or have a message set aside that would have been their first.
select stream_id from stream where stream_id = any($1::text[]) and (version > 0 or parked_by is not null);

-- name: snapshots
-- States that this code ($2) kept of some streams, each still a true prefix of its stream's log.
select n.stream_id, n.version, n.chain, n.state from snapshot n
join event e on e.stream_id = n.stream_id and e.version = n.version and e.chain = n.chain
where n.stream_id = any($1::text[]) and n.revision = $2;

-- name: keep_snapshots
-- Keep the states of these streams, whatever was kept of them before.
insert into snapshot (stream_id, revision, version, chain, state, made_at)
select w.stream_id, $5, w.version, w.chain, w.state, $6::timestamptz
from unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[]) as w(stream_id, version, chain, state)
on conflict (stream_id) do update
set revision = excluded.revision, version = excluded.version, chain = excluded.chain, state = excluded.state,
  made_at = excluded.made_at;

-- name: read_events
-- The events of some streams, each after a version ($2), oldest first.
select e.position, e.stream_id, e.version, e.event_id, e.type, e.data, e.decided_at, e.cause, e.reason
from unnest($1::text[], $2::bigint[]) as w(stream_id, after) join event e on e.stream_id = w.stream_id and e.version > w.after
order by e.stream_id, e.version;

-- name: append
-- Append under the log lock ($10, until the commit), so that positions are in commit order. One statement, for all writers
-- wait meanwhile: nothing is read in it, and the sort has the lock behind it before the first position is given.
with log as materialized (select pg_advisory_xact_lock($10))
insert into event (stream_id, version, event_id, type, data, cause, reason, decided_at, chain, paired)
select w.stream_id, w.version, w.event_id, w.type, w.data::json, w.cause, w.reason, $9::timestamptz, w.chain, true
from log, unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
  with ordinality as w(stream_id, version, event_id, type, data, cause, reason, chain, n)
order by w.n;

-- name: move_heads
-- New heads of streams, after $1 and $2 as `show_live` has them: in one statement with it.
update stream s set version = w.version, chain = w.chain, parked_by = w.parked_by, weight = w.weight
from unnest($1::text[], $2::bigint[], $5::bytea[], $6::uuid[], $7::bigint[])
  as w(stream_id, version, chain, parked_by, weight)
where s.stream_id = w.stream_id;

-- name: show_live
-- Present states.
insert into live (stream_id, version, view, written_by)
select w.stream_id, w.version, w.view::jsonb, $4
from unnest($1::text[], $2::bigint[], $3::text[]) as w(stream_id, version, view)
on conflict (stream_id) do update
set version = excluded.version, view = excluded.view, written_by = excluded.written_by;

-- name: publish
-- Rows for the relay.
insert into outbox (aggregateid, topic, event_id, type, payload, recorded_at, traceparent)
select w.aggregateid, w.topic, w.event_id, w.type, w.payload, $6::timestamptz, nullif(w.traceparent, '')
from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::bytea[], $7::text[])
  with ordinality as w(aggregateid, topic, event_id, type, payload, traceparent, n)
order by w.n;

-- name: outbox_head
-- The oldest rows to publish, at most $1 of them and $4 bytes together (always one), but for keys that Kafka has just refused.
select id, topic, aggregateid, event_id, type, payload, recorded_at, traceparent from (
  select head.*, sum(octet_length(payload)) over (order by id) as upto, row_number() over (order by id) as n
  from (
    select * from outbox o
    where not exists (
      select from unnest($2::text[], $3::text[]) as stuck(topic, aggregateid)
      where stuck.topic = o.topic and stuck.aggregateid = o.aggregateid
    )
    order by id limit $1
  ) head
) measured
where n = 1 or upto <= $4
order by id;

-- name: outbox_pending
-- How many rows wait for Kafka, and since when.
select count(*) as waiting, min(recorded_at) as oldest from outbox;

-- name: outbox_done
-- Rows that Kafka has acknowledged.
delete from outbox where id = any($1::bigint[]);

-- name: arm
-- Arm or move timers.
insert into timer (timer_id, stream_id, name, due_at, partition)
select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::int[])
on conflict (timer_id) do update set due_at = excluded.due_at;

-- name: disarm
-- Timers that are over.
delete from timer where timer_id = any($1::text[]);

-- name: due_timers
-- Timers of categories in $7 that are due and whose facts are known: by partition up to its mark ($2); categories in $4 up to $5.
-- No locks; parked streams keep theirs waiting.
select t.timer_id, t.stream_id, t.name, t.due_at, t.partition
from timer t join stream s using (stream_id) join unnest($1::int[], $2::timestamptz[]) as m(partition, mark)
  on m.partition = t.partition
where t.due_at <= $3 and s.parked_by is null and split_part(t.stream_id, '/', 1) = any($7::text[])
  and t.due_at <= case when split_part(t.stream_id, '/', 1) = any($4::text[]) then $5::timestamptz else m.mark end
order by t.due_at, t.timer_id limit $6;

-- name: unproven_timers
-- Timers that are due, known or not, of the partitions ($1) and kinds ($2) that have been stuck for too long. A kind is one
-- of $4, written category/first part of the name; all others are '': the common one. Of categories in $6 alone.
with waiting as (
  select t.timer_id, t.stream_id, t.name, t.due_at, t.partition,
    split_part(t.stream_id, '/', 1) || '/' || split_part(t.name, '/', 1) as kind
  from timer t join stream s using (stream_id)
  where t.partition = any($1::int[]) and t.due_at <= $3 and s.parked_by is null
    and split_part(t.stream_id, '/', 1) = any($6::text[])
)
select w.timer_id, w.stream_id, w.name, w.due_at, w.partition
from waiting w join unnest($1::int[], $2::text[]) as stuck(partition, kind)
  on stuck.partition = w.partition and stuck.kind = case when w.kind = any($4::text[]) then w.kind else '' end
order by w.due_at, w.timer_id limit $5;

-- name: waiting_kinds
-- Partitions in which some due timer of categories in $4 waits, by kind ($3, as above), with the oldest of each.
select w.partition, case when w.kind = any($3::text[]) then w.kind else '' end as kind, min(w.due_at) as oldest
from (
  select t.partition, t.due_at, split_part(t.stream_id, '/', 1) || '/' || split_part(t.name, '/', 1) as kind
  from timer t join stream s using (stream_id)
  where t.partition = any($1::int[]) and t.due_at <= $2 and s.parked_by is null
    and split_part(t.stream_id, '/', 1) = any($4::text[])
) w
group by 1, 2;

-- name: timers_of
-- The timers that stand for some streams.
select timer_id, stream_id, name, due_at from timer where stream_id = any($1::text[]);

-- name: feeds_waiting
-- Whether something for these topics still lies in the outbox.
select exists(select from outbox where topic = any($1::text[]));

-- name: outer_mark
-- Up to which instant all facts from outside are known, over all partitions.
select min(watermark) from consumer_offset where topic = any($1::text[]);

-- name: at_hand
-- Which work a service has in the background: rows for Kafka; deadlines due at $1; requests of operators, above number $2,
-- without an answer; events that the live builds of its read models ($3, of the versions $4) have not read.
select
  exists(select from outbox) as outbox,
  exists(select from timer where due_at <= $1) as deadlines,
  exists(
    select from operator_request r where r.seq > $2 and not exists (
      select from stream s where s.stream_id = 'operator/' || r.id::text and s.version > 0
    )
  ) as requests,
  exists(
    select from projection p join unnest($3::text[], $4::int[]) as w(name, version) using (name, version)
    where p.state = 'live' and p.cursor < (select coalesce(max(position), 0) from event)
  ) as unread;

-- name: any_due
-- Whether any timer of categories in $2 is due, in whatever partition.
select exists(select from timer where due_at <= $1 and split_part(stream_id, '/', 1) = any($2::text[]));

-- name: abandoned
-- Partitions with a deadline due ($1) of which nobody has said since $2 (real time) that they are read.
select d.partition from (select distinct partition from timer where due_at <= $1) d left join standing s using (partition)
where s.raised_at is null or s.raised_at < $2;

-- name: timer_set_aside
-- The timer of a stream ($1), by its id or the beginning of that ($2) and its instant.
select timer_id, stream_id, name, due_at, partition from timer
where stream_id = $1 and starts_with(timer_id, $2) and due_at = $3 order by timer_id limit 1;

-- name: recheck_timers
-- The timers that still stand as they were seen, now under their stream's lock.
select t.timer_id, t.due_at from timer t where t.timer_id = any($1::text[]) order by t.timer_id for update;

-- name: watermarks
-- Up to which instant all facts of a partition number are known, over the given topics.
select partition, min(watermark) as watermark from consumer_offset where topic = any($1::text[]) group by partition;

-- name: waiting_for_a_person
-- What waits: streams parked, valid messages that failed or stand behind one that did, records that were not understood; streams that a
-- newer version wrote, and deadlines due ($1) of categories other than these ($2), which are left to its pods.
select count(distinct stream_id) filter (where valid) as streams, count(*) filter (where valid) as valid,
  count(*) filter (where not valid) as unreadable, min(at) filter (where valid) as oldest, count(*) filter (where newer) as newer,
  (select count(*) from timer where due_at <= $1 and split_part(stream_id, '/', 1) <> all($2::text[])) as left_alone
from (
  select stream_id, at, reason in ('decide-failed', 'stream-parked', 'written-by-newer') as valid, reason = 'written-by-newer' as newer
  from quarantine where state = 'open'
) q;

-- name: written_by_newer
-- What parks streams for pods of a newer version, oldest first.
select quarantine_id, stream_id from quarantine where state = 'open' and reason = 'written-by-newer' order by seq;

-- name: quarantine
-- Keep what could not be judged.
insert into quarantine (quarantine_id, topic, partition, record_offset, source, id, type, key, headers, body, redacted,
  reason, detail, stream_id, at, recorded_at, state)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'open')
on conflict (quarantine_id) do update
set reason = excluded.reason, detail = excluded.detail, stream_id = excluded.stream_id, at = excluded.at, state = 'open',
  resolved_at = null, resolution = null
where quarantine.state <> 'open';

-- name: repartitioned
-- Whether a partition that was read is no more: then keys have moved, and a stream's facts come on another partition than its own.
select exists(
  select from consumer_offset f where position('@' in f.topic) > 0 and not exists (
    select from consumer_offset o where o.topic = split_part(f.topic, '@', 1) and o.partition = f.partition
  )
);

-- name: raise_standing
-- Say for some partitions up to when every input ($1) is known, and that somebody reads them now ($3, real time).
insert into standing (partition, caught_up_at, raised_at)
select o.partition, min(o.watermark), $3::timestamptz from consumer_offset o
where o.topic = any($1::text[]) and o.partition = any($2::int[]) group by o.partition order by o.partition
on conflict (partition) do update
set caught_up_at = greatest(standing.caught_up_at, excluded.caught_up_at),
  raised_at = greatest(standing.raised_at, excluded.raised_at);

-- name: standing
-- The lowest mark over all partitions of the service, whoever reads them; none where one was never raised. Topics that are
-- no more (topic@1) do not count.
select case when count(*) = count(s.partition) then min(s.caught_up_at) end as caught_up_at,
  case when count(*) = count(s.partition) then min(s.raised_at) end as raised_at
from (select distinct partition from consumer_offset where position('@' in topic) = 0) o left join standing s using (partition);

-- name: open_questions
-- How many questions wait for an answer, over all streams; found by the index live_questions.
select coalesce(sum(jsonb_array_length(view -> 'questions')), 0)::int as questions from live where view -> 'questions' <> '[]'::jsonb;

-- name: decided_before
-- Of messages, known by the ids of the first events they would make, those in the log, with how many each made: $1 as they
-- are made now, $2 as 0.1 made them, and each only among rows of its kind.
select f.stream_id, f.event_id, f.paired,
  (select count(*) from event e where e.stream_id = f.stream_id and e.version >= f.version and e.cause = f.cause) as events
from event f
where f.event_id = any($1::uuid[] || $2::uuid[]) and f.event_id = any(case when f.paired then $1::uuid[] else $2::uuid[] end)
  and exists (select from pruned);
