-- name: adopt_erasures
-- Erasures in the log, of customers in the file, that no command made, or that a restored table does not have.
insert into registry (customer_id, profile, contacts, updated_at, reason)
select w.customer_id, null, '[]', e.at, e.reason
from (select customer_id from file_customer union select customer_id from file_contact) w
cross join lateral (
  select (e.data ->> 'erasedAt')::timestamptz as at, coalesce(e.data ->> 'reason', 'erased') as reason
  from event e where e.stream_id = 'customer/' || w.customer_id and e.type = 'customer.erased.v1'
  order by e.version desc limit 1
) e
left join registry r using (customer_id)
where r.customer_id is null or e.at > r.updated_at
on conflict (customer_id) do update
set profile = null, contacts = '[]', updated_at = excluded.updated_at, reason = excluded.reason;

-- name: file_tables
-- What the file says, until the end of the transaction. Numbers are sealed before they come here.
create temp table file_customer (customer_id text primary key, profile jsonb not null) on commit drop;
create temp table file_contact (
  customer_id text not null, contact_id text not null, line int not null, rank int not null, contact jsonb not null,
  blind_index text not null, sealed bytea, country text, primary key (customer_id, contact_id)
) on commit drop;
create temp table file_key (customer_id text primary key, wrapped_key bytea not null) on commit drop;
create temp table planned (
  customer_id text primary key, profile jsonb, contacts jsonb not null, before timestamptz, line int,
  verdict text not null
) on commit drop;

-- name: known_numbers
-- Which of these contacts ($1, of customers $2) the vault has, by blind index.
select v.contact_id, v.customer_id, v.blind_index
from unnest($1::text[], $2::text[]) as w(contact_id, customer_id)
join contact_vault v using (contact_id, customer_id);

-- name: known_keys
-- The wrapped keys of some customers: those they have, and those made for them in this run.
select customer_id, wrapped_key from customer_key where customer_id = any($1::text[])
union
select customer_id, wrapped_key from file_key f where customer_id = any($1::text[])
and not exists (select 1 from customer_key k where k.customer_id = f.customer_id);

-- name: keep_out
-- Customers with a bad row stay as they are.
with gone as (delete from file_customer where customer_id = any($1::text[]))
delete from file_contact where customer_id = any($1::text[]);

-- name: plan
-- Each customer of the file beside what was said last. $1: who may come back after an erasure; $2: the reason of a prune.
insert into planned (customer_id, profile, contacts, before, line, verdict)
select n.customer_id, n.profile, n.contacts, r.updated_at, n.line,
  case
    when r.profile is null and r.reason <> $2 and n.customer_id <> all($1::text[]) then 'erased'
    when n.profile is null then 'unknown'
    when r.profile is null then 'new'
    when r.profile = n.profile and r.contacts = n.contacts then 'unchanged'
    else 'changed'
  end
from (
  select customer_id, coalesce(c.profile - 'updatedAt' - 'contacts', r.profile) as profile,
    coalesce(k.contacts, r.contacts, '[]') as contacts, k.line
  from file_customer c
  full join (
    select customer_id, min(line) as line, jsonb_agg(contact order by rank, line) as contacts
    from file_contact group by customer_id
  ) k using (customer_id)
  left join registry r using (customer_id)
) n left join registry r using (customer_id);

-- name: verdicts
-- How many customers of the file are what.
select verdict, count(*) as customers from planned group by verdict;

-- name: named
-- The customers of one verdict, with the first line of their contacts.
select customer_id, line from planned where verdict = $1 order by line, customer_id;

-- name: other_numbers
-- Contacts whom another customer, not in the file, has under another number.
select f.customer_id, f.contact_id, f.line, v.customer_id as other
from file_contact f
join contact_vault v on v.contact_id = f.contact_id and v.customer_id <> f.customer_id
where v.blind_index <> f.blind_index
and not exists (select 1 from file_contact g where g.customer_id = v.customer_id)
order by f.line;

-- name: shared_handsets
-- Contacts whose new number another customer, not in the file, has already; the index of numbers finds them.
select f.line, f.customer_id, min(v.customer_id) as other
from file_contact f
join planned p on p.customer_id = f.customer_id and p.verdict in ('new', 'changed', 'unchanged')
join contact_vault v on v.blind_index = f.blind_index and v.customer_id <> f.customer_id
where f.sealed is not null
and not exists (select 1 from file_contact g where g.customer_id = v.customer_id)
group by f.line, f.customer_id, f.contact_id
order by f.line, f.customer_id;

-- name: missing
-- Customers of the registry who are not in the file.
select count(*) as known, count(*) filter (where f.customer_id is null) as missing
from registry r left join file_customer f using (customer_id) where r.profile is not null;

-- name: numbers
-- Numbers that the vault has not or otherwise, and those it has of contacts who are gone.
select
  (select count(*) from file_contact f join planned p using (customer_id)
   where f.sealed is not null and p.verdict in ('new', 'changed', 'unchanged')) as put,
  (select count(*) from contact_vault v join planned p using (customer_id)
   where p.line is not null and p.verdict in ('changed', 'unchanged')
   and not exists (select 1 from file_contact f
     where f.customer_id = v.customer_id and f.contact_id = v.contact_id)) as dropped;

-- name: say
-- The new word on every customer who is new or changed, if only by a number: whoever could not be reached may be now. $1:
-- the file's date; the word is later than the one before.
with said as (
  insert into registry (customer_id, profile, contacts, updated_at)
  select customer_id, profile, contacts, greatest($1::timestamptz, before + interval '1 microsecond')
  from planned p where verdict in ('new', 'changed') or (
    verdict = 'unchanged'
    and exists (select 1 from file_contact f where f.customer_id = p.customer_id and f.sealed is not null)
  )
  on conflict (customer_id) do update
  set profile = excluded.profile, contacts = excluded.contacts, updated_at = excluded.updated_at, reason = null
  returning customer_id
)
insert into registry_untold select customer_id from said on conflict do nothing;

-- name: refreshed
-- The registry was brought in, whether that changed anything or not. $1: the file's date; $2: now.
insert into registry_import (file_date, imported_at) values ($1, $2)
on conflict (one) do update
set file_date = greatest(registry_import.file_date, excluded.file_date), imported_at = excluded.imported_at;

-- name: put_keys
-- Keys for customers who have none.
insert into customer_key (customer_id, wrapped_key, made_at)
select customer_id, wrapped_key, $1 from file_key join planned using (customer_id)
where verdict in ('new', 'changed', 'unchanged')
on conflict (customer_id) do nothing;

-- name: put_numbers
-- Numbers that are new or changed.
insert into contact_vault (contact_id, customer_id, sealed, blind_index, put_at, country)
select f.contact_id, f.customer_id, f.sealed, f.blind_index, $1, f.country from file_contact f join planned p using (customer_id)
where f.sealed is not null and p.verdict in ('new', 'changed', 'unchanged')
on conflict (contact_id, customer_id) do update
set sealed = excluded.sealed, blind_index = excluded.blind_index, put_at = excluded.put_at, country = excluded.country;

-- name: drop_numbers_gone
-- Numbers of contacts who are no longer in the file, of customers who are.
delete from contact_vault v using planned p
where p.customer_id = v.customer_id and p.line is not null and p.verdict in ('changed', 'unchanged')
and not exists (select 1 from file_contact f where f.customer_id = v.customer_id and f.contact_id = v.contact_id);

-- name: missing_now
-- Who is not in the file, with the date of the last word on each.
select r.customer_id, r.updated_at from registry r left join file_customer f using (customer_id)
where r.profile is not null and f.customer_id is null order by r.customer_id;
