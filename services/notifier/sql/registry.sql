-- name: may_destroy
-- Whether the login that asked ($1) may destroy keys itself.
select exists (
  select from pg_roles r where r.rolname = $1 and has_table_privilege(r.oid, 'customer_key', 'delete')
);

-- name: adopt
-- What the notifier knows and no import said (put on the topic by other means, or before this table was). $1: of these
-- customers; null: of all.
insert into registry (customer_id, profile, contacts, updated_at)
select c.customer_id, c.profile::jsonb - 'updatedAt' - 'contacts', coalesce(c.profile::jsonb -> 'contacts', '[]'),
  c.updated_at
from customer c left join registry r using (customer_id)
where ($1::text[] is null or c.customer_id = any($1::text[]))
and (r.customer_id is null or c.updated_at > r.updated_at)
on conflict (customer_id) do update
set profile = excluded.profile, contacts = excluded.contacts, updated_at = excluded.updated_at, reason = null;

-- name: file_date
-- Of which date the file was that came in last; before that was kept, the last word on any customer. Null: none ever did.
select coalesce((select file_date from registry_import), (select max(updated_at) from registry where profile is not null));

-- name: held
-- What there is of a customer: the registry's last word, and whether the vault, the notifier or its log has anything.
select r.customer_id is not null as registered, r.profile is not null as active, r.updated_at, r.reason,
  exists (select 1 from customer_key where customer_id = $1) as vault,
  exists (select 1 from customer where customer_id = $1)
    or exists (select 1 from event where stream_id = 'customer/' || $1) as known
from (select $1::text as customer_id) w left join registry r on r.customer_id = w.customer_id;

-- name: erase
-- A customer is forgotten. $2: when; $3: why. The word is later than any before it.
with said as (
  insert into registry (customer_id, profile, contacts, updated_at, reason) values ($1, null, '[]', $2, $3)
  on conflict (customer_id) do update
  set profile = null, contacts = '[]', reason = excluded.reason,
    updated_at = greatest(excluded.updated_at, registry.updated_at + interval '1 microsecond')
  returning customer_id, updated_at
), waiting as (insert into registry_untold select customer_id from said on conflict do nothing)
select updated_at from said;

-- name: prune
-- Customers who are no longer in the registry's file are forgotten, unless somebody spoke of them since. $1: who; $2: the
-- date of the word that was seen then; $3: now; $4: the reason.
with pruned as (
  update registry r
  set profile = null, contacts = '[]', updated_at = greatest($3::timestamptz, r.updated_at + interval '1 microsecond'),
    reason = $4
  from unnest($1::text[], $2::timestamptz[]) as w(customer_id, seen)
  where r.customer_id = w.customer_id and r.profile is not null and r.updated_at = w.seen
  returning r.customer_id
), waiting as (insert into registry_untold select customer_id from pruned on conflict do nothing)
select customer_id from pruned order by customer_id;

-- name: erased_but_held
-- Of customers whom the topic says were erased ($1 ids, $2 when), those of whom there is something older than that.
select w.customer_id, w.at, c.customer_id is not null as by_notifier
from unnest($1::text[], $2::timestamptz[]) as w(customer_id, at)
left join registry r using (customer_id)
left join customer c on c.customer_id = w.customer_id and c.updated_at <= w.at
where (r.profile is not null and r.updated_at <= w.at)
or c.customer_id is not null
or exists (select 1 from contact_vault v where v.customer_id = w.customer_id and v.put_at <= w.at)
or exists (select 1 from customer_key k where k.customer_id = w.customer_id and k.made_at <= w.at
  and not exists (select 1 from contact_vault v where v.customer_id = w.customer_id and v.put_at > w.at))
order by w.customer_id;

-- name: erase_again
-- What the topic says, put down again. $4: it is to be told again, because the notifier seems not to know.
with said as (
  insert into registry (customer_id, profile, contacts, updated_at, reason) values ($1, null, '[]', $2, $3)
  on conflict (customer_id) do update
  set profile = null, contacts = '[]', reason = excluded.reason, updated_at = excluded.updated_at
  where registry.updated_at <= excluded.updated_at
  returning customer_id
)
insert into registry_untold select customer_id from said where $4 on conflict do nothing;

-- name: untold
-- Words that Kafka does not have yet, after $1 in the order of ids.
select customer_id, profile, contacts, updated_at, reason from registry_untold join registry using (customer_id)
where customer_id > $1 order by customer_id limit $2;

-- name: untold_count
-- How many there are.
select count(*) from registry_untold;

-- name: untold_of
-- Whether Kafka does not have the last word on one customer.
select exists (select from registry_untold where customer_id = $1);

-- name: told
-- Kafka has these words ($1: on whom, $2: of what date). Who was spoken of again meanwhile stays untold: the row is held, so
-- that no word can come between the look and the delete.
with held as (
  select r.customer_id from registry r
  join unnest($1::text[], $2::timestamptz[]) as w(customer_id, at) on w.customer_id = r.customer_id
  where r.updated_at = w.at order by r.customer_id for update of r
)
delete from registry_untold u using held where u.customer_id = held.customer_id;
