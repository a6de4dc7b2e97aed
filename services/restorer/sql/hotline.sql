-- name: put_hour
-- What counts of an hour of a hotline.
insert into hotline_hour (hotline, hour, revision, calls, answered, abandoned, within)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)
on conflict (hotline, hour) do update set revision = excluded.revision, calls = excluded.calls, answered = excluded.answered,
  abandoned = excluded.abandoned, within = excluded.within, fresh = true;

-- name: touch_overlapped
-- Hours of a hotline ($1) that overlap one ($2) may count otherwise now: news to their months.
update hotline_hour set fresh = true
where hotline = $1 and hour > $2::timestamptz - interval '1 hour' and hour < $2::timestamptz + interval '1 hour' and hour <> $2 and not fresh;

-- name: near
-- Hours that were told of a hotline ($1) and overlap one ($2).
select hour from hotline_hour
where hotline = $1 and hour > $2::timestamptz - interval '1 hour' and hour < $2::timestamptz + interval '1 hour' and hour <> $2;

-- name: hours
-- The hours of all hotlines from $1 on and before $2, in order, with the rules by which they go; counts: no call is counted twice.
select h.hotline, h.hour, h.revision, h.calls, h.answered, h.abandoned, h.within::text as within, h.rules::text as rules,
  exists (select from counted_hour c where c.hotline = h.hotline and c.hour = h.hour) as counts
from hotline_hour h where h.hour >= $1 and h.hour < $2 order by h.hotline, h.hour;

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
