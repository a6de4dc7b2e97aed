-- name: put_words
-- What came of texts ($1 ids; $3 outages as a JSON array each), whatever came before: instants are the first ones said, an end is the last.
insert into customer_word as t (
  message_id, customer_id, mrids, trigger, requested_at, not_before, due_at, accepted_at, delivered_at, ended_at, ended_for
)
select w.message_id, w.customer_id, array(select json_array_elements_text(w.mrids::json)), w.trigger, w.requested_at, w.not_before,
  w.due_at, w.accepted_at, w.delivered_at, w.ended_at, w.ended_for
from unnest(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[],
  $9::timestamptz[], $10::timestamptz[], $11::text[]
) as w(message_id, customer_id, mrids, trigger, requested_at, not_before, due_at, accepted_at, delivered_at, ended_at, ended_for)
on conflict (message_id) do update set
  mrids = case when excluded.requested_at is null then t.mrids else excluded.mrids end,
  trigger = coalesce(excluded.trigger, t.trigger),
  requested_at = coalesce(excluded.requested_at, t.requested_at),
  not_before = coalesce(excluded.not_before, t.not_before),
  due_at = coalesce(excluded.due_at, t.due_at),
  accepted_at = least(t.accepted_at, excluded.accepted_at),
  delivered_at = least(t.delivered_at, excluded.delivered_at),
  ended_at = greatest(t.ended_at, excluded.ended_at),
  ended_for = case
    when excluded.ended_at is null or t.ended_at > excluded.ended_at then t.ended_for else excluded.ended_for
  end;

-- name: put_confirmed
-- Since when customers ($1) know, as they last said ($2) and how ($3).
insert into customer_confirmed as t (customer_id, at, how)
select * from unnest($1::text[], $2::timestamptz[], $3::text[])
on conflict (customer_id) do update set at = excluded.at, how = excluded.how where excluded.at > t.at;

-- name: forget_words
-- Nothing is known of any text any more.
delete from customer_word;

-- name: forget_confirmed
-- Nor of who confirmed.
delete from customer_confirmed;

-- name: put_customers
-- What the registry's topic last said of customers ($1): recorded when ($2), the rank ($3) and what is known ($4, JSON; null: erased).
insert into watched_customer as t (customer_id, said_at, rank, known)
select w.customer_id, w.said_at, w.rank, w.known::json
from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) as w(customer_id, said_at, rank, known)
on conflict (customer_id) do update set
  said_at = excluded.said_at, rank = excluded.rank, known = excluded.known,
  placed_as = case when excluded.known::text is distinct from t.known::text then null else t.placed_as end
where t.said_at <= excluded.said_at;

-- name: forget_customers
-- Nobody is known any more, nor where anybody takes power.
delete from watched_customer;

-- name: put_unreached
-- Since when no text reaches customers ($1), as was last said ($2), and why ($3).
insert into customer_unreached as t (customer_id, at, reason)
select * from unnest($1::text[], $2::timestamptz[], $3::text[])
on conflict (customer_id) do update set at = excluded.at, reason = excluded.reason where (excluded.at, excluded.reason) > (t.at, t.reason);

-- name: forget_unreached
-- Nothing of the kind is known any more.
delete from customer_unreached;

-- name: put_noticed
-- Until when ($4) the work of outages ($1) was said to last by their notice of version $2; $3: it was withdrawn.
insert into noticed_work as t (mrid, version, withdrawn, ends)
select * from unnest($1::text[], $2::bigint[], $3::bool[], $4::timestamptz[])
on conflict (mrid) do update set version = excluded.version, withdrawn = excluded.withdrawn, ends = excluded.ends
where (excluded.version, excluded.withdrawn) >= (t.version, t.withdrawn);

-- name: forget_noticed
-- No notice is known any more.
delete from noticed_work;

-- name: forget_old
-- Of texts of which nothing was said since $1, and that wait for no later time, $2 are of no use here any more. One of which no instant
-- is known says nothing; what is still to be said of it begins it anew.
delete from customer_word where message_id in (
  select message_id from customer_word
  where coalesce(greatest(requested_at, not_before, accepted_at, delivered_at, ended_at), '-infinity'::timestamptz) < $1
  order by coalesce(greatest(requested_at, not_before, accepted_at, delivered_at, ended_at), '-infinity'::timestamptz)
  limit $2
);
