-- name: next_customers
-- The next $5 customers after $4 whom outage $1 concerns: touched by its places (outage_match; and $2 kinds, $3 normalised values, as
-- matching.sql_arrays gives them: of one that is over, whose places are there no more) or still held by it; $6: only the latter.
-- Of whom something better is known an area counts only where the outage names no element of that kind ($7: the kinds of which
-- it does). Each place gives its first few by index, so that a chunk costs the same wherever it stands. Order and comparison are
-- the database's own, everywhere. Of the places that match, the first 50 are told (matching.MOST_NAMED): a chunk of large customers
-- would else not fit the memory. Of several supplies it is told, too, where power is back (back_at): each is judged apart.
-- Whoever is chosen is matched by their own places, each found by the key of outage_match (`|| ''` and `offset 0` keep the planner from going through
-- the 20,000 of an outage for each): of a fresh outage statistics know nothing.
-- $9: the outage has a shape; $8: those after $4 who are inside of it (customer_points.py). Of whom it is known where they are it then
-- counts instead of areas, and of what the network model finds by them.
with place as materialized (
  select w.kind, w.value from unnest($2::text[], $3::text[]) as w(kind, value)
  union
  select o.kind, o.value from outage_match o where o.mrid = $1 and not o.back
),
concerned as (
  select near.customer_id
  from place p cross join lateral (
    select m.customer_id from customer_match m
    where m.kind = p.kind and m.value = p.value and m.customer_id > $4
      and (m.kind <> 'area' or (
        -- The first of the three is said by is_placed, too; of a whole town it is ten times as fast.
        not ($9 and exists (select from customer_point q where q.customer_id = m.customer_id))
        and counts_by_area(m.customer_id, $7) and not ($9 and is_placed(m.customer_id))
      ))
    order by m.customer_id limit $5
  ) near
  where not $6
  union
  select one from unnest($8::text[]) as one where not $6 and counts_by_area(one, $7)
  union
  select held.customer_id from (
    select a.customer_id from audience_member a
    where a.mrid = $1 and a.touched and a.customer_id > $4
    order by a.customer_id limit $5
  ) held
),
chosen as materialized (
  select c.customer_id, exists (select from customer_supply s where s.customer_id = c.customer_id) as several
  from (select customer_id from concerned order by customer_id limit $5) c
),
own as materialized (
  select c.customer_id, c.several, m.kind, m.value,
    array_position(array['area', 'line', 'transformer', 'usagePoint'], m.kind) as nearness, o.back, o.back is not null as said,
    $9 and (m.kind = 'area' or coalesce(o.by_where, false)) and is_placed(c.customer_id) as outside
  from chosen c join customer_match m using (customer_id)
  left join lateral (
    select o.back, o.by_where and m.kind <> 'usagePoint' as by_where
    from outage_match o where o.kind = m.kind and o.value = m.value and o.mrid || '' = $1 offset 0
  ) o on true
  union all
  select c.customer_id, c.several, 'shape', 'inside', 1, false, true, false from chosen c where $9 and c.customer_id = any($8)
),
-- As lacks_word says it, once for each kind of which somebody has a place that is back.
unclear as materialized (
  select distinct o.customer_id, o.kind from own o
  where not o.said and not o.several and (o.customer_id, o.kind) in (select b.customer_id, b.kind from own b where b.back)
    and not is_in_model(o.kind, o.value)
),
seen as (
  select *, max(nearness) filter (where back and not several and (customer_id, kind) not in (select u.customer_id, u.kind from unclear u))
    over (partition by customer_id) as nearest
  from own
),
hit as (
  select *, (not back or (kind, value) in (select * from unnest($2::text[], $3::text[])))
    and (nearest is null or nearness >= nearest) and not outside as touches
  from seen
),
found as materialized (
  select customer_id, bool_or(kind not in ('area', 'shape')) filter (where touches) as by_element,
    (array_agg(kind || ':' || value order by (kind || ':' || value) collate "C") filter (where touches))[1:50] as names,
    array_agg(kind || ':' || value order by kind || ':' || value) filter (where back and several) as back_at
  from hit group by customer_id
)
select c.customer_id, a.truth_version, a.touched, c.several, coalesce(f.back_at, '{}') as back_at,
  case when f.by_element then f.names when f.names is not null and counts_by_area(c.customer_id, $7) then f.names end as matched_by
from chosen c
left join found f using (customer_id)
left join audience_member a on a.mrid = $1 and a.customer_id = c.customer_id
order by c.customer_id;

-- name: one_customer
-- The same for one customer ($4), concerned or not; $5: the kinds of which the outage names elements; $7: it has a shape, and $6: they
-- are inside. `offset 0`: a kind is looked at once and not once for each place of it. `freed`: they have one supply, and a step gave
-- power back nearer to them than what the outage names.
with own as materialized (
  select m.kind, m.value, array_position(array['area', 'line', 'transformer', 'usagePoint'], m.kind) as nearness, o.back,
    $7 and (m.kind = 'area' or coalesce(o.by_where, false)) and is_placed($4) as outside
  from customer_match m left join lateral (
    select o.back, o.by_where and m.kind <> 'usagePoint' as by_where
    from outage_match o where o.kind = m.kind and o.value = m.value and o.mrid || '' = $1 offset 0
  ) o on true
  where m.customer_id = $4
  union all
  select 'shape', 'inside', 1, false, false where $6 and $7
),
who as materialized (
  select exists (select from customer_supply s where s.customer_id = $4) as several,
    (
      select max(b.nearness) from (select distinct kind, nearness from own where back offset 0) b where not lacks_word($1, $4, b.kind)
    ) as nearest
)
select a.truth_version, a.touched, w.several, by.matched_by, not w.several and w.nearest is not null as freed,
  array(select kind || ':' || value from own where back and w.several order by 1) as back_at
from who w cross join lateral (
  select case when bool_or(kind not in ('area', 'shape')) or counts_by_area($4, $5)
    then (array_agg(kind || ':' || value order by (kind || ':' || value) collate "C"))[1:50]
  end as matched_by
  from own
  where (not back or (kind, value) in (select * from unnest($2::text[], $3::text[])))
    and (w.several or w.nearest is null or nearness >= w.nearest) and not outside
) by
left join audience_member a on a.mrid = $1 and a.customer_id = $4;
