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

-- name: tasks
-- Tasks for people that are open or taken, by kind.
select kind, count(*) as n from task where state in ('open', 'taken') group by kind;

-- name: customers
-- Customers that the notifier has.
select count(*) from customer;
