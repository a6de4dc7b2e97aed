-- name: schedule
-- This attempt's message is to wait with the provider until $3; said before it is posted, for its answer may be lost.
update attempt set send_at = $3 where message_id = $1 and n = $2;

-- name: keep_waiting
-- The text of attempt $2 has no verdict yet: its message ($3) waits with the provider. Nobody claims it or looks it up meanwhile.
update notification set state = 'sending', lease_until = null
where message_id = $1 and attempts = $2 and state in ('sending', 'unknown') and exists (
  select from attempt where message_id = $1 and n = $2 and send_at is not null and outcome in ('in-flight', 'unknown')
)
returning message_id;

-- name: prepared
-- Its attempt waits with the provider under this id ($3), since $4.
update attempt set outcome = 'prepared', provider_sid = $3, closed_at = coalesce(closed_at, $4)
where message_id = $1 and n = $2 and outcome in ('in-flight', 'unknown')
  and not exists (select from attempt where provider_sid = $3);

-- name: waiting
-- What waits with provider $1: what was withdrawn meanwhile or settled otherwise, and what is to be reconciled by $2. `first`: when the
-- text's first attempt began; `stopped`: operators have stopped its lane.
select a.message_id, a.n, a.provider_sid as sid, a.send_at, a.number_ref, n.customer_id, n.contact_id, n.body, n.ref, n.state,
  n.unwanted, (select min(b.started_at) from attempt b where b.message_id = a.message_id) as started_at,
  exists (select from brake r where r.lane = n.lane) as stopped
from attempt a join notification n using (message_id)
where a.provider = $1 and a.outcome = 'prepared'
  and (n.unwanted is not null or a.send_at <= $2 or n.state not in ('sending', 'unknown'))
order by n.unwanted is null, a.send_at, a.message_id limit 200;

-- name: how_many
-- How many texts wait with provider $1.
select count(*) from attempt where provider = $1 and outcome = 'prepared';

-- name: settled
-- What became of a prepared attempt: $3, at $4.
update attempt set outcome = $3, closed_at = coalesce(closed_at, $4) where message_id = $1 and n = $2 and outcome = 'prepared';
