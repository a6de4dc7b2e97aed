-- name: critical_touched
-- Special and life-support customers at these places ($1 kinds, $2 normalised values): how many, and the first 50 by id. $3: kinds
-- of which elements are named, beside which an area counts only for whom nothing better is known.
with touched as (
  select distinct m.customer_id
  from customer_match m join unnest($1::text[], $2::text[]) as w(kind, value) using (kind, value)
  join customer c using (customer_id)
  where (c.profile ->> 'importance' = 'special' or c.profile ->> 'lifeSupport' = 'true')
    and (m.kind <> 'area' or counts_by_area(m.customer_id, $3))
)
select count(*)::int as customers, coalesce((array_agg(customer_id order by customer_id))[1:50], '{}') as named from touched;

-- name: untold
-- How many special and life-support customers the open questions of all outages leave untold.
select coalesce(sum((one ->> 'untold')::int), 0)::int
from live cross join lateral jsonb_array_elements(view -> 'questions') as one
where view -> 'questions' <> '[]'::jsonb;
