-- name: owed
-- What became of all texts that were asked for, at $1. `later`: not to go before a later time.
select count(*) as owed,
  count(*) filter (where state = 'suppressed') as merged,
  count(*) filter (where state in ('accepted', 'sent', 'delivered', 'undelivered')) as taken,
  count(*) filter (where state = 'expired') as dropped,
  count(*) filter (where state = 'refused') as refused,
  count(*) filter (where state in ('ready', 'sending', 'unknown') and not_before <= $1) as waiting,
  count(*) filter (where state = 'ready' and not_before > $1) as later,
  max(requested_at) as last_asked
from notification;

-- name: waits
-- Of each text: whose it is, of which outages, its lane and trigger, and since when its customer waits: what it tells was known,
-- and it might go.
select message_id, customer_id, mrids, lane, trigger, greatest(coalesce(known_at, requested_at), not_before) as since from notification;

-- name: steps
-- Of each text that was claimed: when what it tells was known, when its outage decided, when the fan-out told its customer's
-- conversation (both null where a timer asked for it), when it was asked for, might go, and was last claimed.
with asked as (
  select n.*, e.cause from notification n join event e on e.stream_id = 'customer/' || n.customer_id and e.version = n.stream_version
  where n.state <> 'suppressed'
)
select n.message_id, n.lane, n.trigger, coalesce(n.known_at, n.requested_at) as known_at, due.decided_at, word.decided_at as told_at,
  n.requested_at as asked_at, n.not_before, a.claimed_at
from asked n
left join event word
  on word.event_id = case when n.cause ~ '^/outage/notifier/[0-9a-f-]{36}$' then right(n.cause, 36)::uuid end
left join lateral (
  select d.decided_at from event d
  where d.stream_id = 'outage/' || split_part(word.stream_id, '/', 2) and d.type = 'audience.due.v1'
    and d.data ->> 'outageVersion' = split_part(word.stream_id, '/', 3)
  order by d.version desc limit 1
) due on true
left join lateral (select claimed_at from attempt t where t.message_id = n.message_id order by t.n desc limit 1) a on true;

-- name: gathering
-- When texts that newer ones took the place of had waited for news to gather.
select requested_at as since, least(not_before, closed_at) as until from notification
where state = 'suppressed' and not_before > requested_at;

-- name: tasks
-- Tasks for people that are open or taken, by kind.
select kind, count(*) as n from task where state in ('open', 'taken') group by kind;

-- name: customers
-- Customers that the notifier has.
select count(*) from customer;
