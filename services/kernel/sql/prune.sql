-- name: horizons
-- By partition, the first offset taken since $1, or the one after the last if none was: what lies below may be forgotten.
with places as (select distinct topic, partition from consumer_offset)
select p.topic, p.partition, coalesce(
  (
    select i.record_offset from inbox i
    where i.topic = p.topic and i.partition = p.partition and i.taken_at >= $1
    order by i.record_offset limit 1
  ),
  (select max(i.record_offset) + 1 from inbox i where i.topic = p.topic and i.partition = p.partition)
) as below
from places p;

-- name: any_old
-- Whether anything was taken before $1: the first row tells, for rows are taken in about the order of seq.
select taken_at < $1 from inbox order by seq limit 1;

-- name: raise_horizon
-- Say first how far rows may be missing from now on; it only rises.
insert into pruned (topic, partition, below, cutoff)
select w.topic, w.partition, w.below, $4::timestamptz
from unnest($1::text[], $2::int[], $3::bigint[]) as w(topic, partition, below)
on conflict (topic, partition) do update
set below = greatest(pruned.below, excluded.below), cutoff = greatest(pruned.cutoff, excluded.cutoff);

-- name: prune_inbox
-- Forget at most $2 messages taken before $1 that no open or lately resolved failure needs; nothing above a horizon.
-- Subqueries, not joins: the index gives the order, and a step reads no further than it deletes.
delete from inbox d using (
  select i.source, i.id from inbox i
  where i.taken_at < $1 and i.seq < $3
    and (i.topic is null or i.record_offset < (
      select p.below from pruned p where p.topic = i.topic and p.partition = i.partition
    ))
    and (i.source, i.id) not in (
      select q.source, q.id from quarantine q
      where q.source is not null and q.id is not null and (q.state = 'open' or q.resolved_at >= $1)
    )
  order by i.seq limit $2
) old
where d.source = old.source and d.id = old.id;

-- name: first_kept
-- Rows are taken in about the order of seq: behind this one all are too young, give or take a batch.
select coalesce(
  (select seq from inbox where taken_at >= $1 order by seq limit 1),
  (select max(seq) + 1 from inbox),
  0
);

-- name: prune_skipped
-- Forget ranges below the horizons; the table itself is append-only, so a function of its owner does it.
select prune_skipped($1);

-- name: prune_quarantine
-- Forget failures resolved before $1 to which nothing refers any more.
delete from quarantine d using (
  select q.quarantine_id from quarantine q
  where q.state <> 'open' and q.resolved_at < $1
    and not exists (select from inbox i where i.source = q.source and i.id = q.id)
    and not exists (
      select from skipped s where split_part(s.topic, '@', 1) = q.topic and s.partition = q.partition
        and s.from_offset = q.record_offset and s.reason = 'quarantined'
    )
    and not exists (select from stream s where s.parked_by = q.quarantine_id)
    and not exists (select from outbox o where o.event_id = q.quarantine_id)
  limit $2
) old
where d.quarantine_id = old.quarantine_id;

-- name: prune_snapshots
-- Forget kept states made before $1: of other code, or of streams that are over.
delete from snapshot where stream_id in (select stream_id from snapshot where made_at < $1 order by made_at limit $2);
