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

-- name: renew
-- Put hours that views have otherwise than the table; how many. An hour that stands as it does is no news to its month.
insert into hotline_hour as h (hotline, hour, revision, calls, answered, abandoned, within)
select w.one ->> 'hotline', (w.one ->> 'hour')::timestamptz, coalesce((w.one ->> 'revision')::bigint, 1), (w.one ->> 'calls')::bigint,
  (w.one ->> 'answered')::bigint, coalesce((w.one ->> 'abandoned')::bigint, 0), coalesce(w.one -> 'within', '[]')
from live l cross join lateral jsonb_array_elements(l.view -> 'hours') as w(one)
where starts_with(l.stream_id, 'hotline/')
order by 1, 2
on conflict (hotline, hour) do update set revision = excluded.revision, calls = excluded.calls, answered = excluded.answered,
  abandoned = excluded.abandoned, within = excluded.within, fresh = true
where (h.revision, h.calls, h.answered, h.abandoned, h.within)
  is distinct from (excluded.revision, excluded.calls, excluded.answered, excluded.abandoned, excluded.within);

-- name: refused_days
-- Days of which an hour was refused and has not been told again.
select view::text as view from live where starts_with(stream_id, 'hotline/') and view -> 'refused' <> '[]'::jsonb;
