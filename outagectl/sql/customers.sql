-- name: known
-- What is known of some customers: the profile as their stream last took it, and when they were erased, if they were.
select w.customer_id, c.profile, (
    select max((e.data->>'erasedAt')::timestamptz) from event e
    where e.stream_id = 'customer/' || w.customer_id and e.type = 'customer.erased.v1'
  ) as erased_at
from unnest($1::text[]) as w(customer_id) left join customer c using (customer_id);

-- name: owner_of
-- Whose contact somebody is, for the vault.
select customer_id from contact_vault where contact_id = $1;
