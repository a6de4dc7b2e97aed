-- name: used
-- Planned outages that count against the yearly limits of some usage points ($1), but for this plan's own ($2); `work`: as
-- what each counts, for what was another outage's plan is that plan's one outage.
select p.place, w.mrid, coalesce(w.counts_with, w.mrid) as work, w.starts_at
from work_place p join work w using (mrid)
where p.place = any($1::text[]) and w.counted and $2 not in (w.mrid, coalesce(w.counts_with, w.mrid))
  and w.starts_at >= $3 and w.starts_at < $4
order by w.starts_at, w.mrid;

-- name: places_of
-- Where some works are.
select mrid, place from work_place where mrid = any($1::text[]) order by mrid, place;

-- name: near
-- Other work at some places ($1) between two instants. Work that began without a plan lasts a minute at least: nobody knows how long.
select w.mrid, w.outage_class, w.standing, w.starts_at, greatest(w.ends_at, w.starts_at + interval '1 minute') as ends_at,
  array_agg(p.place order by p.place collate "C") as shared
from work_place p join work w using (mrid)
where p.place = any($1::text[]) and w.mrid <> $2 and w.starts_at < $4 and w.ends_at > $3
group by w.mrid
-- Work that is noticed or under way is offered, whatever else was refused there.
order by w.standing in ('refused', 'withdrawn'), w.starts_at, w.mrid
limit 100;

-- name: asked
-- A plan as it was asked for; where the work is known already, its notice or its start says more.
insert into work (mrid, outage_class, standing, starts_at, ends_at, counted)
values ($1, $2, 'refused', $3, $4, false)
on conflict (mrid) do update
set outage_class = excluded.outage_class, standing = 'refused', starts_at = excluded.starts_at, ends_at = excluded.ends_at
where work.standing in ('refused', 'withdrawn')
returning mrid;

-- name: noticed
-- A notice is up: the work is booked.
insert into work (mrid, outage_class, standing, starts_at, ends_at, counted)
values ($1, $2, 'noticed', $3, $4, $5)
on conflict (mrid) do update
set outage_class = excluded.outage_class, ends_at = excluded.ends_at,
  -- Work that began counts in the year in which it began.
  starts_at = case when work.standing = 'started' then least(work.starts_at, excluded.starts_at) else excluded.starts_at end,
  standing = case when work.standing = 'started' then work.standing else 'noticed' end, counted = excluded.counted;

-- name: withdrawn
-- It will not happen, or did not: it counts no more. Work that began has happened.
update work set standing = 'withdrawn', counted = false where mrid = $1 and standing <> 'started';

-- name: never_was
-- There was no such work, up to an instant ($2), or where somebody stands by that ($3) at all: it counts no more, though it
-- was said to have begun.
update work set standing = 'withdrawn', counted = false
where mrid = $1 and ($3 or standing <> 'started' or starts_at <= $2);

-- name: started
-- It happened, and counts from when it began; without a plan nobody knew how long it would last.
insert into work (mrid, outage_class, standing, starts_at, ends_at, counted)
values ($1, $2, 'started', $3, $4, $5)
on conflict (mrid) do update
set standing = 'started', starts_at = excluded.starts_at,
  -- Planned work that its start calls something else is planned work all the same.
  counted = excluded.counted or work.outage_class = 'planned',
  ends_at = greatest(work.ends_at, excluded.ends_at);

-- name: began_at
-- It began at another time ($2) than was said, and counts from then.
update work set starts_at = $2, ends_at = greatest(ends_at, $2) where mrid = $1 and standing = 'started' and starts_at <> $2;

-- name: counts_with
-- It was the work of another outage's plan ($2), or of none.
update work set counts_with = $2 where mrid = $1 and counts_with is distinct from $2;

-- name: unbegun
-- What was taken for it was a fault: it is booked as it is noticed ($2 to $3; $4: planned work), or not at all.
update work set counts_with = null, counted = $4 and $2::timestamptz is not null,
  standing = case when $2 is not null then 'noticed' else 'withdrawn' end,
  starts_at = coalesce($2, starts_at), ends_at = coalesce($3::timestamptz, ends_at)
where mrid = $1;

-- name: notices_of
-- What the public was told of an outage's plan, oldest first; $2: the types of such events.
select type, data, decided_at from event where stream_id = $1 and type = any($2::text[]) order by version;

-- name: over
-- Power is back: nothing that begins later meets it any more.
update work set ends_at = greatest(starts_at, $2) where mrid = $1 and standing = 'started';

-- name: clear_places
-- The places of a work, before the present ones are put.
delete from work_place where mrid = $1;

-- name: put_places
-- Where a work is.
insert into work_place (place, mrid) select w.place, $1 from unnest($2::text[]) as w(place) on conflict do nothing;

-- name: step_ordered
-- A step of the scheme is in force.
insert into curtailment_step (mrid, scheme_id, step, ordered_at) values ($1, $2, $3, $4)
on conflict (mrid) do update set scheme_id = excluded.scheme_id, step = excluded.step, ordered_at = excluded.ordered_at;

-- name: step_over
-- The step is over.
delete from curtailment_step where mrid = $1;

-- name: steps
-- Steps of one scheme that are in force, but for this order's own.
select mrid, scheme_id, step from curtailment_step where scheme_id = $1 and mrid <> $2 order by step, mrid;

-- name: known_here
-- Whether the planner has anything to do with an outage.
select exists(select from stream where stream_id = $1 and version > 0);
