-- name: standing
-- The build of a read model that readers see, and where the log ends. Taken before the events are read: what lies up to
-- this end is committed, for the log lock makes positions ascend in commit order.
select p.version, p.table_name, p.cursor, p.applied_at, (select coalesce(max(position), 0) from event) as log_end
from (select $1::text as name) w left join projection p on p.name = w.name and p.state = 'live';

-- name: follow
-- As `standing`, of several read models ($1, of the versions $2), each moved on to the end of the log where nothing of what
-- it reads ($3 model, $4 type of event) came. That is so for most batches, and takes no turn of its own.
with log as (select coalesce(max(position), 0) as log_end from event),
turn as (
  select p.table_name from projection p join unnest($1::text[], $2::int[]) as w(name, version) using (name, version), log
  where p.state = 'live' and p.cursor < log.log_end and not exists (
    select from event e join unnest($3::text[], $4::text[]) as r(name, type) using (type)
    where r.name = p.name and e.position > p.cursor and e.position <= log.log_end
  )
  for no key update of p skip locked
),
moved as (update projection p set cursor = log.log_end from turn, log where p.table_name = turn.table_name returning p.name)
select w.name, p.version, p.applied_at, log.log_end,
  case when exists (select from moved m where m.name = w.name) then log.log_end else p.cursor end as cursor
from unnest($1::text[]) as w(name) cross join log left join projection p on p.name = w.name and p.state = 'live';

-- name: take_turn
-- The live build, locked for one batch; no row while another process of the service is at it.
select table_name, cursor from projection where name = $1 and state = 'live' and version = $2
for no key update skip locked;

-- name: log_end
-- Where the log ends now.
select coalesce(max(position), 0) from event;

-- name: read_batch
-- The next events of some types in (cursor, end], oldest first.
select position, stream_id, type, data, decided_at from event
where position > $1 and position <= $2 and type = any($3::text[])
order by position limit $4;

-- name: read_streams
-- All events of some types in some streams up to a position, oldest first.
select position, stream_id, type, data, decided_at from event
where stream_id = any($1::text[]) and position <= $2 and type = any($3::text[])
order by position;

-- name: sample_streams
-- Streams that hold events of some types, drawn the same way every time.
select stream_id from (
  select distinct stream_id from event where type = any($1::text[]) and position <= $2
) s order by md5(stream_id) limit $3;

-- name: move_cursor
-- A build is folded up to here.
update projection set cursor = $2, applied_at = coalesce($3, applied_at) where table_name = $1;

-- name: builds
-- Every build of a read model, oldest first.
select name, version, build, table_name, state, cursor, applied_at, started_at, live_since from projection
where name = $1 order by version, build;

-- name: all_builds
-- Every build of every read model, with how far the log is.
select name, version, build, table_name, state, cursor, applied_at, started_at, live_since,
  (select coalesce(max(position), 0) from event) as log_end
from projection order by name, version, build;

-- name: lock_builds
-- The builds of a read model, against services that fold and a second flip.
select version, build, table_name, state, cursor from projection where name = $1 order by version, build for update;

-- name: add_build
-- A new build, empty.
insert into projection (name, version, build, table_name, state, started_at, live_since)
values ($1, $2, $3, $4, $5, $6, case when $5 = 'live' then $6::timestamptz end);

-- name: set_aside
-- The build that readers saw until now.
update projection set state = 'old' where name = $1 and state = 'live';

-- name: make_live
-- The build that readers see from now on.
update projection set state = 'live', live_since = $2 where table_name = $1;

-- name: forget_build
-- A build whose table is gone.
delete from projection where table_name = $1;
