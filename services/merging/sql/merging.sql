-- name: put
-- An outage was merged ($2: into which, $3: when), or has one more event: there is something to hand on.
insert into merged_outage (mrid, into_mrid, merged_at, version) values ($1, $2, $3, $4)
on conflict (mrid) do update set version = excluded.version;

-- name: root
-- The outage that goes on for one: its own mRID, where it was merged into none.
with recursive way(mrid, steps) as (
  select $1::text, 0
  union all
  select m.into_mrid, way.steps + 1 from merged_outage m join way on m.mrid = way.mrid
)
select mrid from way order by steps desc limit 1;

-- name: due
-- Merged outages of which something is to be handed on.
select mrid, into_mrid, merged_at, version, handed_on from merged_outage where handed_on < version order by mrid limit $1;

-- name: any_due
-- Whether there is one.
select exists (select from merged_outage where handed_on < version);

-- name: events
-- The next events of a stream ($1) after a version ($2), oldest first.
select position, stream_id, version, event_id, type, data, decided_at, cause, reason
from event where stream_id = $1 and version > $2 order by version limit $3;

-- name: handed_on
-- All up to that version is handed on.
update merged_outage set handed_on = greatest(handed_on, $2) where mrid = $1;
