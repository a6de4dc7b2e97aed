-- name: put_key
-- A customer's data key, unless one is there.
insert into customer_key (customer_id, wrapped_key, made_at) values ($1, $2, $3) on conflict (customer_id) do nothing;

-- name: key_of
-- A customer's wrapped data key.
select wrapped_key from customer_key where customer_id = $1;

-- name: put_number
-- A contact's number, sealed; a changed one takes the place of the old.
insert into contact_vault (contact_id, customer_id, sealed, blind_index, put_at, country) values ($1, $2, $3, $4, $5, $6)
on conflict (contact_id, customer_id) do update
set sealed = excluded.sealed, blind_index = excluded.blind_index, put_at = excluded.put_at, country = excluded.country;

-- name: sealed_number
-- What is needed to open a contact's number. Who answers for several customers has one number with all of them.
select v.customer_id, v.sealed, v.country, k.wrapped_key
from contact_vault v join customer_key k using (customer_id) where v.contact_id = $1
order by v.put_at desc, v.customer_id limit 1;

-- name: put_country
-- The country of a contact's numbers, where it was not known: rows of an older version.
update contact_vault set country = $2 where contact_id = $1 and country is null;

-- name: contacts_by_index
-- Contacts that have a number with this blind index.
select contact_id, customer_id from contact_vault where blind_index = $1 order by contact_id;

-- name: drop_numbers
-- Forget a customer's numbers that were put by the given instant.
delete from contact_vault where customer_id = $1 and put_at <= $2;

-- name: drop_key
-- Forget the key, unless numbers of later date are sealed under it.
delete from customer_key k where k.customer_id = $1
and not exists (select 1 from contact_vault v where v.customer_id = k.customer_id);

-- name: gone_from_registry
-- Whether the registry itself says that a customer is erased: a word on a topic alone destroys no key.
select exists (select from registry where customer_id = $1 and profile is null);

-- name: forget
-- The keys of some customers, and with them every number sealed under them.
delete from customer_key where customer_id = any($1::text[]);

-- name: any_key
-- Somebody's key, to see whether the vault opens.
select customer_id, wrapped_key from customer_key limit 1;

-- name: wrapped_after
-- Customers' wrapped keys, by the customers' ids, after one of them.
select customer_id, wrapped_key from customer_key where customer_id > $1 order by customer_id limit $2;

-- name: wrap_anew
-- Of some customers ($1) the key ($2) is wrapped anew ($3). One that was erased meanwhile, or changed, is left as it is.
update customer_key k set wrapped_key = w.anew
from unnest($1::text[], $2::bytea[], $3::bytea[]) as w(customer_id, was, anew)
where k.customer_id = w.customer_id and k.wrapped_key = w.was;

-- name: forget_as_wrapped
-- The keys of some customers ($1), if they are still wrapped so ($2), and with them every number sealed under them.
delete from customer_key k using unnest($1::text[], $2::bytea[]) as w(customer_id, was)
where k.customer_id = w.customer_id and k.wrapped_key = w.was;
