-- name: view
-- What is known of an outage.
select view::text from live where stream_id = $1;

-- name: forget_waiting
-- An outage waits for no other any more, before those it does wait for are put.
delete from waiting_merge where mrid = $1;

-- name: put_waiting
-- It waits for this one to be known.
insert into waiting_merge (mrid, into_mrid) values ($1, $2) on conflict do nothing;

-- name: due
-- Outages that are known and wait for one of which something is known by now, with the version of its stream.
select w.mrid, w.into_mrid, l.version
from waiting_merge w
left join merged_outage m on m.mrid = w.into_mrid
join live l on l.stream_id = 'outage/' || coalesce(m.into_mrid, w.into_mrid)
join live a on a.stream_id = 'outage/' || w.mrid
where l.view ->> 'status' <> 'unknown' and a.view ->> 'status' <> 'unknown'
order by w.mrid, w.into_mrid limit $1;
