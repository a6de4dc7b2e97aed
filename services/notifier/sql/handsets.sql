-- name: of_claims
-- Claimed texts ($1), each with the blind index of the number that it goes to.
select n.message_id, n.customer_id, n.lane, n.body, n.keeps_last, n.frame, n.alike,
  (
    select v.blind_index from contact_vault v where v.contact_id = n.contact_id order by v.put_at desc, v.customer_id limit 1
  ) as handset
from notification n where n.message_id = any($1::text[]);

-- name: lock
-- One process at a time decides what goes to a telephone ($1: keys of their locks).
select pg_advisory_xact_lock(w.key) from (select u.key from unnest($1::bigint[]) as u(key) order by 1) w;

-- name: gather
-- Claimed texts ($1) are claimed anew: what an attempt before would have said for others was not said, and may be now. Should it have
-- been all the same, they follow it (`late`).
with others as (
  select message_id, carried_by, carried_n from notification
  where carried_by = any($1::text[]) and state = 'carried' order by message_id for update
),
kept as (
  update attempt a set freed = array(select distinct u.one from unnest(a.freed || o.names) as u(one))
  from (select carried_by, carried_n, array_agg(message_id) as names from others group by carried_by, carried_n) o
  where a.message_id = o.carried_by and a.n = o.carried_n
)
update notification n set state = 'ready', carried_by = null, carried_n = null from others o where n.message_id = o.message_id;

-- name: went
-- When texts went to these telephones ($1), or may have gone, since $2 (domain time), oldest first.
select number_ref as handset, claimed_at from attempt
where number_ref = any($1::text[]) and claimed_at > $2 and outcome not in ('not-created', 'refused')
order by claimed_at;

-- name: alike
-- Texts to telephone $1 that say the same ($2), of lanes $3 (ranks), to none of customers $4, and of use at $5.
select n.message_id, n.customer_id, n.lane, n.body, n.frame
from (select distinct contact_id from contact_vault where blind_index = $1) w
join notification n using (contact_id)
where n.state = 'ready' and n.barred is null and n.alike = $2 and n.lane_rank = any($3::smallint[]) and n.customer_id <> all($4::text[])
  and n.expires_at > $5
  and $1 = (
    select v.blind_index from contact_vault v where v.contact_id = n.contact_id order by v.put_at desc, v.customer_id limit 1
  )
order by n.customer_id, n.message_id
limit $6;

-- name: carry
-- Another text ($2, attempt $3) speaks for these ($1), which were claimed in this transaction: they have no attempt of their own.
update notification set state = 'carried', carried_by = $2, carried_n = $3, attempts = attempts - 1, lease_until = null
where message_id = any($1::text[]);

-- name: put_back
-- Texts ($1) that were claimed in this transaction and do not go now: not before $2 (real time).
update notification set state = 'ready', attempts = attempts - 1, lease_until = null, retry_after = $2
where message_id = any($1::text[]);

-- name: sent_body
-- What an attempt at a text posted, where it spoke for several.
select body from attempt where message_id = $1 and n = $2;

-- name: following
-- Whether there are texts that another one speaks for, of which there is something to say (`carried`, `behind`).
select exists(
  select from notification f join attempt a on a.message_id = f.carried_by and a.n = f.carried_n
  where f.carried_by is not null and f.state = 'carried' and a.outcome not in ('in-flight', 'unknown')
) or exists(
  select from notification f join notification l on l.message_id = f.carried_by
  left join attempt a on a.message_id = f.carried_by and a.n = f.carried_n
  where f.carried_by is not null and f.state in ('accepted', 'sent') and l.state in ('delivered', 'undelivered')
    and (a.provider_sid is null or a.provider_sid = l.provider_sid)
) or exists(
  -- As `late` has them.
  select from attempt a join notification l using (message_id) cross join unnest(a.freed) as w(one)
  join notification f on f.message_id = w.one
  where a.freed is not null and a.outcome = 'accepted' and f.state not in ('sending', 'unknown', 'carried')
    and (
      f.state not in ('refused', 'undelivered') or l.state in ('delivered', 'undelivered')
      or l.provider_sid <> a.provider_sid
    )
) as any;

-- name: carried
-- Texts of which it is known what became of the attempt that speaks for them, too.
select f.message_id, f.customer_id, f.carried_by, f.carried_n, a.outcome, a.provider, a.provider_sid, a.provider_code, a.http_status, a.body
from notification f join attempt a on a.message_id = f.carried_by and a.n = f.carried_n
where f.carried_by is not null and f.state = 'carried' and a.outcome not in ('in-flight', 'unknown')
order by f.message_id limit 200;

-- name: behind
-- Texts that were taken with another one, which has arrived since, or has not.
select f.message_id, f.customer_id, f.provider, f.carried_n, l.state, l.provider_sid, a.failed_code
from notification f
join notification l on l.message_id = f.carried_by
left join attempt a on a.message_id = f.carried_by and a.n = f.carried_n
where f.carried_by is not null and f.state in ('accepted', 'sent') and l.state in ('delivered', 'undelivered')
  and (a.provider_sid is null or a.provider_sid = l.provider_sid) -- of two messages the other says nothing of this one
order by f.message_id limit 200;

-- name: late
-- Texts that were let go when the attempt that speaks for them was given up, and it was found after all. One that was ended for it
-- waits until it is known whether that arrived; one that is out at a provider itself, for that one's word. `state`: what became of the
-- found message, if it is the one that the leading text goes by.
select f.message_id, f.customer_id, a.message_id as carried_by, a.n as carried_n, a.provider, a.provider_sid, a.body, a.failed_code,
  case when l.provider_sid = a.provider_sid and l.state in ('delivered', 'undelivered') then l.state end as state
from attempt a join notification l using (message_id) cross join unnest(a.freed) as w(one)
join notification f on f.message_id = w.one
where a.freed is not null and a.outcome = 'accepted' and f.state not in ('sending', 'unknown', 'carried')
  and (
    f.state not in ('refused', 'undelivered') or l.state in ('delivered', 'undelivered')
    or l.provider_sid <> a.provider_sid
  )
order by f.message_id limit 200;

-- name: followed
-- A text ($3) has followed the message of attempt $2.
update attempt set freed = nullif(array_remove(freed, $3), '{}') where message_id = $1 and n = $2;

-- name: set_free
-- Nothing was created: it may be claimed again, alone or with others. One that was withdrawn meanwhile is over (trigger). Should the
-- message turn up after all, it follows it (`late`).
with kept as (
  update attempt set freed = array(select distinct u.one from unnest(freed || $1::text) as u(one))
  where message_id = $2 and n = $3
)
update notification set state = 'ready', carried_by = null, carried_n = null
where message_id = $1 and state = 'carried' and carried_by = $2 and carried_n = $3;

-- name: end_carried
-- Its conversation had settled it already: what it says is over.
update notification set state = coalesce(unwanted, $2), closed_at = $3 where message_id = $1 and state = 'carried';

-- name: adopt_carried
-- The provider took it with another text ($4, attempt $5), whose id it is.
update notification set state = $2, provider = $3, lease_until = null, closed_at = null, carried_by = $4, carried_n = $5
where message_id = $1;
