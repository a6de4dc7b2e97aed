-- name: match_customers
-- Key customers whom an extent touches: $1 kinds, $2 normalised values (audience.sql_arrays), one row per customer.
select m.customer_id, array_agg(m.kind || ':' || m.value order by m.kind || ':' || m.value collate "C") as matched_by
from unnest($1::text[], $2::text[]) as wanted(kind, value)
join customer_match m using (kind, value)
group by m.customer_id
order by m.customer_id collate "C";
