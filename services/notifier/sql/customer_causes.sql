-- name: drop
-- Of a customer ($1) all causes but these ($2 kinds, $3 outages, $4 texts).
delete from customer_cause k where k.customer_id = $1 and not exists (
  select from unnest($2::text[], $3::text[], $4::text[]) as w(kind, about, ref)
  where w.kind = k.kind and w.about = k.about and w.ref is not distinct from k.ref
);

-- name: put
-- And these, since $2, where they are not there yet.
insert into customer_cause (customer_id, since, kind, about, ref, reason, useful_until, later)
select $1, $2, w.kind, w.about, w.ref, w.reason, w.useful_until, w.later
from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::boolean[])
  as w(kind, about, ref, reason, useful_until, later)
on conflict (customer_id, kind, about) do nothing;
