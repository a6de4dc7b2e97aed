-- name: read_to
-- Up to which position of the log complaints were looked for; null: never yet.
select position from complaint_reading;

-- name: begin
-- The first time ($2): from the last event before an instant ($1) on. What was due before is not judged afterwards.
insert into complaint_reading (position, began_at)
select coalesce(max(position), 0), $2::timestamptz from event where decided_at < $1
on conflict do nothing;

-- name: began_at
-- When they were first looked for.
select began_at from complaint_reading;

-- name: until
-- Where the next $2 events after $1 end; null where there is none.
select max(position) from (select position from event where position > $1 order by position limit $2) as e;

-- name: told
-- Events on complaints ($3: their types) after $1 and up to $2, oldest first, at most $4.
select position, stream_id, version, event_id, type, data, decided_at, cause, reason
from event where position > $1 and position <= $2 and type = any($3::text[]) order by position limit $4;

-- name: read
-- It was looked through up to there; it only rises.
update complaint_reading set position = greatest(position, $1);

-- name: coming
-- Words on complaints ($1: their types) that are in logs of outages and have been brought nowhere yet.
select type, data, cause from event
where position > (select position from complaint_reading) and type = any($1::text[]) order by position;

-- name: put_outage
-- An outage ($1) that a complaint ($2) is about.
insert into complaint_outage (mrid, complaint_id) values ($1, $2) on conflict do nothing;

-- name: forget_outages
-- Before they are put anew.
delete from complaint_outage;

-- name: renew_outages
-- Put all of them, by the views of complaints; of how many.
with put as (
  insert into complaint_outage (mrid, complaint_id)
  select jsonb_array_elements_text(l.view -> 'aboutOutages'), l.view ->> 'complaintId'
  from live l where starts_with(l.stream_id, 'complaint/')
  on conflict do nothing
  returning complaint_id
)
select count(distinct complaint_id) from put;
