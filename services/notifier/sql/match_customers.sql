-- name: next_customers
-- The next $5 customers after $4 whom outage $1 concerns: touched by its places (those it names: $2 kinds, $3 normalised values,
-- as matching.sql_arrays gives them; and those that these mean by the network model) or still held by it; $6: only the latter.
-- Of whom something better is known an area counts only where the outage names no element of that kind ($7: the kinds of which
-- it does). Each pair gives its first few by index, so that a chunk costs the same wherever it stands. Order and comparison are
-- the database's own, everywhere. Of the pairs that match, the first 50 are told (matching.MOST_NAMED): a chunk of large customers
-- would else not fit the memory. Of several supplies it is told, too, where power is back (back_at): each is judged apart.
with place as materialized (
  select w.kind, w.value from unnest($2::text[], $3::text[]) as w(kind, value)
  union
  select o.kind, o.value from outage_match o where o.mrid = $1 and o.by_model and not o.back
),
concerned as (
  select near.customer_id
  from place p cross join lateral (
    select m.customer_id from customer_match m
    where m.kind = p.kind and m.value = p.value and m.customer_id > $4
      and (m.kind <> 'area' or counts_by_area(m.customer_id, $7))
    order by m.customer_id limit $5
  ) near
  where not $6
  union
  select held.customer_id from (
    select a.customer_id from audience_member a
    where a.mrid = $1 and a.touched and a.customer_id > $4
    order by a.customer_id limit $5
  ) held
),
chosen as (
  select customer_id from concerned order by customer_id limit $5
)
select c.customer_id, a.truth_version, a.touched, by.matched_by,
  exists (select from customer_supply s where s.customer_id = c.customer_id) as several,
  array(
    select m.kind || ':' || m.value from customer_match m join outage_match o using (kind, value)
    where m.customer_id = c.customer_id and o.mrid = $1 and o.back order by 1
  ) as back_at
from chosen c
left join audience_member a on a.mrid = $1 and a.customer_id = c.customer_id
cross join lateral (
  select case when bool_or(m.kind <> 'area') or counts_by_area(c.customer_id, $7)
    then (array_agg(m.kind || ':' || m.value order by (m.kind || ':' || m.value) collate "C"))[1:50]
  end as matched_by
  from customer_match m join place p using (kind, value)
  where m.customer_id = c.customer_id and not back_nearer($1, m.customer_id, m.kind)
) by
order by c.customer_id;

-- name: one_customer
-- The same for one customer ($4), concerned or not; $5: the kinds of which the outage names elements.
select a.truth_version, a.touched, by.matched_by,
  exists (select from customer_supply s where s.customer_id = $4) as several,
  array(
    select m.kind || ':' || m.value from customer_match m join outage_match o using (kind, value)
    where m.customer_id = $4 and o.mrid = $1 and o.back order by 1
  ) as back_at
from (
  select case when bool_or(m.kind <> 'area') or counts_by_area($4, $5)
    then (array_agg(m.kind || ':' || m.value order by (m.kind || ':' || m.value) collate "C"))[1:50]
  end as matched_by
  from customer_match m join (
    select w.kind, w.value from unnest($2::text[], $3::text[]) as w(kind, value)
    union
    select o.kind, o.value from outage_match o where o.mrid = $1 and o.by_model and not o.back
  ) p using (kind, value)
  where m.customer_id = $4 and not back_nearer($1, m.customer_id, m.kind)
) by
left join audience_member a on a.mrid = $1 and a.customer_id = $4;
