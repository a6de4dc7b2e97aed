-- name: silences
-- Customers without power who heard nothing for longer than the policy allows, as the watch last saw them.
select customer_id, rank, state, reason, since, mrids, seen_at from silence where sure
order by array_position(array['forgotten', 'held', 'nothing-to-say'], state),
  array_position(array['life-support', 'special', 'first', 'second', 'temporary'], rank), since, customer_id;

-- name: last_look
-- When the watch last looked at everybody.
select looked_at from silence_look;

-- name: waiting
-- Of customers ($1) the oldest text that is asked for and not taken by a provider, and what keeps it.
select distinct on (n.customer_id) n.customer_id, n.lane, n.state, n.requested_at,
  n.retry_after is not distinct from 'infinity' as unapproved, b.who as stopped_by, b.stopped_at, b.reason as stopped_for,
  (select min(c.since) from circuit c where c.is_open) as fault_since
from notification n left join brake b on b.lane = n.lane
where n.customer_id = any($1::text[]) and n.state in ('ready', 'sending', 'unknown', 'carried')
order by n.customer_id, n.requested_at;

-- name: counting
-- By what the public counts as told, as the planner that runs has it.
select counted_by from public_counting;

-- name: unread_notices
-- Notices that the public cannot read at an instant ($1), or reads in other words: since when, and why.
select notice_id, mrid, kind, reason, since from public_cause where since <= $1 and useful_until > $1 order by since, notice_id, kind;
