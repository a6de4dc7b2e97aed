-- name: put
-- How the calls back of some reports ($3) of an outage ($1) stand as of a version ($2): due, outcome, reason, tries, last and next call.
insert into followup (mrid, report_id, version, due_from, outcome, reason, tries, last_at, next_at)
select $1, w.report_id, $2, w.due_from, w.outcome, w.reason, w.tries, w.last_at, w.next_at
from unnest($3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[], $9::timestamptz[])
  as w(report_id, due_from, outcome, reason, tries, last_at, next_at)
on conflict (mrid, report_id) do update set
  version = excluded.version, due_from = excluded.due_from, outcome = excluded.outcome, reason = excluded.reason,
  tries = excluded.tries, last_at = excluded.last_at, next_at = excluded.next_at, fresh = true;

-- name: void_others
-- Of an outage ($1) nobody else is to be called as of a version ($2), and why ($3).
update followup set version = $2, outcome = 'void', reason = $3, next_at = null, fresh = true where mrid = $1 and version < $2;

-- name: behind
-- Streams of outages whose calls back another version wrote after the mark, or that stand otherwise by their view.
with mark as (select position from followup_mark)
select e.stream_id from event e, mark m
where e.position > m.position and e.type in ('followup.due.v1', 'followup.done.v1', 'followup.unreached.v1')
  and not exists (
    select from followup f
    where f.mrid = substr(e.stream_id, 8) and f.report_id = e.data ->> 'reportId' and f.version >= e.version
  )
  and (e.type = 'followup.due.v1' or exists (
    select from followup f where f.mrid = substr(e.stream_id, 8) and f.report_id = e.data ->> 'reportId'
  ))
union
select 'outage/' || f.mrid from followup f join live l on l.stream_id = 'outage/' || f.mrid
where f.outcome is null and l.view ->> 'status' not in ('restored', 'closed');

-- name: partitions
-- The partitions of these streams ($1), those that can be judged.
select stream_id, partition from stream where stream_id = any($1::text[]) and parked_by is null order by stream_id;

-- name: log_end
-- The end of the log: whatever lies before it is committed.
select coalesce(max(position), 0) from event;

-- name: mark
-- All that was in the log up to there ($1) is in the table.
update followup_mark set position = greatest(position, $1);

-- name: by_month
-- How many reports of a time ($1 to before $2: when their calls back fell due) stand how.
select outcome, count(*) as reports from followup where due_from >= $1 and due_from < $2 and outcome is distinct from 'void'
group by outcome order by outcome;
