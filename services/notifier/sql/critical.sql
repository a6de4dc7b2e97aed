-- name: critical_touched
-- Special and life-support customers at these places ($1 kinds, $2 normalised values): how many, and the first 50 by id. $3: kinds
-- of which elements are named, beside which an area counts only for whom nothing better is known. $4: a shape is given, and $5 are
-- those inside of it: of whom it is known where they are it counts, and no area.
with touched as (
  select distinct m.customer_id
  from customer_match m join unnest($1::text[], $2::text[]) as w(kind, value) using (kind, value)
  join customer c using (customer_id)
  where (c.profile ->> 'importance' = 'special' or c.profile ->> 'lifeSupport' = 'true')
    and (m.kind <> 'area' or (counts_by_area(m.customer_id, $3) and not ($4 and is_placed(m.customer_id))))
  union
  select one from unnest($5::text[]) as one where counts_by_area(one, $3)
)
select count(*)::int as customers, coalesce((array_agg(customer_id order by customer_id))[1:50], '{}') as named from touched;

-- name: critical_customers
-- All special and life-support customers.
select customer_id from customer c where c.profile ->> 'importance' = 'special' or c.profile ->> 'lifeSupport' = 'true';

-- name: critical_points
-- Where special and life-support customers are who are in one of some rectangles ($1 west, $2 south, $3 east, $4 north).
select distinct p.customer_id, p.at[0] as longitude, p.at[1] as latitude
from unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[]) as w(west, south, east, north)
join customer_point p on p.at <@ box(point(w.west, w.south), point(w.east, w.north))
join customer c using (customer_id)
where c.profile ->> 'importance' = 'special' or c.profile ->> 'lifeSupport' = 'true';

-- name: untold
-- How many special and life-support customers the open questions of all outages leave untold.
select coalesce(sum((one ->> 'untold')::int), 0)::int
from live cross join lateral jsonb_array_elements(view -> 'questions') as one
where view -> 'questions' <> '[]'::jsonb;
