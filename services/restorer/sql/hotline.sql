-- name: put_hour
-- What counts of an hour of a hotline.
insert into hotline_hour (hotline, hour, revision, calls, answered, abandoned, within)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)
on conflict (hotline, hour) do update set revision = excluded.revision, calls = excluded.calls, answered = excluded.answered,
  abandoned = excluded.abandoned, within = excluded.within, fresh = true;

-- name: hours
-- The hours of all hotlines from $1 on and before $2, in order.
select hotline, hour, revision, calls, answered, abandoned, within::text as within
from hotline_hour where hour >= $1 and hour < $2 order by hotline, hour;

-- name: forget
-- Before the hours are put anew.
delete from hotline_hour;

-- name: days
-- All days of hotlines, as their views show them.
select view::text as view from live where starts_with(stream_id, 'hotline/');

-- name: refused_days
-- Days of which an hour was refused and has not been told again.
select view::text as view from live where starts_with(stream_id, 'hotline/') and view -> 'refused' <> '[]'::jsonb;
