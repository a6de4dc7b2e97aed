-- name: over
-- Texts that became of no use between $2, to when the database was restored, and $1. Whoever is at a text ends it or not, so
-- nothing waits for their lock.
select message_id from notification where state = 'ready' and expires_at <= $1 and expires_at > $2
order by message_id limit 200
for update skip locked;

-- name: look_up
-- Of these texts ($1), which nobody will post any more, those that were of use since the database was restored to $2 may have gone
-- then. Each gets an attempt with provider $3, of nobody (owner 0), that stands for those which the database does not know, and
-- waits for its verdict from $4 on. Longer under way (until $5) than a claim, it is known by its code. Once a text.
with unsure as (
  update notification n set state = 'unknown', attempts = n.attempts + 1, provider = $3
  where n.message_id = any($1::text[]) and n.state = 'ready' and n.expires_at > $2
    and not exists (select from attempt a where a.message_id = n.message_id and a.started_at = $2)
  returning n.message_id, n.contact_id, n.attempts
)
insert into attempt (message_id, n, provider, owner, started_at, closed_at, deadline, outcome, number_ref)
select u.message_id, u.attempts, $3, 0, $2, $4, $5, 'unknown', (
  select v.blind_index from contact_vault v where v.contact_id = u.contact_id order by v.put_at desc, v.customer_id limit 1
)
from unsure u;
